/**
 * The way to and from the widget: who may speak, to whom is spoken, and when a load of the widget
 * begins. The widget itself checks neither side (protocol 1.1), so the page must: an event counts only
 * if it comes from the frame's own window and the widget's exact origin, and a message goes to that
 * origin only.
 */

import { watchFrame } from "./frame.js";
import { WidgetLoad } from "./widget-load.js";

/** @typedef {import("./internal.d.ts").Target} Target */

/**
 * @typedef {object} WidgetEvents
 * @property {() => void} onNewLoad the widget starts anew and knows nothing of us
 * @property {(late: boolean) => void} onWaiting its login event is to come; late: or has passed unseen
 * @property {(data: Record<string, unknown>, target: Target) => void} onMessage
 * @property {() => void} onVanish
 */

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {() => HTMLIFrameElement | null} parts.locate
 * @param {string | null} parts.widgetOrigin
 * @param {AbortSignal} parts.signal
 * @param {WidgetEvents} parts.events
 */
export function createWidget({ env, locate, widgetOrigin, signal, events }) {
  const load = new WidgetLoad();
  /** It has spoken in this load, so it listens. */
  let alive = false;

  const frame = watchFrame({
    env,
    locate,
    widgetOrigin,
    onAppear(how) {
      alive = false;
      load.appeared(how);
      events.onNewLoad();
      events.onWaiting(how.late);
    },
    onLoad() {
      if (load.loadSeen()) {
        alive = false;
        events.onNewLoad();
      }
      events.onWaiting(false);
    },
    onVanish() {
      alive = false;
      load.appeared({ late: false });
      events.onNewLoad();
      events.onVanish();
    },
  });

  /** @param {MessageEvent} event */
  function hear(event) {
    const target = frame.current();
    if (target === null || event.source !== target.window || event.origin !== target.origin) return;
    const { data } = event;
    if (data === null || typeof data !== "object") return;
    if (data.type === "rc-adapter-pushAdapterState") {
      if (load.stateSeen()) events.onNewLoad();
      events.onWaiting(false);
    }
    alive = true;
    events.onMessage(data, target);
  }

  env.window.addEventListener("message", hear);
  signal.addEventListener("abort", () => {
    env.window.removeEventListener("message", hear);
    frame.stop();
  });

  return {
    load,
    start: frame.start,
    target: frame.current,
    get alive() {
      return alive;
    },
    /**
     * @param {import("./internal.d.ts").Command} message
     * @param {Target | null} [to] the widget that is meant; a message for one that was replaced is dropped
     * @returns {boolean} whether it was posted
     */
    post(message, to = frame.current()) {
      const now = signal.aborted ? null : frame.current();
      if (now === null || to === null || now.window !== to.window || now.origin !== to.origin) return false;
      now.window.postMessage(message, now.origin);
      return true;
    },
  };
}
