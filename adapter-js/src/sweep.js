/**
 * Calls made while no page was open: the widget posts none of them, but tells them when asked (protocol
 * 4.1, 7). They go to the path that logs calls, as the widget itself would post them, when logging by
 * itself is on. One tab of many does it.
 */

import { fieldOf } from "./slip.js";

/** @typedef {import("./internal.d.ts").KeepFallback} KeepFallback */
/** @typedef {import("./internal.d.ts").Sweep} Sweep */

const LIST = "/unlogged-calls";
const PER_PAGE = 100;
/** The widget keeps some days of history; this is against one that never says it was the last page. */
const MOST_PAGES = 100;
/** The widget's own posts and matches go first. */
const SETTLE = 3_000;
const APART = 60_000;
/** Coming back to the window is no event of the telephone. */
const GLANCE_APART = 300_000;
const WIDTH = 4;
const LIMIT = 30_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {ReturnType<typeof import("./asks.js").createAsks>} parts.asks
 * @param {() => {path: string, keep: KeepFallback & {sweep: Sweep}} | null} parts.find the path to post to
 * @param {() => boolean} parts.ready this tab is the one, and its widget is registered
 * @param {(path: string, body: string, limit: number) => Promise<import("./internal.d.ts").Outcome<any>>} parts.send
 * @param {(path: string, slot: string) => boolean} parts.isKept it waits in the queue already
 * @param {(settled: {path: string, mark: string}[]) => void} parts.onSettled
 */
export function createSweep({ env, clock, asks, find, ready, send, isKept, onSettled }) {
  /** @type {boolean | null} null: the widget has not told */
  let autoLog = null;
  let running = false;
  let sweptAt = -Infinity;
  let cancel = () => {};
  let dueAt = Infinity;

  /** @param {number} apart */
  function soon(apart) {
    const now = clock.now();
    // A clock that was set back is no reason to wait.
    const at = Math.max(now + SETTLE, sweptAt > now ? 0 : sweptAt + apart);
    if (at >= dueAt) return;
    cancel();
    dueAt = at;
    cancel = clock.after(at - clock.now(), start);
  }

  function start() {
    dueAt = Infinity;
    const target = find();
    if (target === null || !ready() || !(target.keep.sweep.autoLog ?? autoLog)) return;
    if (running) return soon(APART);
    running = true;
    sweptAt = clock.now();
    sweep(target)
      .catch((error) => env.console.warn("trunkline: the calls of before could not be looked up:", error))
      .finally(() => {
        running = false;
      });
  }

  /** @param {{path: string, keep: KeepFallback & {sweep: Sweep}}} target */
  async function sweep({ path, keep }) {
    const calls = await unknown(keep.sweep, (await listed(keep.sweep)).filter(([mark]) => !isKept(path, mark)));
    /** @type {{path: string, mark: string}[]} */
    const saved = [];
    let going = true;
    const next = calls[Symbol.iterator]();
    const lane = async () => {
      for (const [mark, call] of next) {
        if (!going || !ready()) return;
        const outcome = await send(path, JSON.stringify(bodyOf(keep.sweep, call)), LIMIT);
        if (outcome.ok) saved.push({ path, mark });
        // Not kept for later: the next sweep finds them again.
        else if (!outcome.failure.final) going = false;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, lane));
    if (saved.length > 0) onSettled(saved);
  }

  /**
   * All pages before the first post: a call that is logged moves those after it up by one.
   *
   * @param {Sweep} sweep
   * @returns {Promise<[string, unknown][]>} by mark
   */
  async function listed(sweep) {
    /** @type {Map<string, unknown>} */
    const found = new Map();
    for (let page = 1; page <= MOST_PAGES; page++) {
      const answer = await asks.ask(LIST, { perPage: PER_PAGE, page });
      // An older widget does not know the question.
      if (!Array.isArray(answer?.calls)) break;
      for (const call of answer.calls) {
        const mark = fieldOf(call, sweep.key);
        if (typeof mark === "string" && mark !== "") found.set(mark, call);
      }
      if (answer.hasMore !== true) break;
    }
    return [...found];
  }

  /**
   * Those the daemon does not have: the widget judges by what it remembers, which after a start may be
   * nothing at all (V39).
   *
   * @param {Sweep} sweep
   * @param {[string, unknown][]} calls
   */
  async function unknown({ matcher }, calls) {
    /** @type {[string, unknown][]} */
    const missing = [];
    for (let at = 0; at < calls.length; at += PER_PAGE) {
      const some = calls.slice(at, at + PER_PAGE);
      const outcome = await send(matcher.path, JSON.stringify({ [matcher.keys]: some.map(([mark]) => mark) }), LIMIT);
      if (!outcome.ok) return [];
      const data = fieldOf(outcome.value, "response.data");
      if (data === null || typeof data !== "object") return [];
      missing.push(...some.filter(([mark]) => !isLogged(data, mark)));
    }
    return missing;
  }

  return {
    soon: () => soon(APART),
    /** Somebody looks at the page again. */
    glance() {
      if (Math.abs(clock.now() - sweptAt) >= GLANCE_APART) soon(APART);
    },
    /** @param {boolean} on as the widget tells it, in this tab or another */
    setAutoLog(on) {
      if (on && autoLog !== true) sweptAt = -Infinity;
      autoLog = on;
      if (on) soon(APART);
    },
  };
}

/**
 * @param {unknown} data
 * @param {string} mark
 */
function isLogged(data, mark) {
  const entities = data !== null && typeof data === "object" && Object.hasOwn(data, mark) ? /** @type {any} */ (data)[mark] : null;
  // One of type "status" will do: the daemon has the call, whatever is still to be done with it.
  return Array.isArray(entities) && entities.length > 0;
}

/**
 * @param {Sweep} sweep
 * @param {unknown} call
 */
function bodyOf(sweep, call) {
  const item = { .../** @type {Record<string, unknown>} */ (call) };
  /** @type {Record<string, unknown>} */
  const body = { [sweep.item]: item, ...sweep.with };
  for (const field of sweep.lift) {
    if (item[field]) body[field] = item[field];
    delete item[field];
  }
  return body;
}
