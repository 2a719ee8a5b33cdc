/**
 * Posts that may not be lost: brought to the daemon inside the widget's patience, or kept in the browser
 * and brought when it is back. The widget hears an answer only when one or the other is certain.
 */

import { backoff } from "./backoff.js";
import { createDelivery } from "./delivery.js";
import { misshapen, unobtrusive } from "./exchange.js";
import { createHold } from "./hold.js";
import { createMemoryStore } from "./memory-store.js";
import { timedOut, unusable } from "./problem.js";
import { createQueue } from "./queue.js";
import { isHeld, sameThing } from "./queue-rules.js";
import { slipOf } from "./slip.js";
import { tokenFree } from "./token-free.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").KeepFallback} KeepFallback */
/** @typedef {import("./internal.d.ts").Outcome<any>} Outcome */
/** @typedef {import("./internal.d.ts").Slip} Slip */
/** @typedef {import("./internal.d.ts").WidgetRequest} WidgetRequest */
/** @typedef {ReturnType<typeof createHold>} Hold */

/** Kept back of the deadline for writing it down and for the way to the widget. */
const RESERVE = 500;
/** A daemon that is well has answered by then, and nothing was written. */
const WRITE_AFTER = 1_000;
/** A tab's own tries are over by then, and it has said so if it lives. */
const HELD_LONGER = 2_000;
const RETRY_CAP = 5_000;
/** Another tab has changed the queue: it is read again, but not with each of a thousand posts. */
const LOOK_APART = 1_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {() => string} parts.newId
 * @param {import("./internal.d.ts").Store} parts.disk
 * @param {(path: string, body: string, limit: number, owner: string, outlive: boolean) => Promise<Outcome>} parts.send
 * @param {(commands: unknown, how: {asked: boolean}) => void} parts.run
 * @param {(waiting: import("./types.d.ts").Waiting) => void} parts.onWaiting
 * @param {(slip: import("./internal.d.ts").NewSlip, body: string, failure: Failure) => void} parts.onLost
 * @param {(path: string, failure: Failure) => void} parts.onFailure at most once a request of the widget
 * @param {(settled: {path: string, mark: string}[]) => void} parts.onSettled posts that wait no longer
 * @param {() => void} parts.onChange the queue on the disk has changed, which concerns other tabs
 */
