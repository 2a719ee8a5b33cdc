/**
 * Outgoing chats: asks the daemon for the command, posts it to the workspace, and waits for a sign of how it
 * ended. The workspace answers nothing when it went well, so silence is "unknown" and never "confirmed".
 */

import { backoff } from "./backoff.js";
import { COMMAND_ERRORS, confirms, errorIn } from "./roxchat-envelope.js";

/** @typedef {import("./types.d.ts").StartChatResult} StartChatResult */
/** @typedef {{roxchatVisitorId: string, sessionId: string}} Params */

const ACTION = "start_outgoing_chat";
const LIMIT = 10_000;
const PATIENCE = 10_000;
/** The page is not kept waiting for the daemon's words. */
const REPORT_LIMIT = 4_000;
const REPORTS = 5;
const SILENCE = "The workspace did not say whether the chat was started. Look there before you try again.";

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {(path: string, body: string, limit: number) => Promise<import("./internal.d.ts").Outcome<any>>} parts.post below the workspace's address
 * @param {(message: {action: string, params: Params}) => boolean} parts.send to the frame; false: there is none
 */
export function createOutgoing({ env, clock, post, send }) {
  /** One at a time: an error does not say whose it is. @type {{contactId: string, done: Promise<StartChatResult>} | null} */
  let current = null;
  /** @type {{params: Params, end: (result: StartChatResult) => void} | null} */
  let watched = null;

  /**
   * @param {string} contactId
   * @returns {Promise<StartChatResult>}
   */
  async function start(contactId) {
    const asked = await post("commands", JSON.stringify({ contactId }), LIMIT);
    if (!asked.ok) return failed(asked.failure.code, asked.failure.detail);
    const { id, message, timeoutMs } = asked.value ?? {};
    const params = paramsOf(message);
    if (typeof id !== "string" || params === null) return failed("unusable", "Trunkline's answer holds no command for the workspace.");
    const result = await said(params, timeoutMs);
    const { status } = result;
    const report = JSON.stringify(result.status === "error" ? { status, code: result.code } : { status });
    const words = await told(`commands/${encodeURIComponent(id)}/result`, report);
    // Of what happened on this page the daemon knows less.
    const own = result.status === "error" && !COMMAND_ERRORS.has(result.code);
    return words === null || own ? result : { ...result, words };
  }

  /**
   * @param {Params} params
   * @param {unknown} timeoutMs
   * @returns {Promise<StartChatResult>}
   */
  function said(params, timeoutMs) {
    const limit = Number.isFinite(timeoutMs) ? Math.min(Math.max(Number(timeoutMs), 1_000), 60_000) : PATIENCE;
    return new Promise((resolve) => {
      const cancel = clock.after(limit, () => end({ status: "unknown", words: SILENCE }));
      const end = (/** @type {StartChatResult} */ result) => {
        cancel();
        watched = null;
        resolve(result);
      };
      watched = { params, end };
      if (!send({ action: ACTION, params })) end(failed("workspace_missing", "The chat workspace is not open on this page."));
    });
  }

  /**
   * The page goes on after the first try; the daemon hears of it in any case.
   *
   * @param {string} path
   * @param {string} body
   * @returns {Promise<string | null>} the daemon's words
   */
  async function told(path, body) {
    const outcome = await post(path, body, REPORT_LIMIT);
    if (outcome.ok) return typeof outcome.value?.words === "string" ? outcome.value.words : null;
    if (!outcome.failure.final) void again(path, body);
    return null;
  }

  /**
   * @param {string} path
   * @param {string} body
   */
  async function again(path, body) {
    for (let attempt = 1; attempt < REPORTS; attempt++) {
      await new Promise((resolve) => clock.after(backoff(attempt, env.random), () => resolve(undefined)));
      const outcome = await post(path, body, REPORT_LIMIT);
      if (outcome.ok || outcome.failure.final) return;
    }
  }

  return {
    /**
     * @param {string} contactId
     * @returns {Promise<StartChatResult>}
     */
    startChat(contactId) {
      if (current?.contactId === contactId) return current.done;
      if (current !== null) return Promise.resolve(failed("command_pending", "Another chat is being started; wait until that has ended."));
      const done = start(contactId).finally(() => (current = null));
      current = { contactId, done };
      return done;
    },
    /**
     * @param {unknown} data of a message from the frame
     * @param {import("./roxchat-envelope.js").Envelope | null} envelope
     */
    heard(data, envelope) {
      if (watched === null) return;
      const { params, end } = watched;
      const code = errorIn(data, params);
      if (code !== null) end(failed(code, COMMAND_ERRORS.get(code) ?? code));
      else if (envelope !== null && confirms(envelope, params)) end({ status: "confirmed" });
    },
    stop() {
      watched?.end({ status: "unknown", words: SILENCE });
    },
  };
}

/**
 * @param {string} code
 * @param {string} words
 * @returns {{status: "error", code: string, words: string}}
 */
function failed(code, words) {
  return { status: "error", code, words };
}

/**
 * Nothing but the documented command goes to the frame, whatever the daemon says.
 *
 * @param {any} message
 * @returns {Params | null}
 */
function paramsOf(message) {
  const { roxchatVisitorId, sessionId } = message?.params ?? {};
  const whole = message?.action === ACTION && typeof roxchatVisitorId === "string" && typeof sessionId === "string";
  return whole && roxchatVisitorId !== "" && sessionId !== "" ? { roxchatVisitorId, sessionId } : null;
}
