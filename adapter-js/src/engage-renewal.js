/** One question to the daemon: a grant for the next token. A grant is good once, whatever comes of it. */

import { identityFrom } from "./engage-token.js";
import { failureOf, timedOut, unreachable, unusable } from "./problem.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */

const LIMIT = 15_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {string} parts.renewUrl
 * @param {string} parts.grant
 * @returns {Promise<import("./internal.d.ts").Outcome<import("./engage-token.js").Identity>>}
 */
export async function renewal({ env, clock, renewUrl, grant }) {
  const abort = new AbortController();
  const cancel = clock.after(LIMIT, () => abort.abort());
  try {
    const response = await env.fetch(renewUrl, {
      method: "POST",
      body: JSON.stringify({ grant }),
      headers: { "Content-Type": "application/json" },
      // The grant is the only credential; a redirect could carry it elsewhere.
      credentials: "omit",
      redirect: "error",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: abort.signal,
    });
    if (!response.ok) return { ok: false, failure: await failureOf(response) };
    const requestId = response.headers.get("x-request-id");
    try {
      return { ok: true, value: identityFrom(await response.json(), "The renewal's answer") };
    } catch (error) {
      const why = error instanceof TypeError ? error.message : "The renewal's answer is not JSON";
      return { ok: false, failure: unusable(`${why}.`, requestId) };
    }
  } catch {
    return { ok: false, failure: abort.signal.aborted ? timedOut() : unreachable(`no answer from ${new URL(renewUrl).origin}`) };
  } finally {
    cancel();
  }
}

/** Said by the daemon itself, and as true the next time. @param {Failure} failure */
export function isFinal({ status, code }) {
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 429 && !code.startsWith("http_");
}