export function createKeeper({ env, clock, newId, disk, send, run, onWaiting, onLost, onFailure, onSettled, onChange }) {
  const onDisplaced = (/** @type {Slip} */ slip, /** @type {string} */ body) => lose(slip, body, noRoom());
  const shared = createQueue({ store: disk, onDisplaced });
  const own = createQueue({ store: createMemoryStore(), onDisplaced });
  /** @type {Map<typeof shared, Slip[]>} what is in the queues, as far as this tab has seen */
  const seen = new Map();
  /** @type {Map<typeof shared, ReturnType<typeof createDelivery>>} */
  const deliveries = new Map();
  /** @type {Set<Hold>} posts this tab is bringing to the daemon */
  const holds = new Set();
  /** @type {Map<string, Promise<void>>} by slot: the last of these posts, so that they keep their order */
  const turns = new Map();
  /** @type {string | null} */
  let owner = null;
  let warned = false;
  /** @type {(() => void) | null} */
  let lookSoon = null;

  /** @param {unknown} error */
  function onTrouble(error) {
    if (warned) return;
    warned = true;
    env.console.warn("trunkline: nothing can be kept in this browser beyond the life of the page:", String(error));
  }

  /**
   * @param {WidgetRequest} request
   * @param {KeepFallback} keep
   * @param {number} patience milliseconds left of the widget's deadline
   * @param {(response: unknown) => void} post answers the widget; called exactly once
   */
  async function take({ path, body }, keep, patience, post) {
    const whose = /** @type {string} */ (owner);
    const deadline = clock.now() + Math.max(patience - RESERVE, patience / 2);
    let json, safe;
    try {
      json = JSON.stringify(body ?? null);
      safe = tokenFree(body);
    } catch (error) {
      env.console.error(`trunkline: the widget's request on ${path} cannot be written as JSON`, error);
      post(keep.refused);
      const slip = slipOf({ ref: `${clock.now()} ${newId()}`, owner: whose, path, keep, body: null, size: 0, at: clock.now() });
      lose(slip, "null", unusable("The widget sent something that cannot be saved as it is."));
      return;
    }
    const slip = slipOf({ ref: `${clock.now()} ${newId()}`, owner: whose, path, keep, body, size: safe.length, at: clock.now() });
    const hold = createHold({
      slip: { ...slip, heldUntil: deadline + HELD_LONGER },
      body: safe,
      queues: [shared, own],
      onWritten: changedHere,
      onTrouble,
    });
    holds.add(hold);
    const turn = queueUp(slip.slots);
    try {
      const outcome = await attempt(hold, json, deadline, turn.previous);
      await conclude(outcome, hold, keep, post);
    } finally {
      holds.delete(hold);
      turn.end();
    }
  }

  /**
   * @param {Outcome | null} outcome
   * @param {Hold} hold
   * @param {KeepFallback} keep
   * @param {(response: unknown) => void} post
   */
  async function conclude(outcome, hold, keep, post) {
    if (outcome === null) {
      await leave(hold, keep, post);
    } else if (outcome.ok) {
      await settleNow(hold, () => post(outcome.value.response));
      run(outcome.value.commands, { asked: true });
    } else if (outcome.failure.final) {
      await settleNow(hold, () => post(keep.refused));
      onFailure(hold.slip.path, outcome.failure);
      lose(hold.slip, hold.body, outcome.failure);
    } else {
      await leave(hold, keep, post);
      onFailure(hold.slip.path, outcome.failure);
    }
  }

  /** @param {string[]} slots */
  function queueUp(slots) {
    const previous = Promise.all(slots.map((slot) => turns.get(slot)));
    let end = () => {};
    const turn = /** @type {Promise<void>} */ (new Promise((resolve) => (end = resolve)));
    for (const slot of slots) turns.set(slot, turn);
    return {
      previous,
      end() {
        for (const slot of slots) if (turns.get(slot) === turn) turns.delete(slot);
        end();
      },
    };
  }

  /**
   * Tries until the deadline.
   *
   * @param {Hold} hold
   * @param {string} json
   * @param {number} deadline
   * @param {Promise<unknown>} previous earlier posts of the same thing from this tab
   * @returns {Promise<Outcome | null>} null: it waits behind others of the same thing
   */
  async function attempt(hold, json, deadline, previous) {
    let late = false;
    /** @type {(value?: unknown) => void} */
    let wake = () => {};
    const expired = new Promise((resolve) => (wake = resolve));
    const cancelWriting = clock.after(WRITE_AFTER, () => void hold.keep());
    const cancelWaiting = clock.after(deadline - clock.now(), () => {
      late = true;
      wake();
    });
    const cancel = () => {
      cancelWriting();
      cancelWaiting();
    };
    /** @type {Failure} */
    let failure = timedOut();
    await Promise.race([previous, expired]);
    for (let tries = 0; !late; tries++) {
      if (await isBehind(hold)) {
        cancel();
        return null;
      }
      const outcome = await send(hold.slip.path, json, deadline - clock.now(), hold.slip.owner, tries === 0);
      const trouble = outcome.ok ? misshapen(outcome.value) : outcome.failure;
      if (trouble === null || trouble.final) {
        cancel();
        return trouble === null ? outcome : { ok: false, failure: trouble };
      }
      failure = trouble;
      void hold.keep();
      const wait = Math.max(backoff(tries, env.random, RETRY_CAP), failure.retryAfter ?? 0);
      if (!failure.passing || clock.now() + wait >= deadline) break;
      await new Promise((resolve) => clock.after(wait, () => resolve(undefined)));
    }
    cancel();
    return { ok: false, failure };
  }

  /**
   * Whether something of the same thing is in the queue before it: then this one has to wait, too.
   *
   * @param {Hold} hold
   */
  async function isBehind(hold) {
    const kept = hold.writing ? await hold.keep() : null;
    for (const queue of [shared, own]) {
      const before = kept?.queue === queue ? kept.slip.id : Infinity;
      if (await queue.hasBefore(hold.slip, before).catch(() => false)) return true;
    }
    return false;
  }

  /**
   * @param {Hold} hold
   * @param {() => void} answer
   */
  async function settleNow(hold, answer) {
    answer();
    if (!hold.writing) return;
    await hold.drop();
    await look();
    onChange();
  }

  /**
   * Leaves a post to the queue.
   *
   * @param {Hold} hold
   * @param {KeepFallback} keep
   * @param {(response: unknown) => void} post
   */
  async function leave(hold, keep, post) {
    const kept = await hold.release();
    if (kept === null) {
      post(keep.refused);
      lose(hold.slip, hold.body, noRoom());
      return;
    }
    // Before the answer: the widget asks its matcher at once.
    await look();
    post(keep.response);
    changedHere(kept.queue);
  }

  /**
   * Whoever delivers from this queue has to look, in this tab or another.
   *
   * @param {typeof shared} queue
   */
  function changedHere(queue) {
    deliveries.get(queue)?.poke();
    if (queue === shared) onChange();
  }

  /**
   * @param {import("./internal.d.ts").NewSlip} slip
   * @param {string} body
   * @param {Failure} failure
   */
  function lose(slip, body, failure) {
    onLost(slip, body, failure);
    if (slip.mark !== null) onSettled([{ path: slip.path, mark: slip.mark }]);
  }

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
      onDelivered({ path, mark }, { commands }) {
        if (mark !== null) onSettled([{ path, mark }]);
        if (queue === shared) onChange();
        run(unobtrusive(commands), { asked: false });
      },
      onLost(slip, body, failure) {
        lose(slip, body, failure);
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

  return {
    take,
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
    changed() {
      deliveries.get(shared)?.poke();
      lookSoon ??= clock.after(LOOK_APART, () => {
        lookSoon = null;
        void look();
      });
    },
    /** The daemon answers again. */
    back() {
      for (const delivery of deliveries.values()) delivery.hurry({ spread: true });
    },
    /**
     * The page may be gone in a moment.
     *
     * @param {boolean} surely
     */
    hide(surely) {
      // Another tab need not wait for one that is gone.
      for (const hold of holds) void (surely ? hold.release() : hold.keep());
      for (const delivery of deliveries.values()) delivery.hurry({ spread: false });
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

/** @returns {Failure} */
function noRoom() {
  return {
    ...unusable("Trunkline cannot be reached, and this browser has no room left to keep it."),
    code: "no_room",
    fix: "Write it down elsewhere until the service is back.",
  };
}
