import { TIMEOUTS } from "./timeouts.js";

/**
 * Pages and tabs the host registers (protocol 5, V35, V38): JSON Schema forms that are merged by id. What
 * is typed belongs to the open page alone, until the host sends new values or the page is left.
 */
export class CustomPages {
  #requests;
  #service;
  #actions;
  #changed;
  /** @type {Map<string, any>} */
  #pages = new Map();
  /** @type {{id: string, formData: Record<string, any>} | null} */
  #open = null;

  constructor({ requests, service, actions, changed }) {
    this.#requests = requests;
    this.#service = service;
    this.#actions = actions;
    this.#changed = changed;
  }

  register(page) {
    if (typeof page?.id !== "string" || page.id === "") return;
    this.#pages.set(page.id, { ...this.#pages.get(page.id), ...page });
    // Values that are sent replace what was typed; without them it stays.
    if (this.#open?.id === page.id && page.formData) this.#open.formData = { ...page.formData };
    this.#changed();
  }

  /** Tabs for the navigation bar, the highest priority (the lowest number) first. */
  get tabs() {
    const shown = [...this.#pages.values()].filter((page) => page.type === "tab" && !page.hidden);
    return shown.sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
  }

  find(id) {
    return this.#pages.get(id);
  }

  /** The widget shows this page now, and starts from its stored values. */
  arrive(id) {
    this.#open = this.#pages.has(id) ? { id, formData: { ...this.#pages.get(id).formData } } : null;
  }

  leave() {
    this.#open = null;
  }

  get open() {
    return this.#open;
  }

  /** Save is offered once every required field holds something. */
  get ready() {
    const { id, formData } = this.#open ?? {};
    const required = this.#pages.get(id)?.schema?.required ?? [];
    return required.every((key) => formData[key] !== undefined && formData[key] !== null && formData[key] !== "");
  }

  /** One request a change, also for a click in a list; the answer is not read. */
  input(key, value) {
    if (!this.#open) return;
    const formData = { ...this.#open.formData, [key]: value };
    this.#open.formData = formData;
    const path = this.#service.state.customizedPageInputChangedEventPath;
    if (path) this.#requests.tell(path, { page: this.#pages.get(this.#open.id), formData, keys: [key] }, TIMEOUTS.short);
    this.#changed();
  }

  /** The page stays: where to go on is for the host to say. */
  submit() {
    if (!this.#open || !this.ready) return Promise.resolve(false);
    const { id, formData } = this.#open;
    return this.#actions.pressButton({ id, type: "submit", formData });
  }

  /** A button in the schema: its id is the field's key. */
  press(key) {
    return this.#actions.pressButton({ id: key, type: "button", formData: this.#open?.formData ?? {} });
  }
}
