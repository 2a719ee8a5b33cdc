/**
 * The operator's bearer token: asked of the page once, kept in memory, asked again when the daemon
 * refuses it. All requests share one question; a failed one is forgotten, so that the next request asks
 * anew.
 */

/** @typedef {import("./types.d.ts").TokenRequest} TokenRequest */

/** A page that never answers must not hold every later request. */
const PATIENCE = 15_000;
/** A page that fails is not asked again by each of a burst of requests. */
const COOL_DOWN = 1_000;
/** What RFC 6750 lets follow "Bearer ": a sign-in page in HTML is thereby never sent as a token. */
const B64TOKEN = /^[\w\-.~+/]+=*$/;

export class TokenError extends Error {}

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {((request: TokenRequest) => string | Promise<string>) | null} parts.getToken null: the daemon asks for none
 */
export function createTokens({ clock, getToken }) {
  /** @type {string | null} */
  let token = null;
  /** @type {Promise<string> | null} */
  let asking = null;
  /** @type {{error: TokenError, at: number} | null} */
  let failed = null;

  /** @param {TokenRequest} request */
  async function ask(request) {
    if (getToken === null) throw new TokenError("connect() was given no getToken");
    /** @type {() => void} */
    let cancel = () => {};
    const limit = new Promise((_, reject) => {
      cancel = clock.after(PATIENCE, () =>
        reject(new TokenError(`the page's getToken did not answer within ${PATIENCE / 1000} seconds`)),
      );
    });
    try {
      const answer = await Promise.race([getToken(request), limit]);
      if (typeof answer !== "string" || !B64TOKEN.test(answer.trim())) {
        throw new TokenError("the page's getToken gave no token");
      }
      return answer.trim();
    } finally {
      cancel();
    }
  }

  /** @param {TokenRequest} request */
  function shared(request) {
    if (asking !== null) return asking;
    if (failed !== null && clock.now() - failed.at < COOL_DOWN) return Promise.reject(failed.error);
    asking = ask(request).then(
      (fresh) => {
        asking = null;
        failed = null;
        token = fresh;
        return fresh;
      },
      (error) => {
        asking = null;
        token = null;
        const reason = error instanceof Error ? error.message : String(error);
        failed = { error: new TokenError(reason), at: clock.now() };
        throw failed.error;
      },
    );
    return asking;
  }

  return {
    /** @returns {Promise<string | null>} null when the daemon asks for none */
    async current() {
      if (getToken === null) return null;
      return token ?? shared({ reason: "initial" });
    },
    /**
     * @param {string | null} refused the token the daemon did not take
     * @param {string} reason the daemon's code
     * @returns {Promise<string>}
     */
    async renew(refused, reason) {
      // Another request that was refused with the same token may have renewed it already.
      if (token !== null && token !== refused) return token;
      return shared({ reason });
    },
    renewable: getToken !== null,
  };
}

/**
 * A getToken for `data-token-url`: an address of the page's own server that answers the signed-in
 * operator's token, as {"token": "..."} or as plain text.
 *
 * @param {import("./internal.d.ts").Environment} env
 * @param {string} url
 * @returns {() => Promise<string>}
 */
export function tokenFrom(env, url) {
  return async () => {
    const response = await env.fetch(url, {
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "application/json, text/plain" },
    });
    if (!response.ok) throw new TokenError(`its token address ${new URL(url).pathname} answered ${response.status}`);
    const body = await response.text();
    try {
      const parsed = JSON.parse(body);
      if (typeof parsed === "string") return parsed;
      if (typeof parsed?.token === "string") return parsed.token;
    } catch {
      return body;
    }
    throw new TokenError("its token address answered JSON without a token");
  };
}
