/**
 * HTTP to the daemon: the bearer header, time limits, and one repeat with a new token after a 401.
 * Knows nothing of the widget.
 */

import { createKeepalive } from "./keepalive.js";
import { failureOf, noToken, timedOut, unreachable, unusable } from "./problem.js";
import { TokenError } from "./tokens.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/**
 * @template T
 * @typedef {import("./internal.d.ts").Outcome<T>} Outcome
 */

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {string} parts.base with a slash at the end
 * @param {ReturnType<typeof import("./tokens.js").createTokens>} parts.tokens
 * @param {AbortSignal} parts.signal ends every request
 * @param {(failure: Failure | null) => void} parts.onHealth told after each request: null when it went well
 */
export function createDaemon({ env, clock, base, tokens, signal, onHealth }) {
  const keepalive = createKeepalive();

  /**
   * @typedef {object} Terms
   * @property {boolean} [outlive] the request may end after the page
   * @property {(token: string | null) => Promise<Failure | null>} [admit] null: this token may carry it
   */

  /**
   * @param {string} path
   * @param {string | null} body JSON to post; null: a GET
   * @param {string | null} token
   * @param {AbortSignal} abort
   * @param {boolean} outlive
   */
  function fetchOnce(path, body, token, abort, outlive) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    if (body !== null) headers["Content-Type"] = "application/json";
    return env.fetch(base + path, {
      method: body === null ? "GET" : "POST",
      body,
      headers,
      // The bearer token is the only credential; a redirect could carry it and the body elsewhere.
      credentials: "omit",
      redirect: "error",
      cache: "no-store",
      signal: abort,
      ...(outlive && { keepalive: true }),
    });
  }

  /**
   * @param {string} path
   * @param {string | null} body
   * @param {AbortSignal} abort
   * @param {Terms} terms
   * @returns {Promise<Outcome<Response>>}
   */
  async function authorized(path, body, abort, { outlive = false, admit }) {
    let token = await tokens.current();
    let barred = await admit?.(token);
    if (barred) return { ok: false, failure: barred };
    let response = await fetchOnce(path, body, token, abort, outlive);
    if (response.status === 401 && tokens.renewable) {
      const { code } = await failureOf(response);
      token = await tokens.renew(token, code);
      barred = await admit?.(token);
      if (barred) return { ok: false, failure: barred };
      response = await fetchOnce(path, body, token, abort, outlive);
    }
    return response.ok ? { ok: true, value: response, token } : { ok: false, failure: await failureOf(response) };
  }

  /**
   * @template T
   * @param {string} path
   * @param {string | null} body
   * @param {number} limit milliseconds, for all of it: token, repeat, reading
   * @param {(response: Response, release: () => void) => Promise<Outcome<T>>} read `release` lifts the limit
   * @param {Terms} [terms]
   * @returns {Promise<Outcome<T>>} `token`: the one it was done with
   */
  async function request(path, body, limit, read, terms = {}) {
    const freeRoom = terms.outlive && body !== null ? keepalive.take(body) : null;
    const abort = new AbortController();
    const end = () => abort.abort();
    let late = false;
    /** @type {(outcome: Outcome<T>) => void} */
    let giveUp = () => {};
    // Raced as well as aborted: the wait for the page's token does not hear the signal.
    const given = /** @type {Promise<Outcome<T>>} */ (new Promise((resolve) => (giveUp = resolve)));
    const cancel = clock.after(limit, () => {
      late = true;
      end();
      giveUp({ ok: false, failure: timedOut() });
    });
    signal.addEventListener("abort", end);
    const attempt = async () => {
      try {
        const answer = await authorized(path, body, abort.signal, { ...terms, outlive: freeRoom !== null });
        return answer.ok ? { ...(await read(answer.value, cancel)), token: answer.token ?? null } : answer;
      } catch (error) {
        /** @type {Failure} */
        let failure = unreachable(whyUnreachable(env, base));
        if (error instanceof TokenError) failure = noToken(error);
        else if (late) failure = timedOut();
        return { ok: /** @type {const} */ (false), failure };
      }
    };
    const outcome = await Promise.race([attempt(), given]);
    cancel();
    freeRoom?.();
    signal.removeEventListener("abort", end);
    if (!signal.aborted) onHealth(outcome.ok ? null : outcome.failure);
    return outcome;
  }

  /**
   * @param {Response} response
   * @returns {Promise<Outcome<any>>}
   */
  async function readJson(response) {
    const requestId = response.headers.get("x-request-id");
    const body = await response.text();
    try {
      return { ok: true, value: JSON.parse(body) };
    } catch {
      return { ok: false, failure: unusable("Trunkline's answer is not JSON.", requestId) };
    }
  }

  return {
    /**
     * @param {string} path below the base address, without a slash before it
     * @param {number} limit
     * @returns {Promise<Outcome<any>>}
     */
    get: (path, limit) => request(path, null, limit, readJson),
    /**
     * @param {string} path
     * @param {string} body JSON
     * @param {number} limit
     * @param {Terms} [terms]
     * @returns {Promise<Outcome<any>>}
     */
    post: (path, body, limit, terms) => request(path, body, limit, readJson, terms),
    /**
     * Opens a stream: `limit` holds until the headers have come; `read` runs for as long as it lasts.
     *
     * @param {string} path
     * @param {number} limit
     * @param {(response: Response) => Promise<void>} read
     * @returns {Promise<Outcome<null>>}
     */
    stream: (path, limit, read) =>
      request(path, null, limit, async (response, release) => {
        release();
        onHealth(null);
        await read(response);
        return { ok: true, value: null };
      }),
  };
}

/**
 * The browser tells a script nothing about why a request failed; the one cause that can be known here
 * is named.
 *
 * @param {import("./internal.d.ts").Environment} env
 * @param {string} base
 */
function whyUnreachable(env, base) {
  const { protocol, hostname, origin } = new URL(base);
  const loopback = hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
  if (env.window.location?.protocol === "https:" && protocol === "http:" && !loopback) {
    return `browsers do not let an https page use ${origin}; the daemon needs https`;
  }
  return `no answer from ${origin}`;
}
