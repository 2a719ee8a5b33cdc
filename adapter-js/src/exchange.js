/**
 * One request of the widget: carried to the daemon and answered exactly once, inside the widget's
 * patience (protocol 1.3), with the daemon's answer or the path's fallback.
 */

import { backoff } from "./backoff.js";
import { timedOut, unusable } from "./problem.js";
import { withStatus } from "./status-entities.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").PathEntry} PathEntry */
/** @typedef {import("./internal.d.ts").WidgetRequest} WidgetRequest */

/** Kept back of the deadline for the way to the widget. */
const RESERVE = 500;
/** How long past its deadline a request is still listened to: a late log is saved, a late match is remembered. */
const AFTERMATH = 30_000;
const RETRY_CAP = 5_000;
/** A phone is ringing: a daemon that hangs does not keep back what is known from before. */
const KNOWN_AFTER = 3_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {ReturnType<typeof import("./daemon.js").createDaemon>} parts.daemon
 * @param {ReturnType<typeof import("./fallback.js").createLastKnown>} parts.lastKnown
 * @param {import("./internal.d.ts").MarksOf} parts.marksOf what waits in this browser, and what is lost
 * @param {(commands: unknown) => void} parts.run
 * @param {(path: string, entry: PathEntry, failure: Failure) => void} parts.onFailure at most once a request
 * @param {(path: string, entry: PathEntry) => void} parts.onSuccess
 */
export function createExchange({ env, clock, daemon, lastKnown, marksOf, run, onFailure, onSuccess }) {
  /**
   * @param {WidgetRequest} request
   * @param {PathEntry} entry the path's line of the service table
   * @param {number} patience milliseconds left of the widget's deadline
   * @param {(response: unknown) => void} post answers the widget; called exactly once
   */
  return async function carry({ path, body }, entry, patience, post) {
    const limit = clock.now() + patience + AFTERMATH;
    /** @type {Failure | null} */
    let last = null;
    let answered = false;
    /** @type {() => void} */
    let wake = () => {};

    /** @param {() => unknown} response */
    function answer(response) {
      if (answered) return;
      answered = true;
      cancel();
      stopKnown();
      post(withStatus(entry, body, response(), marksOf));
    }
    /** @param {Failure} failure */
    function giveUp(failure) {
      if (answered) return;
      answer(() => lastKnown.answer(path, entry, body));
      onFailure(path, entry, failure);
    }
    const cancel = clock.after(Math.max(patience - RESERVE, patience / 2), () => {
      giveUp(last ?? timedOut());
      wake();
    });

    const stopKnown = clock.after(Math.min(KNOWN_AFTER, patience / 2), () => {
      if (entry.fallback?.kind === "last-known" && isKnown(path, entry, body)) giveUp(last ?? timedOut());
    });

    let json;
    try {
      json = JSON.stringify(body ?? null);
    } catch (error) {
      env.console.error(`trunkline: the widget's request on ${path} cannot be written as JSON`, error);
      giveUp(unusable("The widget sent something that cannot be saved as it is."));
      return;
    }

    for (let tries = 0; ; tries++) {
      const outcome = await daemon.post(`embeddable${path}`, json, limit - clock.now());
      const failure = outcome.ok ? misshapen(outcome.value) : outcome.failure;
      if (outcome.ok && failure === null) {
        const { response, commands } = outcome.value;
        lastKnown.remember(path, entry, body, response);
        const late = answered;
        answer(() => response);
        onSuccess(path, entry);
        // Whoever was told that it failed is doing something else by now.
        run(late ? unobtrusive(commands) : commands);
        return;
      }
      last = /** @type {Failure} */ (failure);
      if (answered) return;
      if (!last.passing || !worthRepeating(path, entry, body)) return giveUp(last);
      await new Promise((resolve) => {
        const stop = clock.after(backoff(tries, env.random, RETRY_CAP), () => resolve(undefined));
        wake = () => {
          stop();
          resolve(undefined);
        };
      });
      if (answered) return;
    }
  };

  /**
   * @param {string} path
   * @param {PathEntry} entry
   * @param {unknown} body
   */
  function isKnown(path, entry, body) {
    const waiting = entry.fallback?.kind === "last-known" ? entry.fallback.waiting : undefined;
    return lastKnown.complete(path, entry, body, waiting && marksOf(waiting.path).waits);
  }

  /**
   * A matcher is asked again while some key is not known from before: "no match" shown for it would
   * make users log twice. So is a path with an alert, where something would be lost and a repeat is the
   * same thing to the daemon (an upsert). A click, say, must not happen twice.
   *
   * @param {string} path
   * @param {PathEntry} entry
   * @param {unknown} body
   */
  function worthRepeating(path, entry, body) {
    if (entry.fallback?.kind === "last-known") return !isKnown(path, entry, body);
    return entry.fallback?.alert !== undefined;
  }
}

/**
 * An answer without `response` would reach the widget as undefined, which some paths throw on (V01).
 *
 * @param {unknown} value
 * @returns {Failure | null}
 */
export function misshapen(value) {
  if (value !== null && typeof value === "object" && Object.hasOwn(value, "response")) return null;
  return unusable("Trunkline's answer has no response in it.");
}

/** What changes the screen in front of the operator. */
const OBTRUSIVE = new Set([
  "rc-adapter-navigate-to", "rc-adapter-update-call-log-page", "rc-adapter-update-messages-log-page", "trunkline-open",
]);

/**
 * @param {unknown} commands
 * @returns {unknown}
 */
export function unobtrusive(commands) {
  return Array.isArray(commands) ? commands.filter((command) => !OBTRUSIVE.has(command?.type)) : commands;
}
