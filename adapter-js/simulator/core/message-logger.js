import { TIMEOUTS } from "./timeouts.js";

const AUTO_DELAY = 300;
const AUTO_AT_ONCE = 10;

/** The message logger (protocol 3.7, 4.3): manual, form and automatic posts of conversations. */
export class MessageLogger {
  #requests;
  #service;
  #matching;
  #conversations;
  #runtime;
  #timer = null;
  /** The newest message id already handled, by conversationLogId. @type {Map<string, number>} */
  #seen = new Map();
  #autoLog = false;
  /** The contact a person picked for a thread, by conversation id. @type {Map<string, string>} */
  picked = new Map();

  constructor({ requests, service, matching, conversations, runtime }) {
    this.#requests = requests;
    this.#service = service;
    this.#matching = matching;
    this.#conversations = conversations;
    this.#runtime = runtime;
  }

  get autoLog() {
    return this.#autoLog;
  }

  /** Switching it on makes the next message event post all of today again. */
  set autoLog(on) {
    if (on && !this.#autoLog) this.#seen.clear();
    this.#autoLog = on;
  }

  /** A click on Log: one request a stored date, in parallel, only the newest with redirect (V27). */
  log(conversationId, contact, { prefill = true } = {}) {
    return this.#everyDate(conversationId, (index) => ({
      correspondentEntity: contact ?? null, redirect: index === 0, prefill, triggerType: "manual",
    }));
  }

  /** The saved form has the same fan-out: every date gets the same formData. */
  save(conversationId, formData) {
    return this.#everyDate(conversationId, (index) => ({
      correspondentEntity: null, redirect: index === 0, triggerType: "logForm", formData,
    }));
  }

  #everyDate(conversationId, optionsOf) {
    const items = this.#conversations.items(conversationId);
    return Promise.all(items.map((item, index) => this.#post(item, optionsOf(index))));
  }

  /** A message came, was sent or changed: look at today's conversations a moment later. */
  onMessage() {
    if (this.#timer !== null) return;
    this.#timer = this.#runtime.setTimeout(() => {
      this.#timer = null;
      this.#auto();
    }, AUTO_DELAY);
  }

  async #auto() {
    const { today } = this.#conversations;
    const due = this.#conversations.allItems.filter((item) => {
      return item.date === today && this.#seen.get(item.conversationLogId) !== item.messages[0].id;
    });
    for (const item of due) this.#seen.set(item.conversationLogId, item.messages[0].id);
    for (let at = 0; at < due.length; at += AUTO_AT_ONCE) {
      await Promise.all(due.slice(at, at + AUTO_AT_ONCE).map((item) => this.#autoPost(item)));
    }
  }

  async #autoPost(item) {
    await this.#matching.messageLogs.force([item.conversationLogId]);
    const logged = this.#matching.messageLogs.entities(item.conversationLogId).length > 0;
    if (!this.#autoLog && !logged) return;
    const candidates = logged ? [] : this.candidates(item);
    const correspondentEntity = candidates.length === 1 ? candidates[0] : null;
    await this.#post(item, { selfEntity: null, correspondentEntity, triggerType: "auto" });
  }

  /** Contacts that may be the other side. @param {{correspondents: any[]}} item */
  candidates(item) {
    return item.correspondents.flatMap((party) => {
      return this.#matching.contacts.entities(party.phoneNumber ?? party.extensionNumber);
    });
  }

  describe(item) {
    return { ...item, conversationLogMatches: this.#matching.messageLogs.entities(item.conversationLogId) };
  }

  /** What the input-changed path gets: a map date -> item, unlike the logger itself (V31). */
  byDate(conversationId) {
    return Object.fromEntries(this.#conversations.items(conversationId).map((item) => [item.date, this.describe(item)]));
  }

  async #post(item, options) {
    const path = this.#service.state.messageLoggerPath;
    if (!path) return;
    const answered = await this.#requests.tell(path, { conversation: this.describe(item), ...options }, TIMEOUTS.logger);
    if (answered) await this.#matching.messageLogs.force([item.conversationLogId]);
  }
}
