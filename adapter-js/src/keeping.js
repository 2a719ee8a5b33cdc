/**
 * Puts together what sees to it that no log is lost on the page: the keeper, the sweep of unlogged
 * calls, and what is told of them to the page, the operator, the widget and the other tabs.
 */

import { createAsks } from "./asks.js";
import { createDiskStore } from "./disk-store.js";
import { createKeeper } from "./keeper.js";
import { createLosses } from "./losses.js";
import { createLostMarks } from "./lost-marks.js";
import { noRoom } from "./problem.js";
import { createQueues } from "./queues.js";
import { createRematch } from "./rematch.js";
import { isKept } from "./slip.js";
import { createSweep } from "./sweep.js";
import { createWaiting } from "./waiting.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").KeepFallback} KeepFallback */
/** @typedef {import("./internal.d.ts").PathEntry} PathEntry */
/** @typedef {import("./internal.d.ts").WidgetRequest} WidgetRequest */

/** Events of the widget (protocol 6). */
const HISTORY_SYNCED = "rc-call-history-synced-notify";
const AUTO_LOG = "rc-callLogger-auto-log-notify";

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {ReturnType<typeof import("./whose.js").createWhose>} parts.whose
 * @param {() => string} parts.newId
 * @param {AbortSignal} parts.signal
 * @param {import("./handle.js").ConnectionHandle} parts.handle
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @param {ReturnType<typeof import("./trouble.js").createTrouble>} parts.trouble
 * @param {ReturnType<typeof import("./daemon.js").createDaemon>} parts.daemon
 * @param {ReturnType<typeof import("./manifest.js").createManifest>} parts.manifest
 * @param {(message: import("./internal.d.ts").Command) => boolean} parts.post to the widget
 * @param {(commands: unknown, how: {asked: boolean}) => void} parts.run
 * @param {() => boolean} parts.registered the widget knows the service
 * @param {(message: unknown) => void} parts.tell the operator's other tabs
 */
