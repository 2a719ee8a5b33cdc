import { endedCall, liveCall, transferOf } from "./call-shapes.js";
import { TIMEOUTS } from "./timeouts.js";

/** Which side of the call is not us. */
export function remoteOf(call) {
  const side = call.direction === "Inbound" ? call.from : call.to;
  return typeof side === "string" ? side : (side.phoneNumber ?? side.extensionNumber);
}

/**
 * The call logger (protocol 3.6, 4.1): what is posted to callLoggerPath, when, and in which order.
 */
export class CallLogger {
  #requests;
  #service;
  #matching;
  #runtime;
  /** Posts under way, by session id. @type {Map<string, Promise<void>>} */
  #running = new Map();
  /** The contact a person picked for a call with several matches, by session id. @type {Map<string, string>} */
  picked = new Map();
  autoLog = false;

  constructor({ requests, service, matching, runtime }) {
    this.#requests = requests;
    this.#service = service;
    this.#matching = matching;
    this.#runtime = runtime;
  }

  /**
   * The automatic posts (V16-V21). Updates of a call that has any match entity are sent even with auto
   * log off (status entities included).
   * @param {"appeared" | "changed" | "ended" | "history" | "late"} step
   */
  onStep(step, call) {
    const record = step === "history" || step === "late";
    const sessionId = record ? call.sessionId : call.ids.sessionId;
    if (!this.autoLog && this.#matching.callLogs.entities(sessionId).length === 0) return Promise.resolve();
    // A snapshot now: the post may have to wait while the call goes on.
    const body = record ? withTransfer(call, step) : withUpdate(call, step, this.#runtime.now());
    return this.#post(sessionId, () => {
      const entry = this.describe(body);
      if (step !== "appeared") return { call: entry, triggerType: record ? "callLogSync" : "presenceUpdate", ...(record ? notesOf(call) : {}) };
      const matched = entry.activityMatches.length > 0; // the widget was reloaded in mid-call
      return { call: entry, ...(matched ? {} : this.#entities(entry)), triggerType: "presenceUpdate" };
    });
  }

  /**
   * A click: createLog, editLog, viewLog, or contactUpdated when another match was picked (V22).
   * @param {any} call as CallLine.shape gives it
   */
  click(call, triggerType, contact) {
    const entry = this.describe(call);
    return this.#post(entry.sessionId, () => ({
      call: entry,
      ...sides(entry, contact),
      triggerType,
      redirect: triggerType !== "contactUpdated",
    }));
  }

  /** The saved form: both entities null, the choice is in formData (V23). */
  save(call, formData) {
    const entry = this.describe(call);
    const note = "note" in formData ? { note: formData.note } : {};
    return this.#post(entry.sessionId, () => ({
      call: entry, fromEntity: null, toEntity: null, triggerType: "logForm", redirect: true, ...note, formData,
    }));
  }

  /** The call as the paths see it, with what the matchers know. */
  describe(call) {
    const { aiNote, transcript, transferredFrom, ...rest } = call;
    const numberOf = (side) => side.phoneNumber ?? side.extensionNumber;
    const matches = (side, remote) => (remote ? this.#matching.contacts.entities(numberOf(side)) : []);
    const inbound = call.direction === "Inbound";
    return {
      ...rest,
      fromMatches: matches(call.from, inbound),
      toMatches: matches(call.to, !inbound),
      activityMatches: this.#matching.callLogs.entities(call.sessionId),
      toNumberEntity: this.picked.get(call.sessionId) ?? null,
    };
  }

  /** Only the first post carries entities, and only when there is no doubt who it is. */
  #entities(entry) {
    const candidates = entry.direction === "Inbound" ? entry.fromMatches : entry.toMatches;
    if (candidates.length === 1) return sides(entry, candidates[0]);
    // A choice among several counts on outbound calls only (V16).
    const picked = entry.direction === "Outbound" && candidates.find((entity) => entity.id === entry.toNumberEntity);
    return sides(entry, picked || null);
  }

  /** Posts of one session wait for the one before; two that waited then run together (protocol 4.1). */
  async #post(sessionId, body) {
    const path = this.#service.state.callLoggerPath;
    if (!path) return;
    if (this.#running.has(sessionId)) await this.#running.get(sessionId);
    const run = this.#requests.tell(path, body(), TIMEOUTS.logger).then((answered) => {
      if (this.#running.get(sessionId) === run) this.#running.delete(sessionId);
      // Any response at all is success, and is followed by a new match of this one call.
      if (answered) this.#matching.callLogs.force([sessionId]);
    });
    this.#running.set(sessionId, run);
    await run;
  }
}

function sides(entry, contact) {
  const inbound = entry.direction === "Inbound";
  return { fromEntity: inbound ? (contact ?? null) : null, toEntity: inbound ? null : (contact ?? null) };
}

function withUpdate(call, step, now) {
  const shape = step === "ended" ? endedCall(call) : liveCall(call, now);
  if (step === "appeared") return shape;
  const fresh = step === "changed" && call.transferredFrom !== null && !call.transferReported;
  if (fresh) call.transferReported = true;
  return { ...shape, ...transferOf(call), ...(fresh ? { phoneNumberUpdated: true } : {}) };
}

/** The late post of a recording does not repeat the transfer fields (V20). */
function withTransfer(record, step) {
  return step === "history" ? { ...record, ...transferOf(record) } : record;
}

function notesOf({ aiNote, transcript }) {
  return { ...(aiNote ? { aiNote } : {}), ...(transcript ? { transcript } : {}) };
}
