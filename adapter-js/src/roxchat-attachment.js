/**
 * One workspace frame: who may speak, what of it goes to the daemon, and what comes back of it. An event
 * counts only if it comes from the frame's own window and the one origin the page has named.
 */

import { createEmitter } from "./emitter.js";
import { createOutgoing } from "./roxchat-command.js";
import { createChatDelivery } from "./roxchat-delivery.js";
import { envelopeOf } from "./roxchat-envelope.js";
import { createChatQueue } from "./roxchat-queue.js";

/** @typedef {import("./types.d.ts").RoxchatAttachment} RoxchatAttachment */

const NAMES = /** @type {const} */ (["screenPop", "badge", "refused", "command", "waiting", "lost"]);
/** The daemon takes no larger body. What makes an event so large is its text, of which it keeps 32 KiB. */
const LARGEST = 250_000;
const KEPT_TEXT = 33_000;
const LIMIT = 10_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {string} parts.base
 * @param {HTMLIFrameElement} parts.iframe
 * @param {string} parts.origin
 * @param {string} parts.workspace
 * @param {ReturnType<typeof import("./daemon.js").createDaemon>} parts.daemon
 * @param {ReturnType<typeof import("./whose.js").createWhose>} parts.whose
 * @param {(failure: import("./internal.d.ts").Failure) => void} parts.onFailure
 * @param {(lost: {count: number, oldest: number}) => void} parts.onLost
 * @param {() => void} parts.onDetach
 */
