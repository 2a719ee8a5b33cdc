/**
 * Which logs were lost, and why: the matchers show it on them as long as the page lives. Kept in memory
 * only: who called whom must not stay behind in browser storage.
 */

/** @typedef {{path: string, mark: string, machine: number, words: string}} Lost */

const MOST = 500;

/** @param {number} [most] the oldest go first */
export function createLostMarks(most = MOST) {
  /** @type {Map<string, Lost>} */
  const lost = new Map();
  const name = (/** @type {{path: string, mark: string}} */ { path, mark }) => `${path}\n${mark}`;

  return {
    /** @param {Lost} one */
    add(one) {
      lost.delete(name(one));
      lost.set(name(one), one);
      for (const oldest of lost.keys()) {
        if (lost.size <= most) break;
        lost.delete(oldest);
      }
    },
    /**
     * Another post of the same thing is with the daemon. What a machine observes does not bring back what
     * a person wrote.
     *
     * @param {{path: string, mark: string, machine: number}} saved
     */
    saved(saved) {
      if (saved.machine === 0 || lost.get(name(saved))?.machine !== 0) lost.delete(name(saved));
    },
    /**
     * @param {string} path
     * @returns {Map<string, string>} why, by the marks of its lost posts
     */
    of(path) {
      return new Map([...lost.values()].filter((one) => one.path === path).map(({ mark, words }) => [mark, words]));
    },
    /** Forgets everything: another operator is at work. */
    clear: () => lost.clear(),
  };
}
