import { TIMEOUTS } from "./timeouts.js";

const DEBOUNCE = 800;
const CACHE_LIFE = 300_000;
const MIN_CHARACTERS = 3;

/** The dialer's search in the service's contacts (protocol 3.2, V10). */
export class ContactSearch {
  #requests;
  #service;
  #runtime;
  #changed;
  #timer = null;
  /** @type {Map<string, {at: number, contacts: any[]}>} */
  #cache = new Map();
  text = "";
  rows = [];
  searching = false;

  constructor({ requests, service, runtime, changed }) {
    this.#requests = requests;
    this.#service = service;
    this.#runtime = runtime;
    this.#changed = changed;
  }

  /** Each keystroke starts the wait anew. */
  type(text) {
    this.text = text;
    this.rows = [];
    if (this.#timer !== null) this.#runtime.clearTimeout(this.#timer);
    this.#timer = null;
    if (text.length >= MIN_CHARACTERS && this.#usable) {
      this.#timer = this.#runtime.setTimeout(() => this.#run(text), DEBOUNCE);
    }
    this.#changed();
  }

  get #usable() {
    return this.#service.state.authorized && this.#service.state.contactSearchPath;
  }

  async #run(text) {
    this.#timer = null;
    this.searching = true;
    this.#changed();
    const contacts = await this.#find(text);
    if (this.text !== text) return;
    this.searching = false;
    try {
      this.rows = rowsFor(contacts, text);
    } catch (error) {
      this.rows = [];
      this.#runtime.warn("search: result without phoneType", error);
    }
    this.#changed();
  }

  async #find(text) {
    const known = this.#cache.get(text);
    if (known && this.#runtime.now() - known.at < CACHE_LIFE) return known.contacts;
    let contacts = [];
    try {
      const path = this.#service.state.contactSearchPath;
      const { data } = await this.#requests.send(path, { searchString: text }, TIMEOUTS.contactSearch);
      if (Array.isArray(data)) contacts = data;
    } catch (error) {
      this.#runtime.warn("search failed", error);
    }
    // A failure is cached as "nobody" too.
    this.#cache.set(text, { at: this.#runtime.now(), contacts });
    return contacts;
  }
}

/**
 * The widget filters the answer once more, by name and number only, so hits on company or e-mail are
 * lost here; one row a number. Throws where a number has no phoneType.
 */
export function rowsFor(contacts, text) {
  const wanted = text.toLowerCase();
  const rows = [];
  for (const contact of contacts) {
    const name = [contact.firstName, contact.lastName, contact.name].filter(Boolean).join(" ");
    for (const { phoneNumber, phoneType } of contact.phoneNumbers ?? []) {
      const kind = phoneType.toString();
      if (!name.toLowerCase().includes(wanted) && !phoneNumber.includes(text)) continue;
      rows.push({
        id: `${contact.id}${phoneNumber}`,
        name: contact.name ?? name,
        type: contact.type,
        phoneNumber,
        phoneType: kind,
        entityType: contact.type,
        contactId: contact.id,
      });
    }
  }
  return rows;
}
