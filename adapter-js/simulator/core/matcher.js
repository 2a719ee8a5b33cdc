/**
 * One of the three matchers: contacts by number, logs by session id, logs by conversation log id
 * (protocol 3.3, V11-V13, V24, V30). They share this code and differ in body and cache lives.
 */
export class Matcher {
  #fetch;
  #ready;
  #lives;
  #now;
  #warn;
  #changed;
  #adopt;
  /** @type {Map<string, {at: number, entities: any[]}>} */
  #cache = new Map();
  /** @type {Promise<void> | null} */
  #running = null;
  /** @type {{keys: Set<string>, done: Promise<void>} | null} */
  #queued = null;

  /**
   * @param {object} parts
   * @param {(keys: string[], extra: object) => Promise<any>} parts.fetch the request, its `response`
   * @param {() => boolean} parts.ready authorized, with a path
   * @param {() => {reRequestAfter: number, deleteAfter: number}} parts.lives milliseconds
   * @param {() => number} parts.now
   * @param {(text: string, detail?: unknown) => void} parts.warn
   * @param {() => void} parts.changed
   * @param {(entity: any) => any} [parts.adopt] completes an entity before it is stored
   */
  constructor({ fetch, ready, lives, now, warn, changed, adopt = (entity) => entity }) {
    this.#fetch = fetch;
    this.#ready = ready;
    this.#lives = lives;
    this.#now = now;
    this.#warn = warn;
    this.#changed = changed;
    this.#adopt = adopt;
  }

  /** @returns {any[]} what the widget believes now: an empty list is also "never asked" */
  entities(key) {
    return this.#ready() ? (this.#cache.get(key)?.entities ?? []) : [];
  }

  /** Asks for the new and stale ones of `keys`: one request runs, one more waits behind it. */
  match(keys) {
    if (!this.#running) return this.#start(keys);
    if (!this.#queued) {
      const waiting = new Set();
      const done = this.#running.then(() => {
        this.#queued = null;
        return this.#start([...waiting]);
      });
      this.#queued = { keys: waiting, done };
    }
    for (const key of keys) this.#queued.keys.add(key);
    return this.#queued.done;
  }

  /** A forced request ignores the cache and goes beside the queue. */
  force(keys, extra = {}) {
    return this.#ready() && keys.length > 0 ? this.#ask(keys, extra) : Promise.resolve();
  }

  #start(keys) {
    const stale = this.#ready() ? this.#stale(keys) : [];
    if (stale.length === 0) return Promise.resolve();
    const run = this.#ask(stale, {}); // never rejects
    this.#running = run;
    run.then(() => {
      this.#running = null;
    });
    return run;
  }

  #stale(keys) {
    const { reRequestAfter, deleteAfter } = this.#lives();
    const now = this.#now();
    for (const [key, { at }] of this.#cache) if (now - at > deleteAfter) this.#cache.delete(key);
    // Matched and unmatched alike: the "no match" life is the one that counts (protocol 2.2).
    return [...new Set(keys)].filter((key) => {
      const known = this.#cache.get(key);
      return !known || now - known.at > reRequestAfter;
    });
  }

  async #ask(keys, extra) {
    let data;
    try {
      data = (await this.#fetch(keys, extra)).data ?? {};
    } catch (error) {
      this.#warn("match failed: every asked key counts as no match now", error);
      data = {};
    }
    const at = this.#now();
    for (const key of keys) {
      // Whatever was known before is overwritten, also by a timeout (protocol 1.3, V13).
      const found = Array.isArray(data[key]) ? data[key] : [];
      this.#cache.set(key, { at, entities: found.map(this.#adopt) });
    }
    this.#changed();
  }
}
