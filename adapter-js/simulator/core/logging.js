import { remoteOf } from "./call-logger.js";

/** What the log buttons, the contact choices and the log form do, for calls and conversations. */
export class Logging {
  #phone;
  #runtime;
  #changed;

  /** @param {import("./phone.js").Phone} phone @param {import("./runtime.js").Runtime} runtime */
  constructor(phone, runtime, changed) {
    this.#phone = phone;
    this.#runtime = runtime;
    this.#changed = changed;
  }

  /** Contacts that may be the other side of a call. */
  callCandidates(sessionId) {
    const call = this.#phone.line.shape(sessionId);
    return call ? this.#phone.matching.contacts.entities(remoteOf(call)) : [];
  }

  #chosen(candidates, picked) {
    return candidates.find((entity) => entity.id === picked) ?? (candidates.length === 1 ? candidates[0] : undefined);
  }

  /**
   * With showLogModal the widget's own form opens instead of a request; only viewLog goes out (4.1).
   * @param {"createLog" | "editLog" | "viewLog"} triggerType
   */
  async clickCall(sessionId, triggerType) {
    const { service, callLogger, line } = this.#phone;
    if (service.state.showLogModal && triggerType !== "viewLog") return this.showCallForm(sessionId);
    const contact = this.#chosen(this.callCandidates(sessionId), callLogger.picked.get(sessionId));
    await callLogger.click(line.shape(sessionId), triggerType, contact);
  }

  /** With auto log on, another choice is told to the host at once. */
  async pickForCall(sessionId, contactId) {
    const { callLogger, line } = this.#phone;
    callLogger.picked.set(sessionId, contactId);
    this.#changed();
    if (!callLogger.autoLog) return;
    const contact = this.callCandidates(sessionId).find((entity) => entity.id === contactId);
    await callLogger.click(line.shape(sessionId), "contactUpdated", contact);
  }

  /** `rc-adapter-set-call-contact-matches-select`: a preselection, no request. */
  preselect(telephonySessionId, contactId) {
    const { line, callLogger } = this.#phone;
    const found = [...line.live.map((call) => call.ids), ...line.history].find((ids) => ids.telephonySessionId === telephonySessionId);
    if (!found) return;
    callLogger.picked.set(found.sessionId, contactId);
    this.#changed();
  }

  showCallForm(sessionId) {
    const { line, callLogger, matching, form } = this.#phone;
    if (!line.shape(sessionId)) return;
    form.show("call", sessionId, {
      candidates: this.callCandidates(sessionId),
      picked: callLogger.picked.get(sessionId),
      logged: matching.callLogs.entities(sessionId),
    });
  }

  threadCandidates(conversationId) {
    const { conversations, messageLogger } = this.#phone;
    const [newest] = conversations.items(conversationId);
    return newest ? messageLogger.candidates(newest) : [];
  }

  clickThread(conversationId) {
    const { messageLogger } = this.#phone;
    const contact = this.#chosen(this.threadCandidates(conversationId), messageLogger.picked.get(conversationId));
    return messageLogger.log(conversationId, contact);
  }

  async pickForThread(conversationId, contactId) {
    const { messageLogger } = this.#phone;
    messageLogger.picked.set(conversationId, contactId);
    this.#changed();
    if (!messageLogger.autoLog) return;
    const contact = this.threadCandidates(conversationId).find((entity) => entity.id === contactId);
    await messageLogger.log(conversationId, contact, { prefill: false });
  }

  showThreadForm(conversationId) {
    const { conversations, messageLogger, matching, form } = this.#phone;
    const [newest] = conversations.items(conversationId);
    if (!newest) return;
    form.show("messages", conversationId, {
      candidates: messageLogger.candidates(newest),
      picked: messageLogger.picked.get(conversationId),
      logged: matching.messageLogs.entities(newest.conversationLogId),
    });
  }

  formInput(key, value) {
    const { form, line, callLogger, messageLogger } = this.#phone;
    if (!form.open) return;
    const { kind, id } = form.open;
    const subject = kind === "call" ? callLogger.describe(line.shape(id)) : messageLogger.byDate(id);
    form.input(key, value, subject);
  }

  /** The form closes before anybody knows whether the save went well (V23). */
  saveForm() {
    const { form, line, callLogger, messageLogger } = this.#phone;
    if (!form.open) return Promise.resolve();
    const { kind, id, formData } = form.open;
    form.close();
    return kind === "call" ? callLogger.save(line.shape(id), formData) : messageLogger.save(id, formData);
  }

  /** @param {"call" | "message"} kind */
  setAutoLog(kind, on) {
    const logger = this.#loggerOf(kind);
    if (logger.autoLog === on) return;
    logger.autoLog = on;
    this.notifyAutoLog(kind);
    this.#changed();
  }

  /** Locked to a value: only at the moment the logger becomes ready (2.2). */
  forceReadOnlyAutoLog(kind) {
    const { state } = this.#phone.service;
    const field = kind === "call" ? "callLoggerAutoSetting" : "messageLoggerAutoSetting";
    if (state[`${field}ReadOnly`]) this.setAutoLog(kind, state[`${field}ReadOnlyValue`]);
  }

  notifyAutoLog(kind) {
    const type = kind === "call" ? "rc-callLogger-auto-log-notify" : "rc-messageLogger-auto-log-notify";
    this.#runtime.post({ type, autoLog: this.#loggerOf(kind).autoLog });
  }

  #loggerOf(kind) {
    return kind === "call" ? this.#phone.callLogger : this.#phone.messageLogger;
  }
}
