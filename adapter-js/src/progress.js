/**
 * How far a long task of the daemon has come, such as a first sync: one alert in the widget, replaced
 * as it goes, and an event for the page. A page that shows it itself prevents the event.
 */

/** @typedef {import("./internal.d.ts").Command} Command */

/** The eye follows one step a second; more would only flicker. */
const APART = 1_000;
/** A daemon that was stopped says nothing more: the alert goes by itself. */
const SILENCE_TTL = 60_000;
const END_TTL = 8_000;
const LEVELS = new Set(["info", "success", "warning", "danger"]);
const MAX_TEXT = 400;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {import("./handle.js").ConnectionHandle} parts.handle
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @returns {(command: Command) => void}
 */
export function createProgress({ env, clock, handle, alerts }) {
  /**
   * Tasks under way.
   *
   * @type {Map<string, {shownAt: number, message: string, cancel: (() => void) | null}>}
   */
  const tasks = new Map();

  /**
   * @param {string} id
   * @param {string} message
   */
  function step(id, message) {
    const task = tasks.get(id) ?? { shownAt: -Infinity, message: "", cancel: null };
    tasks.set(id, task);
    task.message = message;
    if (task.cancel !== null) return;
    const show = () => {
      task.cancel = null;
      task.shownAt = clock.now();
      alerts.replace(topicOf(id), { level: "info", message: task.message, ttl: SILENCE_TTL });
    };
    const wait = task.shownAt + APART - clock.now();
    if (wait <= 0) show();
    else task.cancel = clock.after(wait, show);
  }

  /** @param {string} id */
  function end(id) {
    tasks.get(id)?.cancel?.();
    tasks.delete(id);
  }

  return (command) => {
    const { id, detail } = command;
    if (typeof id !== "string" || id === "") {
      env.console.warn("trunkline: progress without an id was dropped");
      return;
    }
    const message = typeof command.message === "string" ? command.message.slice(0, MAX_TEXT) : "";
    const done = command.done === true;
    const level = String(LEVELS.has(String(command.level)) ? command.level : done ? "success" : "info");
    if (!handle.emit("progress", { id, message, done, level, detail: detail ?? {} }, true)) {
      end(id);
      alerts.heal(topicOf(id));
    } else if (!done) {
      if (message !== "") step(id, message);
    } else {
      end(id);
      if (message === "") alerts.heal(topicOf(id));
      // What went wrong stays until it is read.
      else alerts.conclude(topicOf(id), { level: /** @type {any} */ (level), message, ttl: level === "danger" ? 0 : END_TTL });
    }
  };
}

/** @param {string} id */
const topicOf = (id) => `progress ${id}`;
