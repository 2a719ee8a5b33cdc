/**
 * Brings the queue to the daemon: what belongs together one after the other, the rest side by side. A
 * post leaves the queue only when the daemon has it on its disk, or has said that it never will.
 */

import { backoff } from "./backoff.js";
import { heads, isAhead, isHeld } from "./queue-rules.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").Slip} Slip */

const WIDTH = 4;
const LIMIT = 30_000;
/** A post claimed by a tab that is gone; without Web Locks nothing else tells. */
const CLAIM = LIMIT + 5_000;
const CAP = 60_000;
/** What a Retry-After is cut to. */
const LONGEST_PAUSE = 3_600_000;
/** A tab that crashed has told nobody what it left. */
const GLANCE = 60_000;
/** So many in a row that failed for reasons of their own have the same reason. */
const EPIDEMIC = 8;
/** The tabs of a whole office do not come back to a restarted daemon in step. */
const SPREAD = 1_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {import("./internal.d.ts").Store} parts.store
 * @param {string} parts.owner whose posts
 * @param {boolean} parts.alone no other tab can be at the same queue
 * @param {(slip: Slip, body: string, limit: number, keepalive: boolean) => Promise<import("./internal.d.ts").Outcome<any>>} parts.send
 * @param {(slips: Slip[]) => void} parts.onSlips what is in the queue now
 * @param {(slip: Slip, answer: any) => void} parts.onDelivered
 * @param {(slip: Slip, body: string, failure: Failure) => void} parts.onLost
 */
export function createDelivery({ env, clock, store, owner, alone, send, onSlips, onDelivered, onLost }) {
  /** @type {Set<number>} */
  const flying = new Set();
  /**
   * Posts that failed for reasons of their own.
   *
   * @type {Map<number, {attempts: number, at: number}>}
   */
  const sick = new Map();
  /** Failures in a row that would have met any post. */
  let attempts = 0;
  let sickInRow = 0;
  let pausedUntil = 0;
  /** The daemon itself named the end of the pause. */
  let ordered = false;
  let stopped = false;
  let looking = false;
  let lookAgain = false;
  let cancel = () => {};

  async function round() {
    if (stopped) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    do {
      lookAgain = false;
      await look().catch((error) => env.console.warn("trunkline: the kept logs cannot be read now:", error));
    } while (lookAgain && !stopped);
    looking = false;
  }

  async function look() {
    const slips = await store.slips(owner);
    if (stopped) return;
    onSlips(slips);
    const now = clock.now();
    cancel();
    if (slips.length > 0 && isPaused()) {
      cancel = clock.after(pausedUntil - now, round);
      return;
    }
    // After a failure one goes ahead of the rest.
    const width = attempts === 0 ? WIDTH : 1;
    let next = now + GLANCE;
    for (const slip of heads(slips)) {
      if (flying.has(slip.id)) continue;
      const due = dueAt(slip, now);
      if (due > now) next = Math.min(next, due);
      else if (flying.size < width) void deliver(slip);
    }
    cancel = clock.after(next - now, round);
  }

  function isPaused() {
    return isAhead(pausedUntil, clock.now(), LONGEST_PAUSE);
  }

  /**
   * @param {Slip} slip
   * @param {number} now
   */
  function dueAt(slip, now) {
    const recovery = sick.get(slip.id)?.at ?? 0;
    return Math.max(
      isHeld(slip, now) ? slip.heldUntil : 0,
      !alone && isAhead(slip.claimedUntil, now, CLAIM) ? slip.claimedUntil : 0,
      isAhead(recovery, now, CAP) ? recovery : 0,
    );
  }

  /** @param {Slip} slip */
  async function deliver(slip) {
    flying.add(slip.id);
    try {
      const now = clock.now();
      if (!alone && !(await store.claim(slip.id, now, now + CLAIM))) return;
      const body = await store.body(slip);
      if (body === null || stopped) return;
      const outcome = await send(slip, body, LIMIT, !sick.has(slip.id) && attempts % 2 === 0);
      if (outcome.ok) {
        await store.remove([slip]);
        attempts = 0;
        sickInRow = 0;
        sick.delete(slip.id);
        onDelivered(slip, outcome.value);
      } else if (outcome.failure.final) {
        await store.remove([slip]);
        sick.delete(slip.id);
        onLost(slip, body, outcome.failure);
      } else if (!stopped) {
        await postpone(slip, outcome.failure);
      }
    } catch (error) {
      env.console.warn("trunkline: a kept log stays for later:", error);
      sick.set(slip.id, { attempts: 1, at: clock.now() + CAP });
    } finally {
      flying.delete(slip.id);
      void round();
    }
  }

  /**
   * @param {Slip} slip
   * @param {Failure} failure
   */
  async function postpone(slip, failure) {
    const now = clock.now();
    if (!alone) await store.claim(slip.id, Infinity, 0);
    const itsOwn = failure.code === "timeout" || failure.code === "unusable" || failure.status === 500;
    if (itsOwn && ++sickInRow < EPIDEMIC && failure.retryAfter === null) {
      // It may be this one alone: the others do not wait for it.
      const before = sick.get(slip.id)?.attempts ?? 0;
      sick.set(slip.id, { attempts: before + 1, at: now + backoff(before, env.random, CAP) });
    } else if (!isPaused() || failure.retryAfter !== null) {
      const wait = Math.max(backoff(attempts, env.random, CAP), failure.retryAfter ?? 0);
      attempts++;
      pausedUntil = isPaused() ? Math.max(pausedUntil, now + wait) : now + wait;
      ordered = failure.retryAfter !== null;
    }
  }

  return {
    /** The queue has changed. */
    poke: () => void round(),
    /**
     * The daemon answers again, or there is little time left. A pause it asked for itself is kept.
     *
     * @param {{spread: boolean}} how
     */
    hurry({ spread }) {
      if (!isPaused() || ordered) return;
      pausedUntil = clock.now() + (spread ? env.random() * SPREAD : 0);
      void round();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