export function createAttachment({ env, clock, base, iframe, origin, workspace, daemon, whose, onFailure, onLost, onDetach }) {
  const { on, emit } = createEmitter({ of: "roxchat", names: NAMES, console: env.console });
  const at = `v1/roxchat/${encodeURIComponent(workspace)}/`;
  let stream = env.newUuid();
  let seq = 0;
  /** The newest visitorSelected and notification of this stream: what older ones say is history. */
  const newest = { screenPop: 0, badge: 0 };
  let waiting = { count: 0, oldest: /** @type {number | null} */ (null), durable: true };
  let attached = true;
  let warned = false;

  const queue = createChatQueue({
    storage: env.sessionStorage ?? null,
    base,
    workspace,
    onWaiting(now) {
      if (now.count === waiting.count && now.oldest === waiting.oldest && now.durable === waiting.durable) return;
      waiting = now;
      emit("waiting", now);
    },
    onLost(lost) {
      emit("lost", lost);
      onLost(lost);
    },
  });
  const delivery = createChatDelivery({
    env,
    clock,
    queue,
    owner: () => whose.owner,
    send: (body, limit, owner) => daemon.post(`${at}events`, body, limit, { outlive: true, admit: (token) => whose.admit(token, owner) }),
    onResult,
    onFailure,
  });
  const outgoing = createOutgoing({ env, clock, post: (path, body, limit) => daemon.post(at + path, body, limit), send });

  /** @param {{action: string, params: object}} message */
  function send(message) {
    const target = attached && iframe.isConnected ? iframe.contentWindow : null;
    if (target === null) return false;
    target.postMessage(message, origin);
    return true;
  }

  /** @param {MessageEvent} event */
  function hear(event) {
    // A detached frame has no window, and an event made by a script no source: null would equal null.
    if (iframe.contentWindow === null || event.source !== iframe.contentWindow) return;
    if (event.origin !== origin) return void stranger(event.origin);
    const envelope = envelopeOf(event.data);
    outgoing.heard(event.data, envelope);
    if (envelope !== null) take(envelope);
  }

  /** Said once: most likely the page names another origin than its frame has. @param {string} other */
  function stranger(other) {
    if (warned) return;
    warned = true;
    env.console.warn(`trunkline: roxchat: the attached frame speaks from ${other} and is not heard: attach() was told ${origin}`);
  }

  /** @param {import("./roxchat-envelope.js").Envelope} envelope */
  function take({ raw, event }) {
    seq++;
    const about = { owner: whose.owner, stream, seq, observedAt: clock.now(), event };
    if (event === "visitorSelected") newest.screenPop = seq;
    try {
      queue.add(about, fitting(raw));
    } catch (error) {
      const message = error instanceof RangeError ? error.message : "It cannot be written as JSON.";
      return void emit("refused", { event, seq, reason: error instanceof RangeError ? "too_large" : "not_json", message });
    }
    delivery.poke();
  }

  /**
   * @param {import("./roxchat-queue.js").Item} item
   * @param {import("./roxchat-delivery.js").Result} result
   */
  function onResult(item, { status, reason, detail, effects }) {
    if (status === "refused") {
      emit("refused", { event: item.event, seq: item.stream === stream ? item.seq : null, reason: reason ?? "refused", message: detail ?? null });
    }
    // What an earlier load of the page left is no news.
    if (item.stream !== stream || !Array.isArray(effects)) return;
    for (const effect of effects) {
      if (effect?.screenPop && item.seq >= newest.screenPop) {
        const { status, contacts, url } = effect.screenPop;
        const found = Array.isArray(contacts) ? contacts.map((one) => ({ ...one, url: one.url ?? null })) : [];
        emit("screenPop", { status, contacts: found, url: url ?? null, at: item.observedAt });
      }
      if (Number.isInteger(effect?.badge) && item.seq > newest.badge) {
        newest.badge = item.seq;
        emit("badge", { count: effect.badge });
      }
    }
  }

  function onLoad() {
    // The workspace starts anew, and may tell again what it has told.
    if (seq === 0) return;
    stream = env.newUuid();
    seq = newest.screenPop = newest.badge = 0;
  }

  const listeners = /** @type {[EventTarget, string, (event: any) => void][]} */ ([
    [env.window, "message", hear],
    [env.window, "pagehide", delivery.flush],
    [env.window, "online", delivery.hurry],
    [iframe, "load", onLoad],
  ]);
  for (const [target, type, run] of listeners) target.addEventListener(type, run);
  queue.tell();

  /** @type {RoxchatAttachment} */
  const attachment = {
    get waiting() {
      return waiting;
    },
    async startChat(contactId) {
      const result = attached
        ? await outgoing.startChat(String(contactId))
        : { status: /** @type {const} */ ("error"), code: "detached", words: "The workspace was detached from this page." };
      emit("command", { ...result, contactId });
      return result;
    },
    async outgoing(contactId) {
      const outcome = await daemon.get(`${at}contacts/${encodeURIComponent(contactId)}/outgoing`, LIMIT);
      if (!outcome.ok) return { enabled: false, reason: outcome.failure.detail, code: outcome.failure.code };
      const { enabled, reason, words = reason } = outcome.value ?? {};
      if (enabled === true) return { enabled };
      return { enabled: false, ...(typeof words === "string" && { reason: words }), ...(typeof reason === "string" && { code: reason }) };
    },
    on,
    detach() {
      if (!attached) return;
      attached = false;
      for (const [target, type, run] of listeners) target.removeEventListener(type, run);
      outgoing.stop();
      onDetach();
    },
  };
  return {
    attachment,
    delivery,
    /** Somebody is known now. @param {string} owner */
    become(owner) {
      queue.claim(owner);
      delivery.poke();
    },
  };
}

/**
 * @param {unknown} raw
 * @returns {unknown} what the daemon takes of it
 */
function fitting(raw) {
  const text = typeof raw === "string" ? raw : (JSON.stringify(raw) ?? "");
  // Three bytes for a sign at most, so short ones need not be counted.
  if (text.length * 3 <= LARGEST || new TextEncoder().encode(text).length <= LARGEST) return raw;
  const value = JSON.parse(text);
  const words = value?.params?.messageText;
  if (typeof words === "string") {
    const cut = { ...value, params: { ...value.params, messageText: words.slice(0, KEPT_TEXT) } };
    if (new TextEncoder().encode(JSON.stringify(cut)).length <= LARGEST) return cut;
  }
  throw new RangeError("The event is larger than Trunkline takes.");
}
