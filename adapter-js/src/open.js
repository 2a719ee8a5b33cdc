/**
 * Opens a record of the CRM: the page is asked first, by the handle's cancelable "open" event; a page
 * that does nothing gets a new window.
 */

/** @typedef {import("./internal.d.ts").Command} Command */

/**
 * @param {unknown} url
 * @returns {string | null} the address when it is absolute http(s); `javascript:` and the like are not opened
 */
export function webAddress(url) {
  if (typeof url !== "string") return null;
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./handle.js").ConnectionHandle} parts.handle
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @returns {(command: Command) => void}
 */
export function createOpener({ env, handle, alerts }) {
  return (command) => {
    const url = webAddress(command.url);
    if (url === null && typeof command.url === "string") {
      env.console.warn("trunkline: an address that is not http or https was not opened");
    }
    const { kind, detail } = command;
    if (!handle.emit("open", { kind: String(kind), url, detail: detail ?? {} }, true) || url === null) return;
    if (openWindow(env, url)) return;
    alerts.raise("blocked-window", {
      level: "warning",
      message: "The browser kept the record's window from opening. Open it here, and allow pop-ups for this page.",
      details: [{ title: "Record", items: [{ id: "trunkline-open", type: "link", text: "Open", href: url }] }],
    });
  };
}

/**
 * Opening with the "noopener" feature returns null whether or not the browser blocked it, so the window
 * is opened empty and disowned before it goes anywhere.
 *
 * @param {import("./internal.d.ts").Environment} env
 * @param {string} url
 */
function openWindow(env, url) {
  const opened = env.window.open("about:blank", "_blank");
  if (opened === null || opened === undefined) return false;
  opened.opener = null;
  opened.location.replace(url);
  return true;
}
