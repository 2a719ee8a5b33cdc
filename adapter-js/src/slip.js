/**
 * What the queue has to know of a post without reading it: one slip a post. The fields it is read from
 * are named by the daemon's table of paths. Pure functions.
 */

/** @typedef {import("./internal.d.ts").KeepFallback} KeepFallback */
/** @typedef {import("./internal.d.ts").NewSlip} NewSlip */

const MAX_ABOUT = 200;

/**
 * @param {unknown} body
 * @param {string} field such as "call.from.phoneNumber"; a number picks from a list
 * @returns {unknown}
 */
export function fieldOf(body, field) {
  /** @type {unknown} */
  let found = body;
  for (const name of field.split(".")) {
    if (found === null || typeof found !== "object" || !Object.hasOwn(found, name)) return undefined;
    found = /** @type {Record<string, unknown>} */ (found)[name];
  }
  return found;
}

/**
 * @param {unknown} body
 * @param {string} field
 * @returns {string | null}
 */
function word(body, field) {
  const found = fieldOf(body, field);
  if (typeof found !== "string" && typeof found !== "number") return null;
  return String(found).trim() || null;
}

/**
 * @param {Record<string, string[]>} when
 * @param {unknown} body
 * @returns {number} the place of the fitting value, counted from 1; 0: none fits
 */
function place(when, body) {
  for (const [field, values] of Object.entries(when)) {
    const at = values.indexOf(String(fieldOf(body, field)));
    if (at !== -1) return at + 1;
  }
  return 0;
}

/**
 * Whether a lost post is a loss: one that only opens a record is not.
 *
 * @param {KeepFallback} keep
 * @param {unknown} body
 */
export function isKept(keep, body) {
  return place(keep.unkept.when, body) === 0;
}

/**
 * @param {object} parts
 * @param {string} parts.ref
 * @param {string} parts.owner
 * @param {string} parts.path
 * @param {KeepFallback} parts.keep
 * @param {unknown} parts.body
 * @param {number} parts.size
 * @param {number} parts.at
 * @returns {NewSlip}
 */
export function slipOf({ ref, owner, path, keep, body, size, at }) {
  const slots = keep.keys.map((key) => word(body, key)).filter((value) => value !== null);
  const about = keep.about.map((field) => word(body, field)).filter((value) => value !== null);
  return {
    ref,
    owner,
    path,
    slots: [...new Set(slots)].map((slot) => `${path}\n${slot}`),
    mark: word(body, keep.mark),
    about: [...new Set(about)].join(" · ").slice(0, MAX_ABOUT),
    machine: place(keep.machine, body),
    at,
    size,
    heldUntil: 0,
    claimedUntil: 0,
  };
}

/**
 * What a person wrote in a post, to be given back when it is lost.
 *
 * @param {KeepFallback} keep
 * @param {unknown} body
 * @returns {string[]}
 */
export function wordsOf(keep, body) {
  return keep.words.map((field) => word(body, field)).filter((value) => value !== null);
}
