/**
 * One tab of many holds the event stream and brings kept logs to the daemon: browsers allow few connections to one server, and each stream
 * costs the daemon one. The tab that holds the lock leads until it is closed, hidden or not; the browser
 * then gives the lock to the next. The leader hands what it hears to the others over a channel.
 */

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {string} parts.name one for each daemon and operator
 * @param {AbortSignal} parts.signal
 * @param {(alone: boolean) => void} parts.lead called when this tab becomes the leader; alone: the lock makes
 *   sure that it is the only one
 * @param {(message: any) => void} parts.onMessage from another tab
 */
export function joinTabs({ env, name, signal, lead, onMessage }) {
  const channel = env.locks === null ? null : openChannel(env, name);
  if (env.locks === null || channel === null) {
    lead(false);
  } else {
    channel.addEventListener("message", (event) => onMessage(event.data));
    const held = () => {
      lead(true);
      return new Promise((release) => signal.addEventListener("abort", release));
    };
    env.locks.request(name, { signal }, held).catch(() => {
      // Refused, as in a sandboxed frame: this tab then listens for itself.
      if (!signal.aborted) lead(false);
    });
    signal.addEventListener("abort", () => channel.close());
  }
  return {
    /** Whether other tabs can be reached. */
    linked: channel !== null,
    /** @param {unknown} message to every other tab */
    tell(message) {
      if (channel !== null && !signal.aborted) channel.postMessage(message);
    },
  };
}

/**
 * @param {import("./internal.d.ts").Environment} env
 * @param {string} name
 */
function openChannel(env, name) {
  try {
    return env.BroadcastChannel === null ? null : new env.BroadcastChannel(name);
  } catch {
    return null;
  }
}
