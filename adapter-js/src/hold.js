/**
 * One post while its tab tries to bring it to the daemon by itself. It is written down as soon as that
 * does not go at once, so that closing the tab does not lose it; what goes at once is never written.
 */

/** @typedef {import("./internal.d.ts").NewSlip} NewSlip */
/** @typedef {import("./internal.d.ts").Slip} Slip */
/** @typedef {ReturnType<typeof import("./queue.js").createQueue>} Queue */

/**
 * @param {object} parts
 * @param {NewSlip} parts.slip
 * @param {string} parts.body
 * @param {Queue[]} parts.queues in the order in which they are tried
 * @param {(queue: Queue) => void} parts.onWritten
 * @param {(error: unknown) => void} parts.onTrouble a queue could not be written to
 */
export function createHold({ slip, body, queues, onWritten, onTrouble }) {
  /** @type {Promise<{queue: Queue, slip: Slip} | null> | null} */
  let writing = null;
  let heldUntil = slip.heldUntil;

  async function write() {
    for (const queue of queues) {
      try {
        const written = await queue.put({ ...slip, heldUntil }, body);
        if (written === null) return null;
        onWritten(queue);
        return { queue, slip: written };
      } catch (error) {
        onTrouble(error);
      }
    }
    return null;
  }

  return {
    slip,
    body,
    get writing() {
      return writing !== null;
    },
    /**
     * Writes it down, once.
     *
     * @returns {Promise<{queue: Queue, slip: Slip} | null>} null: there was no room for it
     */
    keep: () => (writing ??= write()),
    /** Leaves it to the queue. */
    async release() {
      const already = writing !== null;
      heldUntil = 0;
      const kept = await (writing ??= write());
      if (kept !== null && already) await kept.queue.store.hold(kept.slip.id, 0).catch(onTrouble);
      return kept;
    },
    /** It is done: takes it back, if it was written. */
    async drop() {
      const kept = await writing;
      if (kept) await kept.queue.store.remove([kept.slip]).catch(onTrouble);
      return kept;
    },
  };
}
