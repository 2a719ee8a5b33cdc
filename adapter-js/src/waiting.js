/**
 * Tells how many logs wait in this browser: the page by a property and an event of the handle, the
 * operator by one alert that goes when the last of them is with the daemon.
 */

import { isAhead } from "./queue-rules.js";

/** @typedef {import("./types.d.ts").Waiting} Waiting */

const TOPIC = "kept in this browser";
/** The number in the alert is no clock. */
const APART = 10_000;
const DAY = 86_400_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {import("./handle.js").ConnectionHandle} parts.handle
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @param {() => boolean} parts.signedOut the daemon refuses the operator
 * @returns {(waiting: Waiting) => void}
 */
export function createWaiting({ clock, handle, alerts, signedOut }) {
  let shown = "";
  let shownAt = -Infinity;
  /** @type {(() => void) | null} */
  let later = null;

  function show() {
    later = null;
    const text = wordsFor(handle.waiting, clock.now(), signedOut());
    if (text === shown) return;
    shown = text;
    shownAt = clock.now();
    alerts.replace(TOPIC, { level: "warning", message: text });
  }

  return (waiting) => {
    if (!handle.setWaiting(waiting)) return;
    if (waiting.count === 0) {
      later?.();
      later = null;
      shown = "";
      shownAt = -Infinity;
      alerts.heal(TOPIC);
    } else if (isAhead(shownAt + APART, clock.now(), APART)) {
      later ??= clock.after(shownAt + APART - clock.now(), show);
    } else {
      show();
    }
  };
}

/**
 * @param {Waiting} waiting
 * @param {number} now
 * @param {boolean} signedOut
 */
function wordsFor({ count, oldest, durable }, now, signedOut) {
  const many = count !== 1;
  const [logs, them] = many ? [`${count} logs`, "they are"] : ["1 log", "it is"];
  const when = signedOut ? "you are signed in to this page again" : "the service is back";
  const since = timeOf(oldest ?? now, now);
  if (durable) return `${logs} ${many ? "wait" : "waits"} in this browser since ${since}; ${them} sent when ${when}.`;
  return `${logs} ${many ? "wait" : "waits"} on this page only since ${since}; keep it open until ${them} sent, which is when ${when}.`;
}

/**
 * @param {number} at
 * @param {number} now
 */
function timeOf(at, now) {
  const today = now - at < DAY && new Date(at).getDate() === new Date(now).getDate();
  const time = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
  return new Date(at).toLocaleString([], today ? time : { month: "short", day: "numeric", ...time });
}
