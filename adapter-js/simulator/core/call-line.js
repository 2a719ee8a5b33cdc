import { callIds, endedCall, historyRecord, liveCall, presenceOf, transferOf, webphoneOf } from "./call-shapes.js";

/**
 * The phone line: calls ring, are answered, end, and turn up in the call log a little later. It makes
 * the widget's events (protocol 6, V40) and tells `onStep` what the call logger has to know.
 */
export class CallLine {
  #runtime;
  #own;
  #historyDelay;
  #onStep;
  #ringMatch;
  #firstMatch;
  #changed;
  /** Live and just ended calls, newest first. @type {any[]} */
  live = [];
  /** The call log, newest first. @type {any[]} */
  history;

  /**
   * @param {object} parts
   * @param {import("./runtime.js").Runtime} parts.runtime
   * @param {{number: string, name: string}} parts.own the operator's side of every call
   * @param {number} parts.historyDelay until the ended call is in the call log (the real one: 5 s and more)
   * @param {any[]} parts.history what the call log held before this load
   * @param {(number: string) => Promise<any[]>} parts.ringMatch the forced match of one number at each ring
   * @param {(number: string) => any} parts.firstMatch the `contactMatch` of the web phone events
   * @param {(step: "appeared" | "changed" | "ended" | "history" | "late", call: any) => void} parts.onStep
   * @param {() => void} parts.changed
   */
  constructor({ runtime, own, historyDelay, history, ringMatch, firstMatch, onStep, changed }) {
    this.#runtime = runtime;
    this.#own = own;
    this.#historyDelay = historyDelay;
    this.#ringMatch = ringMatch;
    this.#firstMatch = firstMatch;
    this.#onStep = onStep;
    this.#changed = changed;
    this.history = history;
  }

  /** @param {{from: string, fromName?: string, ids?: object, webphoneDelay?: number}} incoming */
  ring({ from, fromName = "", ids = {}, webphoneDelay = 40 }) {
    return this.#appear({ direction: "Inbound", from, fromName, to: this.#own.number, toName: this.#own.name }, ids, webphoneDelay);
  }

  dial({ to, toName = "", ids = {}, webphoneDelay = 40 }) {
    return this.#appear({ direction: "Outbound", from: this.#own.number, fromName: this.#own.name, to, toName }, ids, webphoneDelay);
  }

  #appear(sides, ids, webphoneDelay) {
    const now = this.#runtime.now();
    const call = {
      ...sides,
      ids: { ...callIds(this.#runtime.random), ...ids },
      firstFrom: sides.from,
      telephonyStatus: "Ringing",
      ringTime: now,
      creationTime: now + webphoneDelay,
      answerTime: null,
      endTime: null,
      transferredFrom: null,
    };
    this.live = [call, ...this.live];
    const inbound = sides.direction === "Inbound";
    this.#notify("rc-active-call-notify", presenceOf(call));
    this.#notify(inbound ? "rc-call-ring-notify" : "rc-call-init-notify", this.#webphone(call, "webphone-session-connecting"));
    this.#changed();
    // The log waits for the match, so that its first post can carry the one contact (V16).
    this.#ringMatch(inbound ? call.from : call.to).then(() => this.#onStep("appeared", call));
    return call.ids.sessionId;
  }

  answer(sessionId) {
    this.#update(sessionId, (call) => {
      call.answerTime = this.#runtime.now();
      call.telephonyStatus = "CallConnected";
      this.#notify("rc-call-start-notify", this.#webphone(call, "webphone-session-connected"));
    });
  }

  hold(sessionId, held) {
    this.#update(sessionId, (call) => {
      call.telephonyStatus = held ? "OnHold" : "CallConnected";
      const status = held ? "webphone-session-onHold" : "webphone-session-connected";
      this.#notify(held ? "rc-call-hold-notify" : "rc-call-resume-notify", this.#webphone(call, status));
    });
  }

  /** A warm transfer: the same session goes on with another from number (V21). */
  transferred(sessionId, from) {
    this.#update(sessionId, (call) => {
      call.transferredFrom = call.from;
      call.from = from;
    });
  }

  #update(sessionId, change) {
    const call = this.find(sessionId);
    if (!call || call.endTime !== null) return;
    change(call);
    this.#notify("rc-active-call-notify", presenceOf(call));
    this.#onStep("changed", call);
    this.#changed();
  }

  /** @param {string} sessionId @param {object} [record] what the call log will say otherwise */
  hangup(sessionId, record) {
    const call = this.find(sessionId);
    if (!call || call.endTime !== null) return;
    call.endTime = this.#runtime.now();
    this.#notify("rc-active-call-notify", { ...presenceOf(call), telephonyStatus: "NoCall", terminationType: "final" });
    this.#notify("rc-call-end-notify", { ...this.#webphone(call, "webphone-session-finished"), endTime: call.endTime });
    this.#onStep("ended", call);
    this.#changed();
    this.#runtime.setTimeout(() => this.#synced(call, record), this.#historyDelay);
  }

  #synced(call, overrides) {
    const record = this.#record(call, overrides);
    this.live = this.live.filter((other) => other !== call);
    this.history = [record, ...this.history];
    this.#runtime.post({ type: "rc-call-history-synced-notify" });
    this.#onStep("history", record);
    this.#changed();
  }

  /**
   * The call log tells of calls this widget has not seen live: another device's, or of a time when no
   * page was open. They are not posted (V19).
   * @param {any[]} records newest first
   */
  learn(records) {
    this.history = [...records, ...this.history];
    this.#runtime.post({ type: "rc-call-history-synced-notify" });
    this.#changed();
  }

  /** A recording, an AI note or a transcript that comes after the record (V20). */
  addLate(sessionId, { recording, aiNote, transcript }) {
    const record = this.history.find((entry) => entry.sessionId === sessionId);
    if (!record) return;
    Object.assign(record, { recording, aiNote, transcript });
    this.#onStep("late", record);
    this.#changed();
  }

  /** What the call log will say to the next load: a call that has just ended is in it by then. */
  get recorded() {
    const ended = this.live.filter((call) => call.endTime !== null);
    return [...ended.map((call) => this.#record(call)), ...this.history];
  }

  #record(call, overrides) {
    return { ...historyRecord(call, overrides), transferredFrom: call.transferredFrom };
  }

  find(sessionId) {
    return this.live.find((call) => call.ids.sessionId === sessionId);
  }

  /** The call in the form it has now: live, just ended, or its history record. */
  shape(sessionId) {
    const call = this.find(sessionId);
    if (call) {
      const form = call.endTime === null ? liveCall(call, this.#runtime.now()) : endedCall(call);
      return { ...form, ...transferOf(call) };
    }
    const record = this.history.find((entry) => entry.sessionId === sessionId);
    return record && { ...record, ...transferOf(record) };
  }

  /** Session ids, live ones first; a just ended call is not active any more. */
  get sessions() {
    return [...this.live.map((call) => call.ids.sessionId), ...this.history.map((record) => record.sessionId)];
  }

  get activeSessions() {
    return this.live.filter((call) => call.endTime === null).map((call) => call.ids.sessionId);
  }

  #webphone(call, status) {
    return webphoneOf(call, status, this.#firstMatch(call.direction === "Inbound" ? call.firstFrom : call.to));
  }

  #notify(type, call) {
    this.#runtime.post({ type, call });
  }
}
