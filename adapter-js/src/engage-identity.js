/**
 * The visitor's signed identity on one page: given to the chat, renewed before Engage would think it too
 * old, and never exchanged for another visitor's without the page's consent, since a changed identity
 * opens another chat in the middle of one.
 */

import { backoff } from "./backoff.js";
import { isFinal, renewal } from "./engage-renewal.js";
import { clearExpired, createShelf } from "./engage-shelf.js";

/** @typedef {import("./engage-token.js").Identity} Identity */

/** Engage takes no token with less life than this. */
const FLOOR = 3_600_000;
/** The shortest life the daemon gives leaves this much until a renewal; with a clock that is ahead every token looks due. */
const LEAST_WAIT = 300_000;
/** A laptop that slept wakes with old timers. */
const GLANCE = 600_000;
const CAP = 300_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {string} parts.renewUrl
 * @param {Identity} parts.initial
 * @param {(token: string) => void} parts.push to the chat
 * @param {(state: import("./types.d.ts").EngageState, detail: any) => void} parts.tell
 */
export function createIdentity({ env, clock, renewUrl, initial, push, tell }) {
  const { uuid } = initial;
  const storage = env.localStorage ?? null;
  const shelf = createShelf({ storage, renewUrl, uuid });
  const life = new AbortController();
  let mine = initial;
  /** The page's own grant, for when the shelf's is no good. @type {string | null} */
  let spare = null;
  let pushed = "";
  let attempts = 0;
  let notBefore = 0;
  /** Nothing will come of another try. */
  let over = false;
  let toldExpired = false;
  let running = false;
  let cancel = () => {};

  function start() {
    clearExpired(storage, clock.now());
    const shelved = shelf.read();
    if (shelved !== null && shelved.exp > initial.exp) {
      mine = shelved;
      spare = initial.renewGrant;
    } else {
      shelf.write(initial);
    }
    for (const [target, type, run] of listeners) target.addEventListener(type, run);
    give();
    check();
  }

  /** Gives the chat the token, unless it has it or would refuse it. */
  function give() {
    if (mine.token === pushed || mine.exp * 1000 - clock.now() < FLOOR) return;
    pushed = mine.token;
    push(mine.token);
  }

  function check() {
    cancel();
    if (life.signal.aborted) return;
    const now = clock.now();
    const expiry = mine.exp * 1000;
    if (now >= expiry && !toldExpired) {
      toldExpired = true;
      tell("expired", { uuid, exp: mine.exp });
    }
    const due = Math.max(mine.renewAt * 1000, notBefore);
    if (!over && !running && now >= due) return void renew();
    const next = over || running ? expiry : toldExpired ? due : Math.min(due, expiry);
    if (next > now) cancel = clock.after(Math.min(next - now, GLANCE), check);
  }

  async function renew() {
    running = true;
    try {
      if (env.locks === null) await ask();
      else await env.locks.request(shelf.key, { signal: life.signal }, ask);
    } catch (error) {
      if (!life.signal.aborted) env.console.error("trunkline: the visitor's identity was not renewed:", error);
      notBefore = clock.now() + LEAST_WAIT;
    }
    running = false;
    check();
  }

  /** Alone among the tabs, where the browser has locks. */
  async function ask() {
    if (life.signal.aborted || takeShelved()) return;
    const used = mine.renewGrant;
    let outcome = await renewal({ env, clock, renewUrl, grant: used });
    if (!outcome.ok && outcome.failure.status === 401 && spare !== null && spare !== used) {
      outcome = await renewal({ env, clock, renewUrl, grant: spare });
    }
    spare = null;
    if (life.signal.aborted) return;
    if (outcome.ok) arrived(outcome.value);
    else failed(outcome.failure);
  }

  /** Another tab may have been ahead. */
  function takeShelved() {
    const shelved = shelf.read();
    if (shelved === null || shelved.exp <= mine.exp) return false;
    take(shelved);
    return mine.renewAt * 1000 > clock.now();
  }

  /** @param {Identity} fresh */
  function arrived(fresh) {
    if (fresh.uuid !== uuid) {
      over = true;
      tell("uuid_change_refused", { was: uuid, offered: fresh });
      return;
    }
    take(fresh);
    shelf.write(fresh);
    notBefore = clock.now() + LEAST_WAIT;
  }

  /** @param {Identity} fresh */
  function take(fresh) {
    mine = fresh;
    attempts = 0;
    notBefore = 0;
    over = false;
    toldExpired = false;
    give();
    tell("renewed", { uuid, exp: fresh.exp, renewAt: fresh.renewAt });
  }

  /** @param {import("./internal.d.ts").Failure} failure */
  function failed(failure) {
    const { code, detail, fix, requestId } = failure;
    over = isFinal(failure);
    const wait = Math.max(backoff(attempts, env.random, CAP), failure.retryAfter ?? 0);
    attempts++;
    notBefore = clock.now() + wait;
    tell("renew_failed", { uuid, code, message: detail, fix, requestId, retryIn: over ? null : wait });
  }

  /** @param {Event} event */
  function heard(event) {
    const { key, newValue } = /** @type {StorageEvent} */ (event);
    if (key !== shelf.key) return;
    const news = shelf.heard(newValue);
    if (news === "signed-out") return end();
    if (news !== null && news.exp > mine.exp) {
      take(news);
      check();
    }
  }

  function awake() {
    if (env.document.visibilityState !== "hidden") check();
  }

  function online() {
    // What was put off waited for this.
    if (attempts > 0) notBefore = 0;
    check();
  }

  const listeners = /** @type {[EventTarget, string, (event: Event) => void][]} */ ([
    [env.window, "pageshow", awake],
    [env.window, "online", online],
    [env.window, "storage", heard],
    [env.document, "visibilitychange", awake],
  ]);

  function end() {
    cancel();
    life.abort();
    for (const [target, type, run] of listeners) target.removeEventListener(type, run);
  }

  start();
  return {
    uuid,
    renewUrl,
    get exp() {
      return mine.exp;
    },
    get ended() {
      return life.signal.aborted;
    },
    /** The page brought the same visitor's token again. @param {Identity} again */
    refresh(again) {
      if (again.exp <= mine.exp) return;
      shelf.write(again);
      spare = null;
      mine = again;
      attempts = notBefore = 0;
      over = toldExpired = false;
      give();
      check();
    },
    check,
    end,
    /** Ends it in every tab, and forgets the token. */
    forget() {
      end();
      shelf.forget();
    },
  };
}
