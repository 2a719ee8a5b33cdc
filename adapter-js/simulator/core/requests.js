import { uuidV4 } from "./uuid.js";

/**
 * The widget's request helper (protocol 1.2): one message out, the first response with its id in.
 * It looks at type and responseId only, never at origin or source, exactly as the real one.
 */
export class Requests {
  #runtime;
  /** @type {Map<string, (response: unknown) => void>} */
  #open = new Map();

  /** @param {import("./runtime.js").Runtime} runtime */
  constructor(runtime) {
    this.#runtime = runtime;
  }

  /**
   * Rejects after `timeout`; there is no cancellation, no ordering and no retry.
   * @param {string} path as registered, verbatim
   * @param {object | undefined} body undefined: the message has no body at all
   * @param {number} timeout milliseconds
   * @returns {Promise<any>} the `response` member, undefined when the envelope had none
   */
  send(path, body, timeout) {
    const requestId = uuidV4(this.#runtime.random);
    return new Promise((resolve, reject) => {
      const timer = this.#runtime.setTimeout(() => {
        this.#open.delete(requestId);
        reject(new Error(`no response within ${timeout} ms: ${path}`));
      }, timeout);
      this.#open.set(requestId, (response) => {
        this.#runtime.clearTimeout(timer);
        resolve(response);
      });
      const envelope = { type: "rc-post-message-request", requestId, path };
      this.#runtime.post(body === undefined ? envelope : { ...envelope, body });
    });
  }

  /** First response wins; a second one, or one after the timeout, finds nobody waiting. */
  receive(message) {
    const settle = this.#open.get(message.responseId);
    if (!settle) return;
    this.#open.delete(message.responseId);
    settle(message.response);
  }

  /**
   * For the paths whose response nobody reads: a failure shows on the console only (protocol 1.3).
   * @returns {Promise<boolean>} whether any response came
   */
  async tell(path, body, timeout) {
    try {
      await this.send(path, body, timeout);
      return true;
    } catch (error) {
      this.#runtime.warn("request failed", error);
      return false;
    }
  }
}
