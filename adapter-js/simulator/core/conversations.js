import { digits } from "./uuid.js";

const ACCOUNT = "https://media.ringcentral.com/restapi/v1.0/account/260917004/extension/260918004";

/** @param {string} locale @param {string} timeZone */
export function dateWriter(locale, timeZone) {
  const format = new Intl.DateTimeFormat(locale, { timeZone });
  return (/** @type {number} */ ms) => format.format(ms);
}

/**
 * The message store, and its two views: threads, and the log items the message logger sends, one a
 * thread and day (protocol 4.4). The day's text depends on locale and zone, so an item's id is opaque.
 */
export class Conversations {
  #runtime;
  #own;
  #dateOf;
  #changed;
  /** Normalised messages, newest first. @type {any[]} */
  messages;
  #lastId = 1_795_280_000_004;

  constructor({ runtime, own, messages, changed }) {
    this.#runtime = runtime;
    this.#own = own;
    this.#dateOf = dateWriter(runtime.locale, runtime.timeZone);
    this.#changed = changed;
    this.messages = messages;
    for (const { id } of messages) this.#lastId = Math.max(this.#lastId, id);
  }

  receive({ from, name, text, at }) {
    return this.add(this.#text("Inbound", { phoneNumber: from, ...(name ? { name } : {}) }, text, at));
  }

  send({ to, text, at }) {
    return this.add(this.#text("Outbound", { phoneNumber: to }, text, at));
  }

  /** A text from before this load: no event, nothing to log. */
  remember({ from, to, text, at }) {
    this.#store(from ? this.#text("Inbound", { phoneNumber: from }, text, at) : this.#text("Outbound", { phoneNumber: to }, text, at));
  }

  #text(direction, remote, text, at = this.#runtime.now()) {
    const inbound = direction === "Inbound";
    const own = { phoneNumber: this.#own.number, name: this.#own.name };
    this.#lastId += 100_000;
    const id = this.#lastId;
    const before = this.messages.find((message) => message.type === "SMS" && remoteParties(message)[0]?.phoneNumber === remote.phoneNumber);
    return {
      id,
      type: "SMS",
      direction,
      conversationId: before?.conversationId ?? digits(this.#runtime.random, 19),
      creationTime: at,
      lastModifiedTime: at + 900,
      availability: "Alive",
      messageStatus: inbound ? "Received" : "Delivered",
      readStatus: "Read",
      priority: "Normal",
      subject: text,
      from: inbound ? remote : own,
      to: inbound ? [own] : [remote],
      attachments: [{ id: id + 1, uri: `${ACCOUNT}/message-store/${id}/content/${id + 1}`, type: "Text", contentType: "text/plain" }],
    };
  }

  /** Any message, also voicemail and fax, in the normalised form. */
  add(message) {
    this.#store(message);
    const type = message.direction === "Inbound" ? "rc-inbound-message-notify" : "rc-message-updated-notify";
    this.#runtime.post({ type, message: rawOf(message) });
    this.#changed();
    return message;
  }

  #store(message) {
    this.messages = [message, ...this.messages].sort((a, b) => b.creationTime - a.creationTime);
  }

  /** Threads, the one with the newest message first. */
  get threads() {
    const byId = grouped(this.messages, (message) => message.conversationId);
    return [...byId].map(([conversationId, messages]) => ({
      conversationId,
      type: messages[0].type,
      messages,
      correspondents: remoteParties(messages[0]),
    }));
  }

  /** The log items of one conversation, newest date first. */
  items(conversationId) {
    const messages = this.messages.filter((message) => message.conversationId === conversationId);
    return [...grouped(messages, (message) => this.#dateOf(message.creationTime))].map(([date, ofDay]) => {
      const newest = ofDay[0];
      return {
        conversationLogId: `${conversationId}/${date}`,
        conversationId,
        creationTime: newest.creationTime,
        date,
        type: newest.type,
        messages: ofDay,
        self: ownParty(newest),
        correspondents: remoteParties(newest),
      };
    });
  }

  /** Every log item there is, the newest conversation first. */
  get allItems() {
    return this.threads.flatMap((thread) => this.items(thread.conversationId));
  }

  get today() {
    return this.#dateOf(this.#runtime.now());
  }
}

function grouped(list, keyOf) {
  const groups = new Map();
  for (const item of list) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

const remoteParties = (message) => (message.direction === "Inbound" ? [message.from] : message.to);
const ownParty = (message) => (message.direction === "Inbound" ? message.to[0] : message.from);

/** The API's record, as the notify events carry it: ISO times, a conversation object (V40). */
function rawOf({ conversationId, creationTime, lastModifiedTime, attachments, ...rest }) {
  const api = "https://platform.ringcentral.com/restapi/v1.0";
  return {
    ...rest,
    uri: `${api}/account/260917004/extension/260918004/message-store/${rest.id}`,
    creationTime: new Date(creationTime).toISOString(),
    lastModifiedTime: new Date(lastModifiedTime).toISOString(),
    conversation: { id: conversationId, uri: `${api}/conversations/${conversationId}` },
  };
}
