/**
 * Brings the workspace's events to the daemon, batch after batch in their order. An event leaves the queue
 * only with the daemon's outcome for it.
 */

import { backoff } from "./backoff.js";
import { unusable } from "./problem.js";

/** @typedef {import("./roxchat-queue.js").Item} Item */
/** @typedef {import("./internal.d.ts").Failure} Failure */

/**
 * @typedef {object} Result the daemon's word on one event
 * @property {number} seq
 * @property {"stored" | "duplicate" | "refused"} status
 * @property {string} [reason]
 * @property {string} [detail] in words
 * @property {any[]} [effects]
 */

const MOST = 200;
/** The daemon takes 256 KiB; the rest is the batch's own frame. */
const MOST_BYTES = 256 * 1024 - 1_024;
/** What the browser may be asked to finish after the page is gone is less. */
const LAST_BYTES = 50_000;
const LIMIT = 20_000;
const CAP = 60_000;
const OUTCOMES = new Set(["stored", "duplicate", "refused"]);

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {ReturnType<typeof import("./roxchat-queue.js").createChatQueue>} parts.queue
 * @param {() => string | null} parts.owner the operator of now
 * @param {(body: string, limit: number, owner: string) => Promise<import("./internal.d.ts").Outcome<any>>} parts.send
 * @param {(item: Item, result: Result) => void} parts.onResult
 * @param {(failure: Failure) => void} parts.onFailure
 */
export function createChatDelivery({ env, clock, queue, owner, send, onResult, onFailure }) {
  /** @type {Set<Item>} */
  const flying = new Set();
  let busy = false;
  let stopped = false;
  let width = MOST;
  let attempts = 0;
  let pausedUntil = 0;
  let ordered = false;
  let cancel = () => {};

  async function round() {
    cancel();
    if (busy || stopped) return;
    const whose = owner();
    if (whose === null) return;
    const wait = pausedUntil - clock.now();
    if (wait > 0) {
      // Further than any pause: the computer's clock was set back.
      cancel = clock.after(Math.min(wait, CAP), round);
      return;
    }
    const batch = queue.next(whose, { events: width, bytes: MOST_BYTES });
    if (batch.length === 0) return;
    busy = true;
    try {
      await carry(batch, whose);
    } finally {
      busy = false;
    }
    void round();
  }

  /**
   * @param {Item[]} batch
   * @param {string} whose
   */
  async function carry(batch, whose) {
    for (const item of batch) flying.add(item);
    const outcome = await send(bodyOf(batch, clock.now()), LIMIT, whose);
    for (const item of batch) flying.delete(item);
    if (stopped) return;
    if (outcome.ok) {
      const left = settle(batch, outcome.value);
      width = Math.min(MOST, width * 2);
      if (left === 0) attempts = 0;
      else postpone(unusable(`Trunkline said nothing of ${left} of ${batch.length} chat events.`));
    } else if (outcome.failure.final) {
      refuse(batch, outcome.failure);
    } else {
      postpone(outcome.failure);
    }
  }

  /**
   * @param {Item[]} batch
   * @param {any} answer
   * @returns {number} how many were not spoken of
   */
  function settle(batch, answer) {
    /** @type {Map<number, Result>} */
    const results = new Map();
    for (const result of Array.isArray(answer?.results) ? answer.results : []) {
      if (OUTCOMES.has(result?.status)) results.set(result.seq, result);
    }
    const done = batch.filter(({ seq }) => results.has(seq));
    queue.remove(done);
    for (const item of done) onResult(item, /** @type {Result} */ (results.get(item.seq)));
    return batch.length - done.length;
  }

  /**
   * One event may have spoiled the whole batch: it is found by halves.
   *
   * @param {Item[]} batch
   * @param {Failure} failure
   */
  function refuse(batch, { code, detail }) {
    const [only] = batch;
    if (batch.length > 1 || only === undefined) {
      width = Math.max(1, Math.floor(batch.length / 2));
      return;
    }
    queue.remove([only]);
    onResult(only, { seq: only.seq, status: "refused", reason: code, detail });
  }

  /** @param {Failure} failure */
  function postpone(failure) {
    onFailure(failure);
    pausedUntil = clock.now() + Math.max(backoff(attempts, env.random, CAP), failure.retryAfter ?? 0);
    ordered = failure.retryAfter !== null;
    attempts++;
  }

  return {
    poke: () => void round(),
    /** The daemon answers again; a pause it asked for itself is kept. */
    hurry() {
      if (!ordered) pausedUntil = 0;
      void round();
    },
    /** There is little time left: what is not on its way goes now, as far as the browser finishes it. */
    flush() {
      const whose = owner();
      if (whose === null || stopped) return;
      const batch = queue.next(whose, { events: MOST, bytes: LAST_BYTES }, flying);
      const [first] = batch;
      if (first === undefined || first.bytes > LAST_BYTES) return;
      void send(bodyOf(batch, clock.now()), LIMIT, whose).then((outcome) => {
        // The page lives on after all.
        if (outcome.ok && !stopped) settle(batch, outcome.value);
      });
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

/**
 * @param {Item[]} batch
 * @param {number} now by which the daemon knows how wrong this computer's clock is
 */
function bodyOf(batch, now) {
  return `{"stream":${JSON.stringify(batch[0]?.stream)},"sentAt":${now},"events":[${batch.map(({ json }) => json).join(",")}]}`;
}
