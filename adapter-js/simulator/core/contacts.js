import { TIMEOUTS } from "./timeouts.js";

const PHONE_TYPES = new Set([
  "business", "extension", "home", "mobile", "phone", "unknown", "company", "contact", "direct", "fax", "other",
]);

/** missing -> unknown, "mobilePhone" -> mobile, anything else unknown to the widget -> other (V05). */
export function phoneTypeOf(type) {
  if (!type) return "unknown";
  if (type === "mobilePhone") return "mobile";
  return PHONE_TYPES.has(type) ? type : "other";
}

function normalised(contact) {
  // A contact without the array is kept as it is, and breaks its details page (V09).
  if (!Array.isArray(contact.phoneNumbers)) return contact;
  const phoneNumbers = contact.phoneNumbers.map((entry) => ({ ...entry, phoneType: phoneTypeOf(entry.phoneType) }));
  return { ...contact, phoneNumbers };
}

/**
 * The synced contact list (protocol 3.1). List and token live in memory only: a reload starts anew.
 */
export class Contacts {
  #requests;
  #service;
  #warn;
  #changed;
  /** @type {Promise<void> | null} */
  #run = null;
  list = [];
  /** The token of page 1 of the last complete run, null before one. */
  syncTimestamp = null;

  constructor({ requests, service, warn, changed }) {
    this.#requests = requests;
    this.#service = service;
    this.#warn = warn;
    this.#changed = changed;
  }

  get syncing() {
    return this.#run !== null;
  }

  /** Hidden while unauthorized; once per source, so a second service name shows everyone twice. */
  get shown() {
    if (!this.#service.state.authorized) return [];
    return this.#service.sources.flatMap(() => this.list);
  }

  /**
   * One run at a time: a trigger during a run waits for that run and is then dropped.
   * @param {"manual" | "api"} [type] absent for registration and for opening the page
   */
  sync(type) {
    const { contactsPath, authorized } = this.#service.state;
    if (!contactsPath || !authorized) return Promise.resolve();
    if (this.#run) return this.#run;
    this.#run = this.#fetch(contactsPath, type)
      .catch((error) => this.#warn("contacts: run dropped, list and token unchanged", error))
      .finally(() => {
        this.#run = null;
        this.#changed();
      });
    this.#changed();
    return this.#run;
  }

  async #fetch(path, type) {
    const before = this.syncTimestamp;
    const received = [];
    let token;
    /** The cursor is echoed verbatim and may be any truthy value; there is no page limit. */
    let page = /** @type {any} */ (1);
    for (let first = true; page; first = false) {
      const body = { page, syncTimestamp: before, ...(type ? { type } : {}) };
      const response = await this.#requests.send(path, body, TIMEOUTS.contacts);
      const { data, nextPage, syncTimestamp } = response; // null throws: nothing changes
      if (first) token = syncTimestamp;
      // Page 1: counts as an empty list. Later: what came before is stored as if it were complete.
      if (!Array.isArray(data)) break;
      received.push(...data);
      page = nextPage;
    }
    this.#store(received, before, token);
  }

  #store(received, before, token) {
    if (before && token) {
      const renewed = new Set(received.map((contact) => contact.id));
      const kept = this.list.filter((contact) => !renewed.has(contact.id));
      const added = received.filter((contact) => !contact.deleted);
      this.list = [...kept, ...added.map(normalised)];
    } else {
      // A full replacement does not look at `deleted`: a tombstone here is shown (V09).
      this.list = received.map(normalised);
    }
    this.syncTimestamp = token || null;
  }
}
