/**
 * The queue of one operator at one place: what may be put in, and what has to go for it.
 */

import { makeRoom, sameThing } from "./queue-rules.js";

/** @typedef {import("./internal.d.ts").NewSlip} NewSlip */
/** @typedef {import("./internal.d.ts").Slip} Slip */

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Store} parts.store
 * @param {(slip: Slip, body: string) => void} parts.onDisplaced a post that is lost for another's sake
 */
export function createQueue({ store, onDisplaced }) {
  return {
    store,
    /**
     * @param {NewSlip} slip
     * @param {string} body
     * @returns {Promise<Slip | null>} null: there is no room
     */
    async put(slip, body) {
      const { superseded, lost, fits } = makeRoom(await store.slips(slip.owner), slip);
      if (!fits) return null;
      for (const one of lost) onDisplaced(one, (await store.body(one.id)) ?? "null");
      const gone = [...superseded, ...lost].map(({ id }) => id);
      if (gone.length > 0) await store.remove(gone);
      return { ...slip, id: await store.add(slip, body) };
    },
    /**
     * Whether something of the same thing waits already.
     *
     * @param {NewSlip} slip
     * @param {number} before ids from this one on do not count
     */
    async hasBefore(slip, before) {
      const slips = await store.slips(slip.owner);
      return slips.some((other) => other.id < before && sameThing(other, slip));
    },
  };
}
