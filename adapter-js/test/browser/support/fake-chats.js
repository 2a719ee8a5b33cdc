/** The daemon's routes of the workspace, for the fake daemon: what came, and answers that a test can change. */
export class FakeChats {
  /** Every batch as it came. @type {any[]} */
  batches = [];
  /** Events once each, by stream and number. @type {Map<string, any>} */
  kept = new Map();
  /** @type {any[]} */
  reports = [];
  contacts;
  #sessions = new Map();
  #bells = new Set();

  /** @param {{id: string, name: string}[]} contacts found by `providedVisitorId` */
  constructor(contacts) {
    this.contacts = contacts;
  }

  /** The events as they were meant, in their order. */
  get events() {
    return [...this.kept.values()].map((event) => (typeof event === "string" ? JSON.parse(event) : event));
  }

  /** @returns {{status: number, body: any} | null} null: not a path of these */
  answer(path, body) {
    const [, contact] = /^\/v1\/roxchat\/desk\/contacts\/([^/]+)\/outgoing$/.exec(path) ?? [];
    if (path === "/v1/roxchat/desk/events") return { status: 200, body: this.#take(body) };
    if (contact) return { status: 200, body: this.#sessions.has(contact) ? { enabled: true } : { enabled: false, reason: "no_session", words: "No session of this contact is known." } };
    if (path === "/v1/roxchat/desk/commands") return this.#command(body);
    if (/^\/v1\/roxchat\/desk\/commands\/cmd_\d+\/result$/.test(path)) {
      this.reports.push(body);
      return { status: 200, body: { status: body.status, words: `In words: ${body.code ?? body.status}` } };
    }
    return null;
  }

  #command({ contactId }) {
    const params = this.#sessions.get(contactId);
    if (!params) return { status: 409, body: { type: "about:blank", title: "x", status: 409, code: "no_session", detail: "No session of this contact is known." } };
    return { status: 200, body: { id: `cmd_${this.reports.length + 1}`, message: { action: "start_outgoing_chat", params }, timeoutMs: 10_000 } };
  }

  #take(body) {
    this.batches.push(body);
    return { results: body.events.map(({ seq, event }) => this.#one(`${body.stream} ${seq}`, seq, event)) };
  }

  #one(key, seq, raw) {
    const known = this.kept.has(key);
    this.kept.set(key, raw);
    const { event, params } = typeof raw === "string" ? JSON.parse(raw) : raw;
    const effects = [];
    const contact = this.contacts.find(({ id }) => id === params?.providedVisitorId);
    if (contact && params.sessionId) this.#sessions.set(contact.id, { roxchatVisitorId: params.roxchatVisitorId, sessionId: params.sessionId });
    if (event === "visitorSelected") effects.push({ screenPop: { status: contact ? "one" : "none", contacts: contact ? [{ ...contact, url: null }] : [], url: null } });
    if (event === "notificationAdded") effects.push({ badge: this.#bells.add(params.notification.id).size });
    if (event === "notificationRemoved") {
      this.#bells.delete(params.notification.id);
      effects.push({ badge: this.#bells.size });
    }
    return { seq, status: known ? "duplicate" : "stored", effects };
  }
}
