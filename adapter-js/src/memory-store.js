/**
 * The queue's place where the browser lends none, as in some private windows: it lasts as long as the
 * page does.
 */

import { isAhead } from "./queue-rules.js";

/** @typedef {import("./internal.d.ts").Slip} Slip */

/** @returns {import("./internal.d.ts").Store} */
export function createMemoryStore() {
  /** @type {Map<number, {slip: Slip, body: string}>} */
  const entries = new Map();
  let last = 0;

  /**
   * @param {number} id
   * @param {Partial<Slip>} fields
   */
  function change(id, fields) {
    const entry = entries.get(id);
    if (entry === undefined) return false;
    entry.slip = { ...entry.slip, ...fields };
    return true;
  }

  return {
    durable: false,
    async add(slip, body) {
      const id = ++last;
      entries.set(id, { slip: { ...slip, id }, body });
      return id;
    },
    async slips(owner) {
      return [...entries.values()].map(({ slip }) => slip).filter((slip) => slip.owner === owner);
    },
    async body({ id }) {
      return entries.get(id)?.body ?? null;
    },
    async hold(id, until) {
      change(id, { heldUntil: until });
    },
    async claim(id, now, until) {
      const claimed = entries.get(id)?.slip.claimedUntil ?? 0;
      return !isAhead(claimed, now, until - now) && change(id, { claimedUntil: until });
    },
    async remove(gone) {
      for (const { id } of gone) entries.delete(id);
    },
  };
}
