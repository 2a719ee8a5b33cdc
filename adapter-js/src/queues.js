/**
 * The queues of one tab: the one on the disk, which all tabs of the operator share, and its own in memory
 * for where there is no disk. Knows what is in them and sees to it that it is delivered.
 */

import { createDelivery } from "./delivery.js";
import { misshapen, unobtrusive } from "./exchange.js";
import { createMemoryStore } from "./memory-store.js";
import { createQueue } from "./queue.js";
import { isHeld, sameThing } from "./queue-rules.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").Outcome<any>} Outcome */
/** @typedef {import("./internal.d.ts").Slip} Slip */

/** Another tab has changed the queue: it is read again, but not with each of a thousand posts. */
const LOOK_APART = 1_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {import("./internal.d.ts").Store} parts.disk
 * @param {(path: string, body: string, limit: number, owner: string, outlive: boolean) => Promise<Outcome>} parts.send
 * @param {(commands: unknown, how: {asked: boolean}) => void} parts.run
 * @param {(waiting: import("./types.d.ts").Waiting) => void} parts.onWaiting
 * @param {(slip: Slip, body: string) => void} parts.onDisplaced lost for another's sake
 * @param {(slip: Slip, body: string, failure: Failure) => void} parts.onLost
 * @param {(settled: {path: string, mark: string, machine: number}[]) => void} parts.onSettled posts that wait no longer
 * @param {() => void} parts.onChange the queue on the disk has changed, which concerns other tabs
 */
export function createQueues({ env, clock, disk, send, run, onWaiting, onDisplaced, onLost, onSettled, onChange }) {
  const shared = createQueue({ store: disk, onDisplaced });
  const own = createQueue({ store: createMemoryStore(), onDisplaced });
  /** @type {Map<typeof shared, Slip[]>} what is in the queues, as far as this tab has seen */
  const seen = new Map();
  /** @type {Map<typeof shared, ReturnType<typeof createDelivery>>} */
  const deliveries = new Map();
  /** @type {string | null} */
  let owner = null;
  /** @type {(() => void) | null} */
  let lookSoon = null;

  /** Reads the queues anew. */
  async function look() {
    if (owner === null) return;
    const whose = owner;
    for (const queue of [shared, own]) {
      const slips = await queue.store.slips(whose).catch(() => /** @type {Slip[]} */ ([]));
      if (owner === whose) seen.set(queue, slips);
    }
    tell();
  }

  function tell() {
    // What a living tab is trying by itself does not wait yet.
    const slips = waiting();
    const oldest = slips.reduce((least, { at }) => Math.min(least, at), Infinity);
    const durable = !slips.some((slip) => seen.get(own)?.includes(slip));
    onWaiting({ count: slips.length, oldest: slips.length === 0 ? null : oldest, durable });
  }

  function waiting() {
    return [...seen.values()].flat().filter((slip) => !isHeld(slip, clock.now()));
  }

  /**
   * @param {typeof shared} queue
   * @param {boolean} alone
   */
  function deliverFrom(queue, alone) {
    if (owner === null) return;
    deliveries.get(queue)?.stop();
    const delivery = createDelivery({
      env,
      clock,
      store: queue.store,
      owner,
      alone,
      send: async ({ path, owner }, body, limit, outlive) => {
        const outcome = await send(path, body, limit, owner, outlive);
        const failure = outcome.ok ? misshapen(outcome.value) : null;
        return failure === null ? outcome : { ok: false, failure };
      },
      onSlips(slips) {
        seen.set(queue, slips);
        tell();
      },
      onDelivered({ path, mark, machine }, { commands }) {
        if (mark !== null) onSettled([{ path, mark, machine }]);
        if (queue === shared) onChange();
        run(unobtrusive(commands), { asked: false });
      },
      onLost(slip, body, failure) {
        onLost(slip, body, failure);
        if (queue === shared) onChange();
      },
    });
    deliveries.set(queue, delivery);
    delivery.poke();
  }

  function stop() {
    for (const delivery of deliveries.values()) delivery.stop();
    deliveries.clear();
  }

  /**
   * Whoever delivers from this queue has to look, in this tab or another.
   *
   * @param {typeof shared} queue
   */
  function changed(queue) {
    deliveries.get(queue)?.poke();
    if (queue === shared) onChange();
  }

  return {
    /** In the order in which they are tried. */
    all: [shared, own],
    /** Whose queue it is now: daemon and operator. */
    get owner() {
      return owner;
    },
    look,
    changed,
    /**
     * Another operator is at work now: theirs is another queue.
     *
     * @param {string} now
     */
    become(now) {
      if (now === owner) return;
      stop();
      owner = now;
      seen.clear();
      void look();
      deliverFrom(own, true);
    },
    /**
     * This tab brings the shared queue to the daemon.
     *
     * @param {boolean} alone no other tab does
     */
    lead: (alone) => deliverFrom(shared, alone),
    /** Another tab has changed the shared queue. */
    changedElsewhere() {
      deliveries.get(shared)?.poke();
      lookSoon ??= clock.after(LOOK_APART, () => {
        lookSoon = null;
        void look();
      });
    },
    /**
     * The daemon answers again, or there is little time left.
     *
     * @param {{spread: boolean}} how
     */
    hurry(how) {
      for (const delivery of deliveries.values()) delivery.hurry(how);
    },
    /**
     * @param {string} path
     * @returns {Set<string>} the marks of its posts that wait here
     */
    marks(path) {
      const marks = waiting().filter((slip) => slip.path === path).map(({ mark }) => mark);
      return new Set(marks.filter((mark) => mark !== null));
    },
    /**
     * @param {string} path
     * @param {string} slot
     */
    has(path, slot) {
      const one = { slots: [`${path}\n${slot}`] };
      return [...seen.values()].flat().some((slip) => sameThing(slip, one));
    },
    stop,
  };
}
