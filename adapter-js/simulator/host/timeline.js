import { fillRecord, onRecord } from "./record.js";

const ASK_EVERY = 1_500;
const KINDS = { call: "call", messages: "text", engage: "web chat", roxchat: "chat" };

/** Calls, texts and chats of the record that is shown, in one order, as the daemon has them. */
export class Timeline {
  #address;
  #daemon;
  #contact = null;
  #shown = "";
  #timer;

  /** @param {string} address of its JSON @param {string} daemon its origin */
  constructor(address, daemon) {
    this.#address = address;
    this.#daemon = daemon;
    document.getElementById("timeline-panel").hidden = false;
    onRecord((contact) => {
      this.#contact = contact;
      void this.#ask();
    });
  }

  async #ask() {
    clearTimeout(this.#timer);
    const { id } = this.#contact;
    try {
      const response = await fetch(`${this.#address}?contact=${encodeURIComponent(id)}`);
      const text = response.ok ? await response.text() : "";
      if (this.#contact.id !== id) return;
      if (text !== "" && text !== this.#shown) this.#show(JSON.parse(text));
      this.#shown = text;
    } catch {
      this.#shown = "";
    }
    this.#timer = setTimeout(() => this.#ask(), ASK_EVERY);
  }

  #show({ contact, items }) {
    if (contact) fillRecord(contact);
    document.getElementById("timeline-title").textContent = `Timeline of ${contact?.name ?? "this record"}`;
    const list = document.getElementById("timeline");
    list.replaceChildren(...(items.length > 0 ? items.map((item) => this.#row(item)) : [part("li", "Nothing yet.", "none")]));
  }

  #row({ id, kind, channel, subject, time }) {
    const row = document.createElement("li");
    row.dataset.kind = kind;
    row.dataset.channel = channel;
    const text = part(kind === "chat" ? "a" : "span", subject, "text");
    if (text instanceof HTMLAnchorElement) {
      text.href = `${this.#daemon}/conversations/${encodeURIComponent(id)}`;
      text.target = "_blank";
      text.rel = "noreferrer";
      text.title = "The transcript";
    }
    row.append(part("span", KINDS[kind === "chat" ? channel : kind] ?? kind, "kind"), text, part("time", when(time)));
    return row;
  }
}

function when(time) {
  const at = new Date(time);
  const today = at.toDateString() === new Date().toDateString();
  return today ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : at.toLocaleDateString([], { month: "short", day: "numeric" });
}

function part(tag, text, name = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className: name });
}
