import { notShown, onRecord, showRecord } from "./record.js";

const WORKSPACE = "desk";
const FOUND = { none: "nobody known", one: "record found", several: "several records" };
/** Beside the record that was open before. */
const NOT_SHOWN = { none: "The visitor is not known", several: "Several records fit the visitor" };
/** Events that wait for longer have not just been said. */
const LONG = 3_000;

const button = /** @type {HTMLButtonElement} */ (document.getElementById("start-chat"));
const said = document.getElementById("chat-said");

/** The agents' workspace on this page: screen pops, the bell, and chats started from the record. */
export class Chats {
  #handle;
  #origin;
  #feed;
  #onBadge;
  #chat = null;
  #contact = null;
  #turn = 0;
  #busy = false;

  constructor({ handle, origin, feed, onBadge }) {
    this.#handle = handle;
    this.#origin = origin;
    this.#feed = feed;
    this.#onBadge = onBadge;
    button.addEventListener("click", () => this.#start());
    onRecord((contact) => {
      this.#contact = contact;
      said.textContent = "";
      void this.#look();
    });
  }

  /** @param {HTMLIFrameElement} frame */
  attach(frame) {
    const chat = (this.#chat = this.#handle.roxchat.attach(frame, { origin: this.#origin, workspace: WORKSPACE }));
    chat.on("screenPop", (pop) => this.#pop(pop));
    chat.on("badge", ({ count }) => this.#onBadge(count));
    chat.on("refused", ({ event, reason }) => this.#feed.add("error", `refused: ${event ?? "an event"}`, reason));
    chat.on("lost", ({ count }) => this.#feed.add("error", "lost", `${count} events of the workspace`));
    chat.on("waiting", ({ count, oldest }) => {
      if (count > 0 && Date.now() - oldest > LONG) this.#feed.add("waiting", `${count} chat events in this browser`, "");
    });
    button.hidden = false;
  }

  #pop({ status, contacts }) {
    const names = contacts.map(({ name }) => name).join(", ");
    this.#feed.add("chat", FOUND[status], names || "a visitor of the workspace");
    // Of several, the agent must choose; this page only names them.
    if (status === "one") showRecord(contacts[0], "the chat");
    else notShown(NOT_SHOWN[status]);
    void this.#look();
  }

  /** Whether a chat can be started with the one who is shown. */
  async #look() {
    const turn = ++this.#turn;
    if (this.#chat === null || this.#contact === null) return;
    const { enabled, reason } = await this.#chat.outgoing(this.#contact.id);
    if (turn !== this.#turn || this.#busy) return;
    button.disabled = !enabled;
    const before = button.title;
    button.title = reason ?? "";
    // How the last command ended stays to be read.
    if (!enabled || said.textContent === before) said.textContent = button.title;
  }

  async #start() {
    const contact = this.#contact;
    if (this.#chat === null || contact === null) return;
    this.#busy = true;
    button.disabled = true;
    said.textContent = "Asking the workspace";
    const { status, code, words } = await this.#chat.startChat(contact.id);
    this.#busy = false;
    this.#feed.add(status === "confirmed" ? "chat" : "error", `start a chat: ${status}`, code ?? "");
    // The agent may have gone on to another record meanwhile.
    if (this.#contact === contact) said.textContent = words ?? "The chat is open in the workspace.";
    void this.#look();
  }
}
