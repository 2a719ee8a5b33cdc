/**
 * What the chat's server does with a visitor's identity, by the vendor's two guides: the rules of a signed
 * token, and what each mode makes of it. An independent reading of them: nothing of Trunkline's is used.
 */

/** Clocks may differ so much, for the expiry. */
const LEEWAY = 10;
/** A token must live so much longer when it is given. */
const FLOOR = 3_600;
const ALGORITHMS = { HS256: { name: "HMAC", hash: "SHA-256" }, RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } };

/**
 * @param {unknown} token
 * @param {{kid: string, alg: "HS256" | "RS256", secret?: string, jwk?: JsonWebKey}[]} keys of the community
 * @param {number} now milliseconds
 * @returns {Promise<{reasons: string[], claims: Record<string, any> | null}>} no reasons: it is good
 */
export async function judge(token, keys, now) {
  const parts = typeof token === "string" ? token.split(".") : [];
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part))) return { reasons: ["token_malformed"], claims: null };
  const [header, claims] = parts.slice(0, 2).map(read);
  if (!header || !claims) return { reasons: [header ? "token_malformed" : "header_not_json"], claims: null };
  const key = keys.find(({ kid }) => kid === header.kid);
  const reasons = [...wrongHeader(header, key), ...wrongClaims(claims, now / 1000)];
  if (key && key.alg === header.alg && !(await signed(parts, key))) reasons.push("signature_invalid");
  return { reasons, claims };
}

function wrongHeader({ typ, alg, kid }, key) {
  const reasons = [];
  if (typ !== "JWT") reasons.push("typ_missing");
  if (alg === undefined) reasons.push("alg_missing");
  else if (!Object.hasOwn(ALGORITHMS, alg)) reasons.push("alg_unsupported");
  if (kid === undefined) reasons.push("kid_missing");
  else if (!/^[a-z0-9_]+$/.test(kid)) reasons.push("kid_charset");
  else if (!key) reasons.push("kid_unknown");
  else if (Object.hasOwn(ALGORITHMS, alg ?? "") && key.alg !== alg) reasons.push("alg_key_mismatch");
  return reasons;
}

function wrongClaims({ exp, uuid }, now) {
  const reasons = [];
  if (exp === undefined) reasons.push("exp_missing");
  else if (!Number.isInteger(exp)) reasons.push("exp_not_integer");
  else if (exp + LEEWAY < now) reasons.push("exp_past");
  else if (exp - now < FLOOR) reasons.push("exp_too_soon");
  if (uuid === undefined || uuid === null) reasons.push("uuid_missing");
  else if (typeof uuid !== "string") reasons.push("uuid_not_string");
  else if (uuid.trim() === "") reasons.push("uuid_blank");
  return reasons;
}

async function signed([header, claims, signature], { alg, secret, jwk }) {
  const algorithm = ALGORITHMS[alg];
  const encoder = new TextEncoder();
  const key = jwk
    ? await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"])
    : await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, key, bytes(signature), encoder.encode(`${header}.${claims}`));
}

function read(part) {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes(part)));
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function bytes(part) {
  return Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

/**
 * What a mode makes of what the page gave.
 *
 * @param {"accept" | "reject" | "require"} mode
 * @param {"none" | "unsigned" | "valid" | "invalid"} given
 * @returns {{opens: boolean, identity: "anonymous" | "unverified" | "verified" | null, words: string}}
 */
export function decide(mode, given) {
  const anonymous = (words) => ({ opens: true, identity: /** @type {const} */ ("anonymous"), words });
  const closed = (words) => ({ opens: false, identity: null, words });
  const unverified = { opens: true, identity: /** @type {const} */ ("unverified"), words: "The page said who this is; nothing proves it." };
  const verified = { opens: true, identity: /** @type {const} */ ("verified"), words: "The signature proves who this is." };
  const table = {
    accept: { none: anonymous("No identity was given."), unsigned: unverified, valid: verified, invalid: anonymous("The token was dropped.") },
    reject: { none: anonymous("No identity was given."), unsigned: unverified, valid: anonymous("This community takes no signed identities."), invalid: anonymous("This community takes no signed identities.") },
    require: { none: closed("A signed identity is required."), unsigned: closed("An identity without a signature is not taken."), valid: verified, invalid: closed("The token was dropped, and a signed identity is required.") },
  };
  return table[mode][given];
}
