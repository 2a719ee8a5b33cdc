/**
 * Events of the workspace that the daemon has not taken yet, in the tab's sessionStorage: they outlive a
 * reload, and go with the tab. One entry an event, so that a busy chat does not write the whole queue
 * again and again.
 */

/** @typedef {import("./types.d.ts").Waiting} Waiting */

/**
 * @typedef {object} Item
 * @property {string} key
 * @property {string | null} owner whose token may carry it; null: nobody was known yet
 * @property {string} stream
 * @property {number} seq
 * @property {number} observedAt milliseconds since 1970
 * @property {string | null} event its name
 * @property {string} json `{"seq", "observedAt", "event"}`, as it is sent
 * @property {number} bytes of it
 */

export const MOST_EVENTS = 1_000;
export const MOST_BYTES = 2_000_000;
const PREFIX = "trunkline-roxchat";
/** They say how many bells ring now, which is no news later. */
const FLEETING = new Set(["notificationAdded", "notificationRemoved"]);
const encoder = new TextEncoder();

/**
 * @param {object} parts
 * @param {Storage | null} parts.storage
 * @param {string} parts.base the daemon's address
 * @param {string} parts.workspace
 * @param {(waiting: Waiting) => void} parts.onWaiting
 * @param {(lost: {count: number, oldest: number}) => void} parts.onLost
 */
export function createChatQueue({ storage, base, workspace, onWaiting, onLost }) {
  const prefix = [PREFIX, base, workspace, ""].join("\n");
  /** Oldest first. @type {Item[]} */
  let items = read(storage, prefix);
  let durable = storage !== null;

  /** @param {Item} item */
  function keep(item) {
    try {
      storage?.setItem(item.key, JSON.stringify({ owner: item.owner, stream: item.stream, json: item.json }));
    } catch {
      durable = false;
    }
  }

  /** @param {Item[]} gone */
  function remove(gone) {
    if (gone.length === 0) return;
    const those = new Set(gone);
    items = items.filter((item) => !those.has(item));
    for (const { key } of gone) storage?.removeItem(key);
    if (items.length === 0) durable = storage !== null;
    tell();
  }

  function makeRoom() {
    /** @type {Item[]} */
    const gone = [];
    let count = items.length;
    let bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    const fleeting = items.filter(({ event }) => event !== null && FLEETING.has(event));
    for (const item of [...fleeting, ...items.filter((item) => !fleeting.includes(item))]) {
      if (count <= MOST_EVENTS && bytes <= MOST_BYTES) break;
      gone.push(item);
      count--;
      bytes -= item.bytes;
    }
    if (gone.length === 0) return;
    remove(gone);
    onLost({ count: gone.length, oldest: Math.min(...gone.map(({ observedAt }) => observedAt)) });
  }

  function tell() {
    onWaiting({ count: items.length, oldest: items[0]?.observedAt ?? null, durable });
  }

  return {
    /**
     * @param {{owner: string | null, stream: string, seq: number, observedAt: number, event: string | null}} about
     * @param {unknown} raw
     * @throws {TypeError} when it cannot be written as JSON
     */
    add({ owner, stream, seq, observedAt, event }, raw) {
      const json = JSON.stringify({ seq, observedAt, event: raw });
      const item = { key: `${prefix}${stream}\n${seq}`, owner, stream, seq, observedAt, event, json, bytes: encoder.encode(json).length };
      items.push(item);
      keep(item);
      makeRoom();
      tell();
    },
    /**
     * What goes in one request: of one stream, in its order.
     *
     * @param {string} owner
     * @param {{events: number, bytes: number}} most
     * @param {ReadonlySet<Item>} [without]
     * @returns {Item[]}
     */
    next(owner, most, without = new Set()) {
      /** @type {Item[]} */
      const batch = [];
      let bytes = 0;
      for (const item of items) {
        if (item.owner !== owner || without.has(item)) continue;
        if (batch[0] !== undefined && item.stream !== batch[0].stream) continue;
        if (batch.length > 0 && (batch.length >= most.events || bytes + item.bytes + 1 > most.bytes)) break;
        batch.push(item);
        bytes += item.bytes + 1;
      }
      return batch;
    },
    /** What came before anybody was known is the first one's. @param {string} owner */
    claim(owner) {
      for (const item of items) {
        if (item.owner !== null) continue;
        item.owner = owner;
        keep(item);
      }
    },
    remove,
    tell,
  };
}

/**
 * What earlier loads of the page left.
 *
 * @param {Storage | null} storage
 * @param {string} prefix
 * @returns {Item[]}
 */
function read(storage, prefix) {
  if (storage === null) return [];
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
  const items = keys.filter((key) => key.startsWith(prefix)).flatMap((key) => {
    try {
      const { owner, stream, json } = JSON.parse(storage.getItem(key) ?? "");
      const { seq, observedAt, event } = JSON.parse(json);
      const whole = typeof stream === "string" && Number.isInteger(seq) && Number.isFinite(observedAt);
      const name = typeof event?.event === "string" ? event.event : null;
      if (whole) return [{ key, owner: typeof owner === "string" ? owner : null, stream, seq, observedAt, event: name, json, bytes: encoder.encode(json).length }];
    } catch {
      // Not ours, or cut off; it would only be in the way.
    }
    storage.removeItem(key);
    return [];
  });
  return items.sort((a, b) => a.observedAt - b.observedAt || a.seq - b.seq);
}
