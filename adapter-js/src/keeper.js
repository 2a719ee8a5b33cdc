/**
 * Posts that may not be lost: brought to the daemon inside the widget's patience, or kept in the browser
 * and brought when it is back. The widget hears an answer only when one or the other is certain.
 */

import { backoff } from "./backoff.js";
import { misshapen } from "./exchange.js";
import { createHold } from "./hold.js";
import { noRoom, timedOut, unusable } from "./problem.js";
import { slipOf } from "./slip.js";
import { tokenFree } from "./token-free.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").KeepFallback} KeepFallback */
/** @typedef {import("./internal.d.ts").Outcome<any>} Outcome */
/** @typedef {import("./internal.d.ts").WidgetRequest} WidgetRequest */
/** @typedef {ReturnType<typeof createHold>} Hold */

/** Kept back of the deadline for writing it down and for the way to the widget. */
const RESERVE = 500;
/** A daemon that is well has answered by then, and nothing was written. */
const WRITE_AFTER = 1_000;
/** A tab's own tries are over by then, and it has said so if it lives. */
const HELD_LONGER = 2_000;
const RETRY_CAP = 5_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {() => string} parts.newId
 * @param {ReturnType<typeof import("./queues.js").createQueues>} parts.queues
 * @param {(path: string, body: string, limit: number, owner: string, outlive: boolean) => Promise<Outcome>} parts.send
 * @param {(commands: unknown, how: {asked: boolean}) => void} parts.run
 * @param {(slip: import("./internal.d.ts").NewSlip, body: string, failure: Failure) => void} parts.onLost
 * @param {(slip: import("./internal.d.ts").NewSlip) => void} parts.onSaved at once, without waiting in the queue
 * @param {(path: string, failure: Failure) => void} parts.onFailure at most once a request of the widget
 */
export function createKeeper({ env, clock, newId, queues, send, run, onLost, onSaved, onFailure }) {
  /** @type {Set<Hold>} posts this tab is bringing to the daemon */
  const holds = new Set();
  /** @type {Map<string, Promise<void>>} by slot: the last of these posts, so that they keep their order */
  const turns = new Map();
  let warned = false;

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
    const whose = /** @type {string} */ (queues.owner);
    const deadline = clock.now() + Math.max(patience - RESERVE, patience / 2);
    let json, safe;
    try {
      json = JSON.stringify(body ?? null);
      safe = tokenFree(body);
    } catch (error) {
      env.console.error(`trunkline: the widget's request on ${path} cannot be written as JSON`, error);
      post(keep.refused);
      const slip = slipOf({ ref: `${clock.now()} ${newId()}`, owner: whose, path, keep, body: null, size: 0, at: clock.now() });
      onLost(slip, "null", unusable("The widget sent something that cannot be saved as it is."));
      return;
    }
    const slip = slipOf({ ref: `${clock.now()} ${newId()}`, owner: whose, path, keep, body, size: safe.length, at: clock.now() });
    const hold = createHold({
      slip: { ...slip, heldUntil: deadline + HELD_LONGER },
      body: safe,
      queues: queues.all,
      onWritten: queues.changed,
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
      // Before the answer: the widget asks its matcher at once.
      onSaved(hold.slip);
      await settleNow(hold, () => post(outcome.value.response));
      run(outcome.value.commands, { asked: true });
    } else if (outcome.failure.final) {
      onLost(hold.slip, hold.body, outcome.failure);
      await settleNow(hold, () => post(keep.refused));
      onFailure(hold.slip.path, outcome.failure);
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
    for (const queue of queues.all) {
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
    const kept = await hold.drop();
    await queues.look();
    if (kept) queues.changed(kept.queue);
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
      onLost(hold.slip, hold.body, noRoom());
      post(keep.refused);
      return;
    }
    // Before the answer: the widget asks its matcher at once.
    await queues.look();
    post(keep.response);
    queues.changed(kept.queue);
  }

  return {
    take,
    /**
     * The page may be gone in a moment.
     *
     * @param {boolean} surely
     */
    hide(surely) {
      // Another tab need not wait for one that is gone.
      for (const hold of holds) void (surely ? hold.release() : hold.keep());
      queues.hurry({ spread: false });
    },
  };
}