export function createKeeping(parts) {
  const { env, clock, whose, newId, signal, handle, alerts, trouble, daemon, manifest, post, run, registered, tell } = parts;
  let leads = false;
  let wasReady = false;

  const asks = createAsks({ clock, newId, send: post });
  const rematch = createRematch({ clock, keepOf, send: post, tell: (settled) => tell({ settled }) });
  const lostMarks = createLostMarks();
  const tellLoss = createLosses({ newId, handle, alerts, keepOf });
  const queues = createQueues({
    env,
    clock,
    disk: createDiskStore({ factory: env.indexedDB ?? null, clock }),
    send,
    run,
    onWaiting: createWaiting({ clock, handle, alerts, signedOut: () => trouble.status?.status === "unauthorized" }),
    onDisplaced: (slip, body) => lose(slip, body, noRoom()),
    onLost: lose,
    onSettled: settled,
    onChange: () => tell({ kept: true }),
  });
  const keeper = createKeeper({ env, clock, newId, queues, send, run, onLost: lose, onSaved: saved, onFailure: trouble.note });
  const sweep = createSweep({
    env,
    clock,
    asks,
    find: swept,
    ready,
    send: (path, body, limit) => send(path, body, limit, whose.ownerOf(manifest.operator), false),
    isKept: queues.has,
    onSettled: rematch.add,
  });

  /**
   * @param {string} path
   * @param {string} body
   * @param {number} limit
   * @param {string} owner whose it is
   * @param {boolean} outlive
   */
  function send(path, body, limit, owner, outlive) {
    return daemon.post(`embeddable${path}`, body, limit, { outlive, admit: (token) => whose.admit(token, owner) });
  }

  /**
   * @param {import("./internal.d.ts").NewSlip} slip
   * @param {string} body
   * @param {Failure} failure
   */
  function lose(slip, body, failure) {
    tellLoss(slip, body, failure);
    const { path, mark, machine } = slip;
    if (mark === null) return;
    const lost = { path, mark, machine, words: failure.detail };
    lostMarks.add(lost);
    // The tab whose widget asks may be another.
    tell({ lost });
    rematch.add([{ path, mark }]);
  }

  /** @param {{path: string, mark: string | null, machine: number}} slip */
  function saved({ path, mark, machine }) {
    if (mark === null) return;
    lostMarks.saved({ path, mark, machine });
    tell({ saved: { path, mark, machine } });
  }

  /** @param {{path: string, mark: string, machine: number}[]} posts */
  function settled(posts) {
    for (const post of posts) saved(post);
    rematch.add(posts.map(({ path, mark }) => ({ path, mark })));
  }

  /**
   * @param {string} path
   * @returns {KeepFallback | null}
   */
  function keepOf(path) {
    const paths = manifest.current?.paths ?? {};
    const fallback = Object.hasOwn(paths, path) ? paths[path]?.fallback : undefined;
    return fallback?.kind === "keep" ? fallback : null;
  }

  function swept() {
    for (const path of Object.keys(manifest.current?.paths ?? {})) {
      const keep = keepOf(path);
      if (keep?.sweep) return { path, keep: { ...keep, sweep: keep.sweep } };
    }
    return null;
  }

  function ready() {
    return leads && registered() && trouble.status === null && !signal.aborted;
  }

  const listeners = /** @type {[EventTarget, string, () => void][]} */ ([
    [env.window, "pagehide", () => keeper.hide(true)],
    [env.window, "online", () => queues.hurry({ spread: true })],
    [env.window, "focus", sweep.glance],
    [env.document, "visibilitychange", () => (env.document.visibilityState === "hidden" ? keeper.hide(false) : sweep.glance())],
  ]);
  for (const [target, type, run] of listeners) target.addEventListener(type, run);

  return {
    /** @type {import("./internal.d.ts").MarksOf} */
    marksOf: (path) => ({ waits: queues.marks(path), lost: lostMarks.of(path) }),
    /**
     * @param {WidgetRequest} request
     * @param {PathEntry} entry
     * @param {number} patience
     * @param {(response: unknown) => void} answer
     * @returns {PathEntry | null} how to carry it otherwise; null: it was taken
     */
    take(request, entry, patience, answer) {
      const keep = entry.fallback;
      if (keep?.kind !== "keep") return entry;
      if (!isKept(keep, request.body)) {
        return { ...entry, fallback: { kind: "answer", response: keep.refused, alert: keep.unkept.alert } };
      }
      void keeper.take(request, keep, patience, answer);
      return null;
    },
    /** @param {string} operator */
    become(operator) {
      leads = false;
      const owner = whose.ownerOf(operator);
      if (owner !== queues.owner) lostMarks.clear();
      queues.become(owner);
    },
    /** @param {boolean} alone */
    lead(alone) {
      leads = true;
      queues.lead(alone);
      sweep.soon();
    },
    /** @param {any} message from another tab */
    told(message) {
      if (message?.kept) queues.changedElsewhere();
      if (message?.lost) lostMarks.add(message.lost);
      if (message?.saved) lostMarks.saved(message.saved);
      if (Array.isArray(message?.settled)) rematch.show(message.settled);
      if (typeof message?.autoLog === "boolean") sweep.setAutoLog(message.autoLog);
    },
    /** @param {Record<string, unknown>} data what the widget said */
    hear(data) {
      if (data.type === HISTORY_SYNCED) {
        sweep.soon();
      } else if (data.type === AUTO_LOG && typeof data.autoLog === "boolean") {
        sweep.setAutoLog(data.autoLog);
        tell({ autoLog: data.autoLog });
      } else if (data.type === "rc-adapter-message-response") {
        asks.answered(data.responseId, data.response);
      }
    },
    /** Something has changed between widget, page and daemon. */
    changed() {
      if (trouble.status === null) queues.hurry({ spread: true });
      const now = ready();
      if (now && !wasReady) sweep.soon();
      wasReady = now;
    },
    /** Before the connection ends: what is under way is written down. */
    end() {
      keeper.hide(true);
      queues.stop();
      for (const [target, type, run] of listeners) target.removeEventListener(type, run);
    },
  };
}
