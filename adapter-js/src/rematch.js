/**
 * Makes the widgets of all tabs ask their matchers again for logs that wait no longer, many at once.
 */

/** @typedef {{path: string, mark: string}} Settled */

const GATHER = 1_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {(path: string) => import("./internal.d.ts").KeepFallback | null} parts.keepOf
 * @param {(message: import("./internal.d.ts").Command) => unknown} parts.send to this tab's widget
 * @param {(settled: Settled[]) => void} parts.tell the other tabs
 */
export function createRematch({ clock, keepOf, send, tell }) {
  /** @type {Settled[]} */
  let gathered = [];
  /** @type {(() => void) | null} */
  let due = null;

  /** @param {Settled[]} settled */
  function show(settled) {
    for (const path of new Set(settled.map(({ path }) => path))) {
      const rematch = keepOf(path)?.rematch;
      if (rematch === undefined) continue;
      const marks = new Set(settled.filter((one) => one.path === path).map(({ mark }) => mark));
      send({ type: rematch.type, [rematch.field]: [...marks] });
    }
  }

  return {
    /** @param {Settled[]} settled */
    add(settled) {
      gathered.push(...settled);
      due ??= clock.after(GATHER, () => {
        due = null;
        const all = gathered;
        gathered = [];
        tell(all);
        show(all);
      });
    },
    /** Told by another tab. */
    show,
  };
}
