/** Events as callbacks, where a handle of its own would be too much: a fixed list of names. */

/**
 * @param {object} parts
 * @param {string} parts.of for the words of an error
 * @param {readonly string[]} parts.names
 * @param {Pick<Console, "error">} parts.console
 */
export function createEmitter({ of, names, console }) {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  const listeners = new Map(names.map((name) => [name, new Set()]));
  return {
    /**
     * @param {string} name
     * @param {(detail: any) => void} listener
     * @returns {() => void} takes the listener away
     */
    on(name, listener) {
      const those = listeners.get(name);
      if (those === undefined) throw new TypeError(`${of}.on(): there is no event "${name}"; there are ${names.join(", ")}`);
      if (typeof listener !== "function") throw new TypeError(`${of}.on("${name}"): the second argument is a function`);
      those.add(listener);
      return () => void those.delete(listener);
    },
    /**
     * @param {string} name
     * @param {unknown} detail
     * @returns {boolean} whether anybody listened
     */
    emit(name, detail) {
      const those = [...(listeners.get(name) ?? [])];
      for (const listener of those) {
        try {
          listener(detail);
        } catch (error) {
          // A page's mistake must not keep the next listener, or the adapter, from its work.
          console.error(`trunkline: a listener of "${name}" failed:`, error);
        }
      }
      return those.length > 0;
    },
  };
}
