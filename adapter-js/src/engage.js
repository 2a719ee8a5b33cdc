/**
 * Engage Messaging on a page of the company's own site: the visitor's signed identity and its renewal, the
 * page's variables, embedding, page changes. An entry of its own, since a shop page has no phone.
 */

import { createClock } from "./clock.js";
import { createEmitter } from "./emitter.js";
import { createIdentity } from "./engage-identity.js";
import { createChatPage } from "./engage-page.js";
import { identityFrom } from "./engage-token.js";
import { browserEnvironment } from "./environment.js";

/** @typedef {import("./engage-token.js").Identity} Identity */
/** @typedef {import("./types.d.ts").Engage} Engage */
/** @typedef {import("./types.d.ts").EngageState} EngageState */

const STATES = /** @type {const} */ (["renewed", "renew_failed", "expired", "uuid_change_refused"]);

/**
 * @param {import("./internal.d.ts").Environment} env
 * @returns {Engage}
 */
export function createEngage(env) {
  const clock = createClock(env);
  const chat = createChatPage({ env });
  const states = createEmitter({ of: "engage", names: STATES, console: env.console });
  /** @type {ReturnType<typeof createIdentity> | null} */
  let identity = null;
  /** @type {EngageState | null} */
  let state = null;

  /**
   * @param {EngageState} next
   * @param {any} detail
   */
  function tell(next, detail) {
    state = next;
    const heard = states.emit(next, next === "uuid_change_refused" ? asked(detail) : { state: next, ...detail });
    if (!heard && next !== "renewed") {
      env.console.warn(`trunkline: engage: ${next}`, detail.message ?? "", detail.fix ?? "");
    }
  }

  /** @param {{was: string, offered: Identity, renewUrl?: string}} change the page's consent is asked by */
  function asked({ was, offered, renewUrl = identity?.renewUrl ?? "" }) {
    return {
      state: "uuid_change_refused",
      was,
      offered: offered.uuid,
      accept: () => begin(renewUrl, offered),
    };
  }

  /**
   * @param {string} renewUrl
   * @param {Identity} initial
   */
  function begin(renewUrl, initial) {
    identity?.forget();
    state = "identified";
    identity = createIdentity({ env, clock, renewUrl, initial, push: (token) => chat.push(["_setSignedIdentity", token]), tell });
  }

  return {
    identify({ renewUrl, initial }) {
      const url = addressOf(renewUrl, env.document.baseURI);
      const given = identityFrom(initial, "engage.identify(): `initial`");
      if (identity === null || identity.ended) return begin(url, given);
      if (identity.uuid !== given.uuid) return tell("uuid_change_refused", { was: identity.uuid, offered: given, renewUrl: url });
      identity.refresh(given);
    },
    setVariables: chat.setVariables,
    embed: chat.embed,
    on: (/** @type {string} */ event, /** @type {(detail: any) => void} */ listener) => (STATES.some((name) => name === event) ? states.on(event, listener) : chat.on(event, listener)),
    pageChange() {
      chat.pageChange();
      identity?.check();
    },
    stop() {
      identity?.forget();
      identity = null;
      state = null;
    },
    get state() {
      return state;
    },
  };
}

/**
 * @param {unknown} value
 * @param {string} base
 */
function addressOf(value, base) {
  try {
    const url = new URL(/** @type {string} */ (value), base);
    if (typeof value === "string" && value !== "" && /^https?:$/.test(url.protocol)) return url.href;
  } catch {
    // Told below.
  }
  throw new TypeError("engage.identify(): `renewUrl` is the daemon's address for renewals, such as https://trunkline.example/v1/engage/sites/shop/identities/renew");
}

/** @type {Engage | null} made at the first use, so that a server may import this module */
let made = null;
const ofThisPage = () => (made ??= createEngage(browserEnvironment()));

/** @type {Engage} */
export const engage = {
  identify: (options) => ofThisPage().identify(options),
  setVariables: (variables) => ofThisPage().setVariables(variables),
  embed: (nodeId) => ofThisPage().embed(nodeId),
  on: (/** @type {string} */ event, /** @type {(detail: any) => void} */ listener) => ofThisPage().on(event, listener),
  pageChange: () => ofThisPage().pageChange(),
  stop: () => ofThisPage().stop(),
  get state() {
    return ofThisPage().state;
  },
};
