/**
 * The order and the bounds of the queue. Pure functions over its slips, oldest first.
 */

/** @typedef {import("./internal.d.ts").Slip} Slip */
/** @typedef {import("./internal.d.ts").NewSlip} NewSlip */

export const MOST_POSTS = 2_000;
/** Characters of JSON. Browsers allow a page far more; the daemon takes bodies of up to 1 MiB. */
export const MOST_CHARACTERS = 20_000_000;

/**
 * Whether a time to wait for is still to come. One that is further away than anything is ever put off was
 * written before the computer's clock was set back.
 *
 * @param {number} until
 * @param {number} now
 * @param {number} most milliseconds
 */
export function isAhead(until, now, most) {
  return until > now && until - now <= most;
}

/** The longest a tab tries by itself: the widget's patience with a logger, and some. */
const HELD_AT_MOST = 120_000;

/**
 * Whether a living tab is bringing it to the daemon by itself.
 *
 * @param {Slip} slip
 * @param {number} now
 */
export function isHeld({ heldUntil }, now) {
  return isAhead(heldUntil, now, HELD_AT_MOST);
}

/**
 * @param {Pick<Slip, "slots">} one
 * @param {Pick<Slip, "slots">} other
 */
export function sameThing(one, other) {
  return one.slots.some((slot) => other.slots.includes(slot));
}

/**
 * The slips that nothing of the same thing stands before.
 *
 * @param {Slip[]} slips
 * @returns {Slip[]}
 */
export function heads(slips) {
  /** @type {Set<string>} */
  const taken = new Set();
  return slips.filter(({ slots }) => {
    const free = slots.every((slot) => !taken.has(slot));
    for (const slot of slots) taken.add(slot);
    return free;
  });
}

/**
 * Whether `later` says all that a machine's `earlier` said: an observation of the same thing, and not a
 * live one after the record (protocol 4.1).
 *
 * @param {NewSlip} earlier
 * @param {NewSlip} later
 */
function supersedes(later, earlier) {
  if (earlier.machine === 0 || earlier.mark === null) return false;
  if (earlier.path !== later.path || earlier.mark !== later.mark) return false;
  return later.machine >= earlier.machine || (later.machine === 0 && earlier.machine === 1);
}

/**
 * What has to go so that one more fits.
 *
 * @param {Slip[]} slips
 * @param {NewSlip} incoming
 * @param {{posts: number, characters: number}} [most]
 * @returns {{superseded: Slip[], lost: Slip[], fits: boolean}} superseded ones are nobody's loss
 */
export function makeRoom(slips, incoming, most = { posts: MOST_POSTS, characters: MOST_CHARACTERS }) {
  let posts = slips.length + 1;
  let characters = slips.reduce((sum, { size }) => sum + size, incoming.size);
  const full = () => posts > most.posts || characters > most.characters;
  if (!full()) return { superseded: [], lost: [], fits: true };

  /** @type {Set<Slip>} */
  const gone = new Set();
  /**
   * @param {Slip[]} candidates
   * @returns {Slip[]} those that went
   */
  function take(candidates) {
    const went = [];
    for (const slip of candidates) {
      if (!full()) break;
      if (gone.has(slip)) continue;
      gone.add(slip);
      posts--;
      characters -= slip.size;
      went.push(slip);
    }
    return went;
  }

  const all = [...slips, incoming];
  const repeated = slips.filter((slip, at) => all.slice(at + 1).some((later) => supersedes(later, slip)));
  // The first post of a call alone carries the contact the widget matched (protocol 4.1): it goes last.
  const first = repeated.filter((slip) => slips.find((other) => sameThing(other, slip)) === slip);
  const superseded = [...take(repeated.filter((slip) => !first.includes(slip))), ...take(first)];
  // A person's words come before what a machine observed.
  const lost = incoming.machine === 0 ? take(slips.filter(({ machine }) => machine !== 0)) : [];
  const fits = !full();
  return { superseded, lost: fits ? lost : [], fits };
}
