/**
 * The newest token of one visitor at one site, where all tabs of the browser see it. A grant is good once,
 * so a tab that another was ahead of must use what that one got; and a page from the browser's cache
 * brings a grant that was used long ago.
 */

import { identityFrom } from "./engage-token.js";

/** @typedef {import("./engage-token.js").Identity} Identity */

const PREFIX = "trunkline-engage";
/** What the other tabs hear of a visitor who signs out. What merely expired is taken away without a word. */
const SIGNED_OUT = "signed out";

/**
 * @param {object} parts
 * @param {Storage | null} parts.storage null: the browser lends none
 * @param {string} parts.renewUrl
 * @param {string} parts.uuid
 */
export function createShelf({ storage, renewUrl, uuid }) {
  const key = [PREFIX, renewUrl, uuid].join("\n");
  return {
    key,
    /** @returns {Identity | null} */
    read() {
      try {
        const text = storage?.getItem(key) ?? null;
        return text === null ? null : ofThisVisitor(JSON.parse(text));
      } catch {
        return null;
      }
    },
    /** @param {Identity} identity */
    write(identity) {
      try {
        storage?.setItem(key, JSON.stringify(identity));
      } catch {
        // Full, or forbidden: then each tab is for itself.
      }
    },
    forget() {
      try {
        storage?.setItem(key, SIGNED_OUT);
        storage?.removeItem(key);
      } catch {
        // As above: nothing was written either.
      }
    },
    /**
     * @param {string | null} text what another tab wrote
     * @returns {Identity | "signed-out" | null}
     */
    heard(text) {
      if (text === SIGNED_OUT) return "signed-out";
      try {
        return text === null ? null : ofThisVisitor(JSON.parse(text));
      } catch {
        return null;
      }
    },
  };

  /** @param {unknown} value */
  function ofThisVisitor(value) {
    const identity = identityFrom(value, "the browser's storage");
    return identity.uuid === uuid ? identity : null;
  }
}

/**
 * Takes away what has expired, whoever's it was.
 *
 * @param {Storage | null} storage
 * @param {number} now milliseconds
 */
export function clearExpired(storage, now) {
  try {
    const keys = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? "");
    for (const key of keys.filter((key) => key.startsWith(`${PREFIX}\n`))) {
      const exp = Number(JSON.parse(storage?.getItem(key) ?? "{}")?.exp);
      if (!(exp * 1000 > now)) storage?.removeItem(key);
    }
  } catch {
    // The storage is not ours alone; what cannot be read stays.
  }
}
