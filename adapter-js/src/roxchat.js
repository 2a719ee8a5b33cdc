/** The workspaces attached on a page, and the checks of what the page says of them. */

import { createAttachment } from "./roxchat-attachment.js";

/** @typedef {import("./types.d.ts").RoxchatOptions} RoxchatOptions */

const WORKSPACE = /^[\w-]{1,64}$/;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {string} parts.base
 * @param {AbortSignal} parts.signal
 * @param {ReturnType<typeof import("./daemon.js").createDaemon>} parts.daemon
 * @param {ReturnType<typeof import("./whose.js").createWhose>} parts.whose
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @param {ReturnType<typeof import("./trouble.js").createTrouble>} parts.trouble
 */
export function createRoxchat({ env, clock, base, signal, daemon, whose, alerts, trouble }) {
  /**
   * @typedef {ReturnType<typeof createAttachment>} Made
   * @type {Map<HTMLIFrameElement, {origin: string, workspace: string, made: Made}>}
   */
  const attached = new Map();
  /** Also what was detached, for as long as it brings what it has. @type {Set<Made>} */
  const living = new Set();
  let wasWell = true;

  return {
    /** @type {import("./types.d.ts").Roxchat["attach"]} */
    attach(iframe, options) {
      const { origin, workspace } = checked(iframe, options);
      if (signal.aborted) throw new TypeError("roxchat.attach(): the connection was destroyed");
      const earlier = attached.get(iframe);
      if (earlier?.origin === origin && earlier.workspace === workspace) return earlier.made.attachment;
      if (earlier) throw new TypeError("roxchat.attach(): this frame is attached with other options; detach() it first");
      const made = createAttachment({
        env,
        clock,
        base,
        iframe,
        origin,
        workspace,
        daemon,
        whose,
        onFailure: trouble.background,
        onLost: () => alerts.replace("chat events lost", {
          level: "danger",
          message: "Some of what was said in the chats could not be kept: this browser has no room until Trunkline is back.",
        }),
        onDetach: () => attached.delete(iframe),
      });
      attached.set(iframe, { origin, workspace, made });
      living.add(made);
      if (whose.owner !== null) made.become(whose.owner);
      return made.attachment;
    },
    /** The daemon has said who the operator is. */
    become() {
      const { owner } = whose;
      if (owner !== null) for (const made of living) made.become(owner);
    },
    /** Something has changed between page and daemon. */
    changed() {
      const well = trouble.status === null;
      if (well && !wasWell) for (const { delivery } of living) delivery.hurry();
      wasWell = well;
    },
    end() {
      for (const { attachment, delivery } of living) {
        delivery.flush();
        attachment.detach();
        delivery.stop();
      }
      living.clear();
    },
  };
}

/**
 * @param {unknown} iframe
 * @param {RoxchatOptions} options
 */
function checked(iframe, { origin, workspace } = /** @type {any} */ ({})) {
  const element = /** @type {{tagName?: unknown} | null} */ (iframe);
  if (element?.tagName !== "IFRAME") throw new TypeError("roxchat.attach(): the first argument is the workspace's iframe element");
  let exact = null;
  try {
    exact = new URL(origin);
  } catch {
    // Told below.
  }
  if (exact === null || !/^https?:$/.test(exact.protocol) || exact.origin !== origin) {
    throw new TypeError(`roxchat.attach(): \`origin\` is the workspace's exact origin, such as https://chat.example without a path${exact === null ? "" : `; here perhaps ${exact.origin}`}`);
  }
  if (typeof workspace !== "string" || !WORKSPACE.test(workspace)) {
    throw new TypeError("roxchat.attach(): `workspace` is the workspace's id in the daemon's configuration");
  }
  return { origin, workspace };
}
