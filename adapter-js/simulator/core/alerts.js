import { uuidV4 } from "./uuid.js";

const DEFAULT_TTL = 5_000;

/** Alert messages the host shows in the widget, its only way to speak to the user (protocol 1.4, 5). */
export class Alerts {
  #runtime;
  #changed;
  /** @type {{id: string, message: string, level: string, details: any[]}[]} */
  list = [];

  constructor({ runtime, changed }) {
    this.#runtime = runtime;
    this.#changed = changed;
  }

  /** @returns {string} the alert's id */
  show({ message, level = "info", ttl = DEFAULT_TTL, details = [] }) {
    const id = uuidV4(this.#runtime.random);
    this.list = [...this.list, { id, message, level, details }];
    if (ttl > 0) this.#runtime.setTimeout(() => this.dismiss(id), ttl);
    this.#changed();
    return id;
  }

  /** Without an id: all of them. */
  dismiss(id) {
    this.list = id === undefined ? [] : this.list.filter((alert) => alert.id !== id);
    this.#changed();
  }
}
