/**
 * The third-party service in the widget: registers it when it must be registered, repeats it by the
 * rules, and hands the widget's requests on. What a path means is the daemon's business; no path is
 * known by name here.
 */

import { differBeyondAuthorization, firstRegistration, repeatRegistration } from "./registration.js";
import { createWidget } from "./widget.js";

/** @typedef {import("./internal.d.ts").Command} Command */
/** @typedef {import("./internal.d.ts").Service} Service */
/** @typedef {import("./internal.d.ts").Target} Target */

/** A frame that was there before us may have said all it had to say: wait this long for its login event. */
const LATE_GRACE = 3_000;
/** A load seen from its start announces its login state; this is for widgets that do not. */
const FRESH_GRACE = 15_000;
/** A service description older than this is fetched again before it is registered. */
const STALE = 10_000;
/** ... but the widget does not wait longer for that. */
const REFRESH_LIMIT = 2_000;
/** Requests that come before the daemon has told which paths are ours. */
const MOST_HELD = 200;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {() => HTMLIFrameElement | null} parts.locate
 * @param {string | null} parts.widgetOrigin
 * @param {AbortSignal} parts.signal
 * @param {ReturnType<typeof import("./manifest.js").createManifest>} parts.manifest
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @param {ReturnType<typeof import("./exchange.js").createExchange>} parts.carry
 * @param {(data: Record<string, unknown>) => void} parts.onOther what else the widget says
 * @param {() => void} parts.onChange the widget came, went or was registered
 */
export function createEmbeddable({ env, clock, locate, widgetOrigin, signal, manifest, alerts, carry, onOther, onChange }) {
  /**
   * A registration is due; ready: the widget has announced its login state.
   *
   * @type {{ready: boolean} | null}
   */
  let wanted = null;
  let settling = false;
  /** @type {Service | null} the service as this load of the widget was told */
  let told = null;
  /** @type {Array<() => void>} */
  let held = [];
  let endGrace = () => {};

  const widget = createWidget({
    env,
    locate,
    widgetOrigin,
    signal,
    events: {
      onNewLoad() {
        endGrace();
        wanted = null;
        told = null;
        alerts.reset();
        onChange();
      },
      onWaiting(late) {
        endGrace();
        endGrace = clock.after(late ? LATE_GRACE : FRESH_GRACE, () => {
          if (!widget.load.confirmed || told === null) want(false);
        });
      },
      onVanish: onChange,
      onMessage,
    },
  });

  /**
   * @param {Record<string, unknown>} data
   * @param {Target} target
   */
  function onMessage(data, target) {
    if (data.type === "rc-post-message-request") {
      onRequest(data, target, clock.now());
    } else if (data.type === "rc-adapter-message-response") {
      alerts.answered(data.responseId, data.response);
      onOther(data);
    } else if (data.type === "rc-login-status-notify") {
      endGrace();
      alerts.flush();
      // A logout within one load changes nothing for the registration; a login asks for a repeat, so
      // that the new session's numbers are matched.
      if (data.loggedIn === true || !widget.load.confirmed || told === null) want(true);
    } else {
      onOther(data);
    }
  }

  /**
   * @param {Record<string, unknown>} data
   * @param {Target} target
   * @param {number} receivedAt
   */
  function onRequest(data, target, receivedAt) {
    const { requestId, path, body } = data;
    if (typeof requestId !== "string" || requestId === "" || typeof path !== "string") return;
    if (manifest.current === null) {
      if (held.length < MOST_HELD) held.push(() => onRequest(data, target, receivedAt));
      return;
    }
    const { paths, defaultDeadline } = manifest.current;
    // A path that is not ours stays unanswered: another service of the page may know it.
    const entry = Object.hasOwn(paths, path) ? paths[path] : undefined;
    if (entry === undefined) return;
    widget.load.requestSeen();
    onChange();
    const patience = (entry.deadline ?? defaultDeadline) - (clock.now() - receivedAt);
    // Nobody waits for an answer any more; but what may not be lost is saved all the same.
    if (patience <= 0 && entry.fallback?.kind !== "keep") return;
    void carry({ requestId, path, body }, entry, patience, (response) => {
      widget.post({ type: "rc-post-message-response", responseId: requestId, response }, target);
    });
  }

  /** @param {boolean} ready */
  function want(ready) {
    wanted = { ready: ready || (wanted?.ready ?? false) };
    void settle();
  }

  /** Registers, if that is due and the daemon's description is at hand. */
  async function settle() {
    if (wanted === null || settling || manifest.current === null) return;
    if (manifest.age() > STALE) {
      // Settings may have been changed in the widget since; a registration with the old ones would
      // turn them back.
      settling = true;
      await Promise.race([
        manifest.refresh(),
        new Promise((resolve) => clock.after(REFRESH_LIMIT, () => resolve(undefined))),
      ]);
      settling = false;
    }
    if (wanted === null || signal.aborted || widget.target() === null) return;
    const { ready } = wanted;
    wanted = null;
    register(ready);
  }

  /** @param {boolean} ready */
  function register(ready) {
    if (manifest.current === null) return;
    const { service } = manifest.current;
    if (told !== null && told.name !== service.name) {
      // A second name would show every contact twice (protocol 2.3).
      env.console.warn("trunkline: the service has another name now; reload the page to use it");
      return;
    }
    const plan = widget.load.plan();
    if (plan !== "repeat") widget.post(firstRegistration(service));
    if (plan !== "first") widget.post(repeatRegistration(service));
    widget.load.posted({ ready });
    told = service;
    alerts.flush();
    onChange();
  }

  return {
    start: widget.start,
    /** The daemon's description has come, for the first time or anew. */
    arrive() {
      void settle();
      const waiting = held;
      held = [];
      for (const request of waiting) request();
    },
    /**
     * Events of the daemon may have been missed: brings the widget up to date. Expects a fresh
     * description.
     */
    catchUp() {
      const service = manifest.current?.service;
      if (service === undefined || told === null || !widget.load.registered) return;
      if (differBeyondAuthorization(service, told)) {
        register(false);
      } else if (service.authorized !== told.authorized || service.authorizedAccount !== told.authorizedAccount) {
        const { authorized, authorizedAccount } = service;
        widget.post({ type: "rc-adapter-update-authorization-status", authorized, authorizedAccount });
        told = service;
      }
      widget.post({ type: "rc-adapter-sync-third-party-contacts" });
    },
    /**
     * @param {Command} message
     * @returns {boolean} false: no widget listens
     */
    send(message) {
      const before = manifest.current?.service;
      manifest.remember(message);
      if (!widget.alive && !widget.load.registered) return false;
      if (!widget.post(message)) return false;
      if (manifest.current && manifest.current.service !== before && told) told = manifest.current.service;
      return true;
    },
    get present() {
      return widget.target() !== null;
    },
    get registered() {
      return widget.load.registered;
    },
  };
}
