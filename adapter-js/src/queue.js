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
      // Written first, room made afterwards: the page may be gone before the rest of this has run.
      const written = { ...slip, id: await store.add(slip, body) };
      const before = (await store.slips(slip.owner)).filter(({ id }) => id < written.id);
      const { superseded, lost, fits } = makeRoom(before, slip);
      for (const one of lost) onDisplaced(one, (await store.body(one)) ?? "null");
      const gone = fits ? [...superseded, ...lost] : [written];
      if (gone.length > 0) await store.remove(gone);
      return fits ? written : null;
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
