/**
 * Whose a token is, which only the daemon can tell: nothing of one operator is sent with another's token.
 */

import { anothers, unreachable } from "./problem.js";

/**
 * @param {object} parts
 * @param {string} parts.base the daemon's address
 * @param {ReturnType<typeof import("./manifest.js").createManifest>} parts.manifest
 */
export function createWhose({ base, manifest }) {
  const ownerOf = (/** @type {string | null} */ operator) => `${base}\n${operator}`;
  return {
    ownerOf,
    /** The operator of now; null while the daemon has not said. */
    get owner() {
      return manifest.operator === null ? null : ownerOf(manifest.operator);
    },
    /**
     * @param {string | null} token
     * @param {string} owner
     * @returns {Promise<import("./internal.d.ts").Failure | null>} null: it may carry what is the owner's
     */
    async admit(token, owner) {
      // The question under way may have been asked with the token of before.
      for (let tries = 0; tries < 2 && !manifest.isFor(token); tries++) await manifest.refresh();
      if (!manifest.isFor(token)) return unreachable("it did not say whose token this is");
      return ownerOf(manifest.operator) === owner ? null : anothers();
    },
  };
}
