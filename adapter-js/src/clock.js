/**
 * Timers of one connection, so that ending it cancels all of them at once.
 *
 * @param {import("./internal.d.ts").Environment} env
 * @returns {import("./internal.d.ts").Clock}
 */
export function createClock(env) {
  /** @type {Set<number>} */
  const pending = new Set();
  let stopped = false;
  return {
    now: () => env.now(),
    after(ms, run) {
      if (stopped) return () => {};
      const id = env.setTimeout(() => {
        pending.delete(id);
        run();
      }, ms);
      pending.add(id);
      return () => {
        pending.delete(id);
        env.clearTimeout(id);
      };
    },
    stop() {
      stopped = true;
      for (const id of pending) env.clearTimeout(id);
      pending.clear();
    },
  };
}
