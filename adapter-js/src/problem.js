/**
 * Turns whatever went wrong between the adapter and the daemon into one shape, in words a person can
 * act on. The daemon answers errors as application/problem+json (RFC 9457) with a stable `code`.
 */

/** @typedef {import("./internal.d.ts").Failure} Failure */

/** The daemon has read it and will never take it. From a proxy these may be trouble of its own. */
const FINAL = new Set([400, 415, 422]);
const LONGEST_WAIT = 3_600_000;

/** No answer of the daemon's. */
const NO_STATUS = { final: false, status: null, retryAfter: null };

/** Longer texts do not fit the widget's alert. */
const MAX_TEXT = 400;

/**
 * @param {unknown} value
 * @returns {string | null}
 */
function text(value) {
  if (typeof value !== "string" || value.trim() === "") return null;
  return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT - 1)}…` : value;
}

/**
 * @param {Response} response
 * @returns {number | null} milliseconds
 */
function retryAfterOf(response) {
  const value = response.headers.get("retry-after");
  if (value === null) return null;
  const wait = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), LONGEST_WAIT);
}

/**
 * @param {Response} response with a status other than 200
 * @returns {Promise<Failure>}
 */
export async function failureOf(response) {
  /** @type {Record<string, unknown>} */
  let problem = {};
  try {
    const parsed = await response.json();
    if (parsed !== null && typeof parsed === "object") problem = parsed;
  } catch {
    // A proxy in between answers in HTML; the status has to do.
  }
  const code = text(problem.code);
  const requestId = response.headers.get("x-request-id");
  // 502 to 504 without a code of ours come from a proxy that finds no daemon behind it.
  if (code === null && response.status >= 502 && response.status <= 504) {
    return { ...unreachable(`a proxy answered ${response.status} in its place`), requestId, retryAfter: retryAfterOf(response) };
  }
  return {
    kind: response.status === 401 ? "unauthorized" : "refused",
    code: code ?? `http_${response.status}`,
    detail: text(problem.detail) ?? text(problem.title) ?? `Trunkline answered ${response.status}.`,
    fix: text(problem.fix),
    requestId,
    passing: response.status === 429 || response.status >= 500,
    // A body that one on the way finds too large gets no smaller.
    final: response.status === 413 || (code !== null && FINAL.has(response.status)),
    status: response.status,
    retryAfter: retryAfterOf(response),
  };
}

/**
 * @param {string} why what follows the colon
 * @returns {Failure}
 */
export function unreachable(why) {
  return {
    kind: "unreachable",
    code: "unreachable",
    detail: `Trunkline cannot be reached: ${why}.`,
    fix: "If it stays so, ask whoever runs Trunkline to check that the daemon is up and that its address may be used from this page.",
    requestId: null,
    passing: true,
    ...NO_STATUS,
  };
}

/** @returns {Failure} */
export function timedOut() {
  return { ...unreachable("it did not answer in time"), code: "timeout" };
}

/**
 * @param {string} detail
 * @param {string | null} [requestId]
 * @returns {Failure}
 */
export function unusable(detail, requestId = null) {
  return { kind: "unusable", code: "unusable", detail, fix: null, requestId, passing: false, ...NO_STATUS };
}

/**
 * @param {unknown} error what getToken threw
 * @returns {Failure}
 */
export function noToken(error) {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    kind: "unauthorized",
    code: "no_token",
    detail: text(`This page could not get a Trunkline token: ${reason}`) ?? "",
    fix: "Sign in to this page again, or reload it.",
    requestId: null,
    passing: false,
    ...NO_STATUS,
  };
}

/**
 * The token of now is not that of whoever wrote a post.
 *
 * @returns {Failure}
 */
export function anothers() {
  return {
    ...unusable("Another operator is signed in on this page now."),
    kind: "refused",
    code: "other_operator",
    fix: "It is sent when the operator who wrote it is signed in again in this browser.",
  };
}

/** @returns {Failure} */
export function noRoom() {
  return {
    ...unusable("Trunkline cannot be reached, and this browser has no room left to keep it."),
    code: "no_room",
    fix: "Write it down elsewhere until the service is back.",
  };
}
