/**
 * Answers for when the daemon has none. For matchers these are the last known results: an empty answer,
 * like no answer at all, makes the widget store "no match" over the match it had (protocol 1.3).
 *
 * Kept in memory only: who called whom must not stay behind in browser storage.
 */

/** @typedef {import("./internal.d.ts").PathEntry} PathEntry */

const MOST_KEYS = 5_000;

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function fields(value) {
  return value !== null && typeof value === "object" ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @param {PathEntry} entry
 * @param {unknown} body
 * @returns {string[]} what a matcher request asks for
 */
function askedKeys(entry, body) {
  if (entry.fallback?.kind !== "last-known") return [];
  const asked = entry.fallback.keys.flatMap((key) => {
    const list = fields(body)[key];
    return Array.isArray(list) ? list : [];
  });
  return asked.filter((key) => typeof key === "string" || typeof key === "number").map(String);
}

/** @param {number} [most] entries kept; the ones unused for longest go first */
export function createLastKnown(most = MOST_KEYS) {
  /**
   * The value, or null where the daemon said there is none: that is knowledge too.
   *
   * @type {Map<string, {value: unknown} | null>}
   */
  const known = new Map();
  /**
   * @param {string} path
   * @param {string} key
   */
  const slot = (path, key) => `${path}\n${key}`;

  /**
   * @param {string} path
   * @param {string} key
   */
  function recall(path, key) {
    const name = slot(path, key);
    const entry = known.get(name);
    if (entry !== undefined) {
      known.delete(name);
      known.set(name, entry);
    }
    return entry;
  }

  return {
    /**
     * @param {string} path
     * @param {PathEntry} entry
     * @param {unknown} body what was asked
     * @param {unknown} response what the daemon answered
     */
    remember(path, entry, body, response) {
      const data = fields(response).data;
      if (data === null || typeof data !== "object") return;
      for (const key of askedKeys(entry, body)) {
        const name = slot(path, key);
        known.delete(name);
        known.set(name, Object.hasOwn(data, key) ? { value: fields(data)[key] } : null);
      }
      for (const oldest of known.keys()) {
        if (known.size <= most) break;
        known.delete(oldest);
      }
    },

    /**
     * @param {string} path
     * @param {PathEntry} entry
     * @param {unknown} body
     * @param {Set<string>} [waiting] keys of which something else is known
     * @returns {boolean} whether the fallback answers every asked key
     */
    complete(path, entry, body, waiting) {
      return askedKeys(entry, body).every((key) => known.has(slot(path, key)) || waiting?.has(key));
    },

    /**
     * @param {string} path
     * @param {PathEntry} entry
     * @param {unknown} body
     * @returns {unknown} the response to post
     */
    answer(path, entry, body) {
      if (entry.fallback?.kind === "answer") return entry.fallback.response;
      if (entry.fallback?.kind !== "last-known") return null;
      /** @type {Array<[string, unknown]>} */
      const found = [];
      for (const key of askedKeys(entry, body)) {
        const entry = recall(path, key);
        if (entry) found.push([key, entry.value]);
      }
      return { data: Object.fromEntries(found) };
    },

    /** Forgets everything: another operator has signed in. */
    clear: () => known.clear(),
    get size() {
      return known.size;
    },
  };
}
