import { hex } from "../core/uuid.js";

/**
 * The simulated workspace without its page: chats, notifications, and what it says to its parent window by
 * the vendor's page on the postMessage interface.
 */

export const ERRORS = [
  "operator_cant_start_chat_with_visitor_from_another_department",
  "visitor_starting_chat_from_his_side",
  "visitor_already_in_chat",
  "no_tariff_option",
  "unable_to_start_outgoing_chat",
];

/** How an error goes back is not documented; each of these is thinkable. */
export const ERROR_FORMS = {
  event: (code, params) => ({ source: "roxchat", event: "outgoingChatError", params: { ...params, code } }),
  object: (code) => ({ error: code }),
  code: (code) => ({ code }),
  text: (code) => code,
};

/**
 * @typedef {object} Visitor
 * @property {string} roxchatVisitorId
 * @property {string | null} providedVisitorId
 * @property {string} name
 * @property {string} sessionId
 * @property {number | null} chatId
 * @property {boolean} open
 * @property {boolean} closed
 * @property {{id: string, type: string, userId: string, userName: string} | null} channel
 * @property {{kind: string, text: string}[]} messages
 */

export class Desk {
  /** @type {Visitor[]} */
  visitors;
  /** @type {{id: string, kind: string, text: string, sessionId: string}[]} */
  notifications = [];
  /** @type {Visitor | null} */
  selected = null;
  /** @type {"object" | "string"} */
  form = "object";
  /** "success", "silence" or one of the codes. */
  outgoing = "success";
  errorForm = "event";
  /** The vendor's page writes it both ways. @type {"siebelId" | "SiebelId"} */
  siebel = "siebelId";
  /** What the page asked for and what came of it, newest first. @type {string[]} */
  asked = [];
  #runtime;
  #chats;
  /** Who signs in when the unknown visitor does. */
  #next;

  /**
   * @param {object} parts
   * @param {{post: (message: unknown) => void, random: () => number, now: () => number, changed: () => void}} parts.runtime
   * @param {{id: string, name: string}[]} parts.customers
   */
  constructor({ runtime, customers }) {
    this.#runtime = runtime;
    // Another load of the workspace must not give an earlier chat's number again.
    this.#chats = Math.floor(runtime.now() / 1000) % 1_000_000_000;
    const [first, second, third] = customers;
    this.#next = third ?? null;
    this.visitors = [
      ...[first, second].filter(Boolean).map((customer) => this.#visitor(customer.name, customer.id)),
      this.#visitor("Visitor of the shop", null),
      { ...this.#visitor("Skype visitor", null), channel: { id: this.#id(), type: "skype", userId: "16248561", userName: "live:visitor" } },
    ];
  }

  #id() {
    return hex(this.#runtime.random, 32);
  }

  /** @returns {Visitor} */
  #visitor(name, providedVisitorId) {
    return { roxchatVisitorId: this.#id(), providedVisitorId, name, sessionId: this.#id(), chatId: null, open: false, closed: false, channel: null, messages: [] };
  }

  #say(event, params) {
    const message = { source: "roxchat", event, params };
    this.#runtime.post(this.form === "string" ? JSON.stringify(message) : message);
  }

  #ids({ roxchatVisitorId, providedVisitorId }) {
    return { roxchatVisitorId, providedVisitorId, [this.siebel]: null };
  }

  /** The agent opens a visitor's chat. */
  select(visitor) {
    this.selected = visitor;
    visitor.open = true;
    const { chatId, sessionId } = visitor;
    this.#say("visitorSelected", { ...this.#ids(visitor), chatId, sessionId, taskId: null });
    this.#runtime.changed();
  }

  visitorSays(visitor, text) {
    if (text.trim() === "") return;
    const first = visitor.chatId === null;
    this.#message(visitor, "visitor", text);
    if (first || visitor !== this.selected) this.notify(visitor, `${visitor.name}: a new message`);
    this.#runtime.changed();
  }

  agentSays(text) {
    if (this.selected === null || text.trim() === "") return;
    this.#message(this.selected, "operator", text);
    this.#runtime.changed();
  }

  #message(visitor, kind, text) {
    visitor.chatId ??= ++this.#chats;
    visitor.closed = false;
    visitor.messages.push({ kind, text });
    const { chatId, sessionId } = visitor;
    this.#say("newMessageAdded", { ...this.#ids(visitor), chatId, sessionId, kind, messageText: text });
  }

  close() {
    const visitor = this.selected;
    if (visitor === null || visitor.chatId === null || visitor.closed) return;
    visitor.closed = true;
    const { id, type, userId, userName } = visitor.channel ?? { id: null, type: null, userId: null, userName: null };
    this.#say("chatClosedByOperator", { ...this.#ids(visitor), chatId: visitor.chatId, channelId: id, channelType: type, channelUserId: userId, channelUserName: userName });
    this.#runtime.changed();
  }

  get canAuthorize() {
    return this.#next !== null && this.selected !== null && this.selected.providedVisitorId === null && this.selected.channel === null;
  }

  /** The visitor signs in on the shop's site: the internal id changes too. */
  authorize() {
    const visitor = this.selected;
    if (!this.canAuthorize || visitor === null || this.#next === null) return;
    const old = this.#ids(visitor);
    Object.assign(visitor, { roxchatVisitorId: this.#id(), providedVisitorId: this.#next.id, name: this.#next.name });
    this.#next = null;
    this.#say("visitorAuthorized", { old, new: this.#ids(visitor) });
    this.#runtime.changed();
  }

  notify(visitor, text) {
    const notification = { id: this.#id(), kind: "visitor", text, sessionId: visitor.sessionId };
    this.notifications.push(notification);
    this.#say("notificationAdded", { notification });
    this.#runtime.changed();
  }

  dismiss(notification) {
    this.notifications = this.notifications.filter((one) => one !== notification);
    this.#say("notificationRemoved", { notification: { id: notification.id } });
    this.#runtime.changed();
  }

  /** A message of the page that holds the workspace; its origin was checked. */
  receive(data) {
    if (data?.action !== "start_outgoing_chat") return;
    const { roxchatVisitorId, sessionId } = data.params ?? {};
    const visitor = this.visitors.find((one) => one.roxchatVisitorId === roxchatVisitorId && one.sessionId === sessionId);
    const outcome = visitor || this.outgoing === "silence" ? this.outgoing : "unable_to_start_outgoing_chat";
    this.asked = [`Start a chat${visitor ? ` with ${visitor.name}` : ""}: ${outcome.replaceAll("_", " ")}`, ...this.asked].slice(0, 5);
    if (outcome === "success") this.select(/** @type {Visitor} */ (visitor));
    else if (outcome !== "silence") this.#runtime.post(ERROR_FORMS[this.errorForm](outcome, { roxchatVisitorId, sessionId }));
    this.#runtime.changed();
  }

  set(change) {
    Object.assign(this, change);
    this.#runtime.changed();
  }
}
