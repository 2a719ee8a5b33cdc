import { uuidFrom } from "./uuid.js";

/**
 * What the adapter takes from the browser, in one place, so that everything else runs against fakes.
 *
 * @returns {import("./internal.d.ts").Environment}
 */
export function browserEnvironment() {
  return {
    window: globalThis.window,
    document: globalThis.document,
    fetch: (input, init) => globalThis.fetch(input, init),
    setTimeout: (run, ms) => window.setTimeout(run, ms),
    clearTimeout: (id) => window.clearTimeout(id),
    now: () => Date.now(),
    random: () => Math.random(),
    // Web Locks exist in secure contexts only; an intranet page on plain http has none.
    locks: globalThis.navigator.locks ?? null,
    BroadcastChannel: globalThis.BroadcastChannel ?? null,
    MutationObserver: globalThis.MutationObserver,
    indexedDB: indexedDatabases(),
    localStorage: storage("localStorage"),
    sessionStorage: storage("sessionStorage"),
    newUuid: () => uuidFrom((bytes) => globalThis.crypto.getRandomValues(bytes)),
    console: globalThis.console,
  };
}

/** A frame without an origin may not even look whether there is one. */
function indexedDatabases() {
  try {
    return globalThis.indexedDB ?? null;
  } catch {
    return null;
  }
}

/**
 * Forbidden where the browser blocks what a site keeps.
 *
 * @param {"localStorage" | "sessionStorage"} name
 */
function storage(name) {
  try {
    return globalThis[name] ?? null;
  } catch {
    return null;
  }
}
