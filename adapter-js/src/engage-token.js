/**
 * What a mint or a renewal gives, looked through before it is used. The token is read and not verified:
 * only Engage can say whether it is good. What it says of itself must be what was said beside it.
 */

/**
 * @typedef {object} Identity
 * @property {string} token
 * @property {number} exp Unix seconds
 * @property {number} renewAt Unix seconds
 * @property {string} uuid
 * @property {string} renewGrant
 */

/**
 * @param {any} value
 * @param {string} what for the words of an error
 * @returns {Identity}
 */
export function identityFrom(value, what) {
  const wrong = (/** @type {string} */ words) => new TypeError(`${what} ${words}`);
  if (value === null || typeof value !== "object") throw wrong("is not the answer of a mint: {token, exp, renewAt, uuid, renewGrant}");
  const { token, exp, renewAt, uuid, renewGrant } = value;
  if (typeof token !== "string" || token === "") throw wrong("has no token");
  if (!Number.isInteger(exp)) throw wrong("has no exp in whole Unix seconds");
  if (exp > 100_000_000_000) throw wrong("has an exp in milliseconds; it is in seconds");
  if (!Number.isInteger(renewAt) || renewAt >= exp) throw wrong("has no renewAt in Unix seconds before its exp");
  if (typeof uuid !== "string" || uuid.trim() === "") throw wrong("has no uuid");
  if (typeof renewGrant !== "string" || renewGrant === "") throw wrong("has no renewGrant");
  const claims = claimsOf(token);
  if (claims === null) throw wrong("has a token that is not a JSON Web Token");
  if (claims.uuid !== uuid) throw wrong("has a token of another uuid than it says");
  if (claims.exp !== exp) throw wrong("has a token with another exp than it says");
  return { token, exp, renewAt, uuid, renewGrant };
}

/**
 * @param {string} token
 * @returns {Record<string, unknown> | null} null: it is none
 */
export function claimsOf(token) {
  const parts = token.split(".");
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part))) return null;
  try {
    const binary = atob(/** @type {string} */ (parts[1]).replaceAll("-", "+").replaceAll("_", "/"));
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (sign) => sign.charCodeAt(0))));
    return claims !== null && typeof claims === "object" && !Array.isArray(claims) ? claims : null;
  } catch {
    return null;
  }
}
