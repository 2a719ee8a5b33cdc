/**
 * The commands a daemon may give, as a fixed allow-list: a daemon that was taken over, or a bug in it,
 * cannot make the widget place calls or read data out of it.
 */

import { isSignIn } from "./sign-in.js";

/** @typedef {import("./internal.d.ts").Command} Command */

const TO_WIDGET = new Set([
  "rc-adapter-update-authorization-status",
  "rc-adapter-sync-third-party-contacts",
  "rc-adapter-trigger-contact-match",
  "rc-adapter-trigger-call-logger-match",
  "rc-adapter-update-third-party-settings",
  "rc-adapter-update-call-log-page",
  "rc-adapter-update-messages-log-page",
  "rc-adapter-navigate-to",
  "rc-adapter-register-customized-page",
  "rc-adapter-update-customized-banner",
  "rc-adapter-set-call-contact-matches-select",
  "rc-adapter-refresh-license-status",
]);
const REQUEST = "rc-adapter-message-request";
const REQUEST_PATHS = new Set(["/custom-alert-message", "/dismiss-alert-message"]);
const OPEN = "trunkline-open";
const PROGRESS = "trunkline-progress";

/**
 * @param {unknown} value
 * @returns {value is Command}
 */
export function isAllowed(value) {
  if (value === null || typeof value !== "object") return false;
  const { type, path } = /** @type {Record<string, unknown>} */ (value);
  if (typeof type !== "string") return false;
  if (type === REQUEST) return typeof path === "string" && REQUEST_PATHS.has(path);
  return type === OPEN || type === PROGRESS || TO_WIDGET.has(type);
}

/** @param {Command} command */
export function isOpen(command) {
  return command.type === OPEN;
}

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {() => string} parts.newId
 * @param {(command: Command) => boolean} parts.send to the widget
 * @param {(command: Command) => void} parts.open in the page
 * @param {(command: Command) => void} parts.signIn in a window of its own
 * @param {(command: Command) => void} parts.progress
 * @param {(command: Command) => void} parts.onDone
 * @returns {(commands: unknown, how: {asked: boolean}) => void} asked: they answer a request of this
 *   tab's widget, rather than coming to all tabs
 */
export function createCommands({ env, newId, send, open, signIn, progress, onDone }) {
  return (commands, { asked }) => {
    if (!Array.isArray(commands)) return;
    for (const command of commands) {
      if (!isAllowed(command)) {
        // The type only: the rest may hold personal data.
        env.console.warn("trunkline: a command that is not allowed was dropped:", String(command?.type));
      } else if (isOpen(command) && isSignIn(command) && !asked) {
        env.console.warn("trunkline: a sign-in window that nobody asked for in this tab was not opened");
      } else if (command.type === PROGRESS || isOpen(command)) {
        if (command.type === PROGRESS) progress(command);
        else if (isSignIn(command)) signIn(command);
        else open(command);
        onDone(command);
      } else if (send(command.type === REQUEST ? { ...command, requestId: newId() } : command)) {
        onDone(command);
      }
    }
  };
}
