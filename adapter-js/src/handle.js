/** What `connect` returns: events, a status, the other widgets, and the end of it. */

import { engage } from "./engage.js";

/** @typedef {import("./types.d.ts").Status} Status */

export class ConnectionHandle extends EventTarget {
  /** @type {Status} */
  #status = "waiting-for-widget";
  /** @type {import("./types.d.ts").Waiting} */
  #waiting = { count: 0, oldest: null, durable: true };
  /** @type {(() => void) | null} */
  #end;

  roxchat;
  engage = engage;

  /**
   * @param {() => void} end
   * @param {import("./types.d.ts").Roxchat} roxchat
   */
  constructor(end, roxchat) {
    super();
    this.#end = end;
    this.roxchat = roxchat;
  }

  get status() {
    return this.#status;
  }

  get waiting() {
    return this.#waiting;
  }

  /**
   * @param {import("./types.d.ts").Waiting} waiting
   * @returns {boolean} whether that is news
   */
  setWaiting(waiting) {
    const { count, oldest, durable } = this.#waiting;
    if (waiting.count === count && waiting.oldest === oldest && waiting.durable === durable) return false;
    this.#waiting = waiting;
    this.emit("waiting", waiting);
    return true;
  }

  /**
   * @param {Status} status
   * @param {string | null} message
   */
  become(status, message) {
    if (status === this.#status || this.#status === "destroyed") return;
    const previous = this.#status;
    this.#status = status;
    this.#send("status", { status, previous, message }, false);
  }

  /**
   * @param {keyof import("./types.d.ts").HandleEventMap} type
   * @param {unknown} detail
   * @param {boolean} [cancelable]
   * @returns {boolean} false when a listener prevented it
   */
  emit(type, detail, cancelable = false) {
    // What was under way when the page ended the connection is nobody's news any more.
    return this.#status === "destroyed" || this.#send(type, detail, cancelable);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   * @param {boolean} cancelable
   */
  #send(type, detail, cancelable) {
    return this.dispatchEvent(new CustomEvent(type, { detail, cancelable }));
  }

  destroy() {
    const end = this.#end;
    if (end === null) return;
    this.#end = null;
    end();
    this.become("destroyed", null);
  }
}
