import { draw } from "../view/dom.js";
import { decide, judge } from "./verify.js";
import { panel } from "./view.js";

/**
 * The stand-in chat: takes `_chatq` over, gives the visitor's identity to the rules of the server, and
 * behaves as the vendor's guide says. What it was told is kept in `window.engageStandIn` for tests.
 */

const LEEWAY = 10_000;
const KEPT = 40;

/** @param {string} src of the loader; the community's settings lie beside it */
export async function start(src) {
  const source = await (await fetch(new URL("source.json", src))).json();
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("chat.css", src).href;
  document.head.append(style);
  const chat = new Chat(source);
  const before = Array.isArray(window._chatq) ? window._chatq : [];
  window._chatq = { push: (...entries) => entries.forEach((entry) => chat.take(entry)) };
  window.engageStandIn = chat;
  before.forEach((entry) => chat.take(entry));
  chat.fire("started");
  chat.judgeAgain();
  return chat;
}

class Chat {
  /** Every entry that came over `_chatq`. @type {any[][]} */
  told = [];
  /** @type {{text: string, mine: boolean, note?: boolean}[]} */
  messages = [];
  variables = {};
  open = false;
  engaged = false;
  expired = false;
  /** @type {{given: "none" | "unsigned" | "valid" | "invalid", uuid: string | null, name: string | null, reasons: string[], exp: number | null}} */
  visitor = { given: "none", uuid: null, name: null, reasons: [], exp: null };
  verdict;
  sessions = 0;
  #listeners = new Map();
  #root = document.createElement("div");
  #expiry;
  #turn = Promise.resolve();
  #auto = `auto-${crypto.randomUUID()}`;

  constructor(source) {
    this.source = source;
    this.verdict = decide(source.mode, "none");
    this.#root.id = "engage-chat";
    document.body.append(this.#root);
  }

  take(entry) {
    if (!Array.isArray(entry)) return;
    this.told = [...this.told, entry].slice(-KEPT);
    const [name, ...given] = entry;
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : null;
    if (command) command(this, ...given);
    else console.warn("stand-in chat: there is no command", name);
    this.show();
  }

  /** One after the other: a later identity must not be overtaken by the check of an earlier one. */
  identify(work) {
    this.#turn = this.#turn.then(work).then((visitor) => this.#become(visitor), (error) => console.error("stand-in chat:", error));
  }

  #become(visitor) {
    const before = this.who;
    this.visitor = visitor;
    clearTimeout(this.#expiry);
    this.expired = false;
    this.judgeAgain();
    if (this.verdict.identity === "verified") {
      this.#expiry = setTimeout(() => {
        this.expired = true;
        this.show();
      }, visitor.exp * 1000 + LEEWAY - Date.now());
    }
    // Another visitor in the middle of a chat: the server opens another one.
    if (this.engaged && before !== this.who) this.newSession();
    this.show();
  }

  judgeAgain() {
    this.verdict = decide(this.source.mode, this.visitor.given);
    if (!this.verdict.opens) this.open = false;
    this.show();
  }

  /** The uuid that the server knows the visitor by. */
  get who() {
    return this.verdict.identity === "verified" || this.verdict.identity === "unverified" ? (this.visitor.uuid ?? this.#auto) : this.#auto;
  }

  newSession() {
    this.sessions += 1;
    this.engaged = false;
    this.messages = [{ text: "Another visitor: a new chat was opened.", mine: false, note: true }];
  }

  setMode(mode) {
    this.source = { ...this.source, mode };
    this.judgeAgain();
  }

  toggle() {
    this.open = this.verdict.opens && !this.open;
    this.fire(this.open ? "chat_shown" : "chat_closed");
    this.show();
  }

  async say(text) {
    if (text.trim() === "") return;
    if (!this.engaged) this.fire("chat_engaged");
    this.engaged = true;
    this.messages.push({ text, mine: true });
    this.fire("message_sent");
    this.show();
    const answer = await this.#bring(text);
    if (answer === null) return;
    this.receive(answer);
  }

  /** To the stand-in's server, where the demo has one; it answers for the agent. */
  async #bring(text) {
    if (!this.source.messages) return "Thank you, we will answer here.";
    try {
      const { identity } = this.verdict;
      const body = JSON.stringify({ uuid: this.who, name: this.visitor.name, verified: identity === "verified", text });
      const response = await fetch(this.source.messages, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      return (await response.json()).answer ?? null;
    } catch {
      return "The stand-in for the chat's server does not answer.";
    }
  }

  /** The agent closes the thread; the stand-in's server tells whom it may concern. */
  async close() {
    if (!this.source.close || !this.engaged) return;
    await fetch(this.source.close, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ uuid: this.who }) });
    this.engaged = false;
    this.messages.push({ text: "The agent has closed the chat.", mine: false, note: true });
    this.show();
  }

  receive(text) {
    this.messages.push({ text, mine: false });
    this.fire("message_received");
    this.show();
  }

  listen(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  fire(name) {
    for (const listener of this.#listeners.get(name) ?? []) listener();
  }

  embedIn(parent) {
    parent.append(this.#root);
    this.#root.classList.add("embedded");
    this.open = this.verdict.opens;
  }

  show() {
    const { dataset } = this.#root;
    dataset.state = this.verdict.opens ? (this.open ? "open" : "ready") : "closed";
    dataset.identity = this.verdict.identity ?? "none";
    dataset.uuid = this.verdict.opens ? this.who : "";
    draw(this.#root, panel(this));
  }
}

/** @type {Record<string, (chat: Chat, ...given: any[]) => void>} */
const COMMANDS = {
  _setIdentity: (chat, identity) => chat.identify(async () => ({
    given: "unsigned", uuid: identity?.uuid ?? null, name: nameOf(identity), reasons: [], exp: null,
  })),
  _setSignedIdentity: (chat, token) => chat.identify(async () => {
    const { reasons, claims } = await judge(token, chat.source.keys, Date.now());
    const good = reasons.length === 0;
    return { given: good ? "valid" : "invalid", uuid: good ? claims.uuid : null, name: good ? nameOf(claims) : null, reasons, exp: good ? claims.exp : null };
  }),
  _fillCustomVariable(chat, name, value) {
    if (typeof name === "string" && name.startsWith("custom_")) chat.variables = { ...chat.variables, [name]: value };
  },
  _setConfiguration(chat, { embedded, parentNodeId } = {}) {
    const parent = embedded === true && document.getElementById(parentNodeId);
    if (parent) chat.embedIn(parent);
  },
  _onEvent: (chat, name, listener) => chat.listen(name, listener),
  _addMessage(chat, { body } = {}) {
    if (chat.open && typeof body === "string") chat.receive(body);
  },
  _addTranslations: () => {},
  _pageChange: () => {},
};

function nameOf(identity) {
  return identity?.screenname ?? ([identity?.firstname, identity?.lastname].filter(Boolean).join(" ") || null);
}
