/**
 * Bodies as they may be written to the browser's disk: without RingCentral's access tokens, which stand
 * in the addresses of recordings and attachments, also percent-encoded inside another address, and
 * sometimes twice (protocol 4.4).
 */

/** An encoded separator ends the value only where the parameter itself was encoded that deep. */
const PLAIN = /([?&])access(?:_|%5f)token=[^&#\s"'<>]*(&?)/gi;
const ENCODED = /(%3f|%26)access(?:_|%5f)token(?:%3d|=)(?:(?!%26|%23)[^&#\s"'<>])*(%26)?/gi;
const TWICE = /(%253f|%2526)access(?:_|%255f|%5f)token(?:%253d|%3d|=)(?:(?!%2526|%2523|%26|%23)[^&#\s"'<>])*(%2526)?/gi;

/**
 * The separator before the parameter goes too, unless another parameter follows.
 *
 * @param {string} _found
 * @param {string} before
 * @param {string} [after]
 */
const joint = (_found, before, after) => (after ? before : "");

/** @param {string} text */
export function withoutToken(text) {
  if (!/access(_|%5f|%255f)token/i.test(text)) return text;
  return text.replace(TWICE, joint).replace(ENCODED, joint).replace(PLAIN, joint);
}

/** Fields that are a secret themselves, whatever they hold. */
const SECRET = /^(access|refresh|id)?_?token$|^authorization$/i;

/**
 * @param {unknown} body
 * @returns {string} JSON
 * @throws {TypeError} where it cannot be JSON
 */
export function tokenFree(body) {
  return JSON.stringify(body ?? null, (key, value) => {
    if (typeof value !== "string") return value;
    return SECRET.test(key) ? null : withoutToken(value);
  });
}
