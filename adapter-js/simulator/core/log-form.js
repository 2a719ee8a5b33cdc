import { TIMEOUTS } from "./timeouts.js";

/**
 * The widget's own form for a call or a conversation (protocol 3.6, V23, V25). The host may replace the
 * page; there is one stored page for calls and one for messages, used again for the next log.
 */
export class LogForm {
  #requests;
  #service;
  #changed;
  /** Pages the host has sent: keys of a later one are merged in. @type {{call: any, messages: any}} */
  pages = { call: undefined, messages: undefined };
  /** @type {{kind: "call" | "messages", id: string, formData: Record<string, any>, candidates: any[]} | null} */
  open = null;

  constructor({ requests, service, changed }) {
    this.#requests = requests;
    this.#service = service;
    this.#changed = changed;
  }

  /** @param {"call" | "messages"} kind */
  updatePage(kind, page) {
    if (!page) return;
    const id = kind === "call" ? "$LOG-CALL" : "$LOG-MESSAGES";
    this.pages[kind] = { ...this.pages[kind], ...page, id };
    if (this.open?.kind === kind) this.open.formData = { ...this.open.formData, ...page.formData };
    this.#changed();
  }

  /**
   * @param {"call" | "messages"} kind
   * @param {string} id session id or conversation id
   * @param {{candidates: any[], picked?: string, logged: any[]}} known logged: its match entities
   */
  show(kind, id, { candidates, picked, logged }) {
    const formData = this.pages[kind]?.formData ?? defaults(candidates, picked, logged);
    this.open = { kind, id, formData: { ...formData }, candidates };
    this.#changed();
  }

  /** One request per change, that is per keystroke; the answer is not read. */
  input(key, value, subject) {
    if (!this.open) return;
    this.open.formData = { ...this.open.formData, [key]: value };
    const { kind, formData } = this.open;
    const { state } = this.#service;
    const isCall = kind === "call";
    const path = isCall ? state.callLogPageInputChangedEventPath : state.messagesLogPageInputChangedEventPath;
    if (path) {
      const body = { [isCall ? "call" : "conversation"]: subject, formData, keys: [key] };
      const page = this.pages[kind];
      this.#requests.tell(path, page ? { ...body, page } : body, TIMEOUTS.short);
    }
    this.#changed();
  }

  /** Closes whether or not the save succeeds: failures come as an alert (V23). */
  close() {
    this.open = null;
    this.#changed();
  }
}

/** An earlier log fills the form in: `note`, and `contact` as an id or {id}; contactId only beside it (V24). */
function defaults(candidates, picked, logged) {
  const entity = logged.find((match) => match.type !== "status");
  const contact = entity?.contact;
  const earlier = contact && (entity.contactId ?? contact.id ?? contact);
  const only = candidates.length === 1 ? candidates[0].id : undefined;
  const nobody = candidates.length === 0 ? "unknown" : "";
  return { contactId: earlier ?? picked ?? only ?? nobody, note: entity?.note ?? "" };
}
