/**
 * What the daemon says of the service: the registration, the table of paths and who the operator is.
 * Fetched at the start until it is there, and again whenever it may have changed.
 */

import { backoff } from "./backoff.js";
import { afterCommand } from "./registration.js";

/** @typedef {import("./internal.d.ts").Manifest} Manifest */

const LIMIT = 10_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {ReturnType<typeof import("./daemon.js").createDaemon>} parts.daemon
 * @param {(failure: import("./internal.d.ts").Failure) => void} parts.onFailure
 * @param {(manifest: Manifest) => void} parts.onArrive
 */
export function createManifest({ env, clock, daemon, onFailure, onArrive }) {
  /** @type {Manifest | null} */
  let current = null;
  let fetchedAt = -Infinity;
  /** @type {string | null | undefined} the token it was fetched with: whose it is, is written in it */
  let fetchedWith;
  /** @type {Promise<boolean> | null} */
  let running = null;

  async function fetchOnce() {
    const outcome = await daemon.get("embeddable/service", LIMIT);
    if (!outcome.ok) {
      onFailure(outcome.failure);
      return false;
    }
    const manifest = usable(outcome.value);
    if (manifest === null) {
      env.console.error("trunkline: the daemon's service description cannot be used; is its version another than the adapter's?");
      return false;
    }
    current = manifest;
    fetchedAt = clock.now();
    fetchedWith = outcome.token;
    onArrive(manifest);
    return true;
  }

  const self = {
    get current() {
      return current;
    },
    /** @returns {string | null} the operator's id */
    get operator() {
      return current === null ? null : String(current.operator?.id ?? "");
    },
    /** @param {string | null} token */
    isFor: (token) => current !== null && fetchedWith === token,
    /** Milliseconds since it was fetched. */
    age: () => clock.now() - fetchedAt,
    /** @returns {Promise<boolean>} whether it is fresh now; one request serves all callers */
    refresh() {
      running ??= fetchOnce().finally(() => {
        running = null;
      });
      return running;
    },
    /** Asks until there is an answer. */
    async start() {
      for (let attempt = 0; !(await self.refresh()); attempt++) {
        await new Promise((resolve) => clock.after(backoff(attempt, env.random), () => resolve(undefined)));
      }
    },
    /**
     * Keeps what a command changed in the widget, so that the next registration does not undo it.
     *
     * @param {import("./internal.d.ts").Command} command
     */
    remember(command) {
      if (current === null) return;
      const service = afterCommand(current.service, command);
      if (service !== current.service) current = { ...current, service };
    },
  };
  return self;
}

/**
 * @param {any} value
 * @returns {Manifest | null}
 */
function usable(value) {
  const name = value?.service?.name;
  if (typeof name !== "string" || name === "") return null;
  if (value.paths === null || typeof value.paths !== "object") return null;
  return value;
}
