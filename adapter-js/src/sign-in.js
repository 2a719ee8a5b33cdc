/**
 * The window in which an operator signs in to the CRM. It is opened on the press of a button in the
 * widget, whose user activation the browser grants to the frame's ancestors too, so it must follow the
 * press at once; only the tab that was pressed opens it.
 *
 * Unlike a record's window it keeps its opener: without it the browser would not let a second press
 * take the first one's window. It starts at the daemon's own origin, and nowhere else.
 */

/** @typedef {import("./internal.d.ts").Command} Command */

const KIND = "authorize";
/** One window for all presses, so that a forgotten one does not hide behind the page. */
const NAME = "trunkline-authorize";
const WIDTH = 520;
const HEIGHT = 680;
const BLOCKED = "blocked-sign-in";
const REFUSED = "refused-sign-in";

/** @param {Command} command */
export function isSignIn(command) {
  return command.kind === KIND;
}

/**
 * @param {unknown} url absolute, or relative to the daemon's address
 * @param {string} base
 * @returns {string | null} null: not the daemon's own
 */
export function daemonAddress(url, base) {
  if (typeof url !== "string" || url === "") return null;
  try {
    const parsed = new URL(url, base);
    // The protocol too: a blob's origin is that of the page that made it.
    const own = parsed.origin === new URL(base).origin && parsed.protocol === new URL(base).protocol;
    return own && parsed.username === "" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** @param {Window} window */
function placeOver(window) {
  const middle = (/** @type {number} */ start, /** @type {number} */ size, /** @type {number} */ own) =>
    Math.max(0, Math.round((start || 0) + ((size || own) - own) / 2));
  const left = middle(window.screenX, window.outerWidth, WIDTH);
  const top = middle(window.screenY, window.outerHeight, HEIGHT);
  return `popup=yes,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`;
}

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {string} parts.base the daemon's address
 * @param {import("./handle.js").ConnectionHandle} parts.handle
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 */
export function createSignIn({ env, base, handle, alerts }) {
  return {
    /** @param {Command} command */
    open(command) {
      const url = daemonAddress(command.url, base);
      if (url === null) {
        env.console.warn("trunkline: a sign-in address that is not the daemon's own was not opened");
        alerts.replace(REFUSED, {
          level: "danger",
          message:
            "The sign-in page was not opened: its address is not the one this page knows Trunkline by. " +
            "Ask whoever runs Trunkline to check server.public_url.",
        });
        return;
      }
      if (!handle.emit("open", { kind: KIND, url, detail: command.detail ?? {} }, true)) return;
      const opened = env.window.open(url, NAME, placeOver(env.window));
      if (opened) {
        opened.focus?.();
        alerts.heal(BLOCKED);
        return;
      }
      // Each address is good for one sign-in, so a second press must bring a fresh link.
      alerts.replace(BLOCKED, {
        level: "warning",
        message: "The browser kept the sign-in window from opening. Open it here, or allow pop-ups for this page.",
        details: [{ title: "Sign in", items: [{ id: "trunkline-authorize", type: "link", text: "Open the sign-in page", href: url }] }],
      });
    },
    /**
     * What the widget was told: a link to sign in is of no more use to one who has.
     *
     * @param {Command} command
     */
    told(command) {
      if (command.type === "rc-adapter-update-authorization-status" && command.authorized === true) alerts.heal(BLOCKED);
    },
  };
}
