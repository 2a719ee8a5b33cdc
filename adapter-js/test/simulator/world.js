import { Phone } from "../../simulator/core/phone.js";
import { FakeTime, settle } from "../support/time.js";

/** The operator of the vectors. */
export const OWN = { number: "+16505550100", extension: "101", name: "Dana Desk" };

/** A simulated widget with a still clock, repeatable chance, and a host that answers when told to. */
export class World {
  time = new FakeTime();
  /** Everything the widget posted. @type {any[]} */
  posted = [];
  warnings = [];
  /** Automatic answers by path: a value or a function of the body. undefined: no answer. @type {Map<string, any>} */
  routes = new Map();
  #seed = 1;

  constructor({ locale = "en-US", timeZone = "UTC", ...more } = {}) {
    const runtime = {
      post: (message) => this.#post(structuredClone(message)),
      now: () => this.time.now,
      setTimeout: this.time.setTimeout,
      clearTimeout: this.time.clearTimeout,
      random: () => {
        this.#seed = (this.#seed * 48_271) % 2_147_483_647;
        return this.#seed / 2_147_483_647;
      },
      locale,
      timeZone,
      warn: (text, detail) => this.warnings.push([text, detail]),
    };
    this.phone = new Phone({ runtime, own: OWN, ...more });
  }

  #post(message) {
    this.posted.push(message);
    if (message.type !== "rc-post-message-request" || !this.routes.has(message.path)) return;
    const route = this.routes.get(message.path);
    const response = typeof route === "function" ? route(message.body) : route;
    if (response !== undefined) this.answer(message, response);
  }

  answer(request, response) {
    this.phone.receive({ type: "rc-post-message-response", responseId: request.requestId, response });
  }

  register(service) {
    this.phone.receive({ type: "rc-adapter-register-third-party-service", service });
  }

  get requests() {
    return this.posted.filter((message) => message.type === "rc-post-message-request");
  }

  asked(path) {
    return this.requests.filter((request) => request.path === path);
  }

  /** The requests since the last call, with bodies as JSON would carry them. */
  fresh() {
    const fresh = this.requests.slice(this.#taken);
    this.#taken = this.requests.length;
    return fresh.map((request) => JSON.parse(JSON.stringify(request)));
  }
  #taken = 0;

  /** Answers the open request on a path, which must be the last one made there. */
  async reply(path, response) {
    this.answer(this.asked(path).at(-1), response);
    await settle();
  }
}

/** "path" or "path:keys", as vector 34 writes requests. */
export function short({ path, body }) {
  const keys = body?.phoneNumbers ?? body?.sessionIds ?? body?.conversationLogIds;
  return keys ? `${path}:${keys.length}` : path;
}

export const ALL_PATHS = {
  name: "AcmeDesk",
  contactsPath: "/contacts",
  contactSearchPath: "/contacts/search",
  contactMatchPath: "/contacts/match",
  callLoggerPath: "/callLogger",
  callLogEntityMatcherPath: "/callLogger/match",
  messageLoggerPath: "/messageLogger",
  messageLogEntityMatcherPath: "/messageLogger/match",
};

/** A call log of `count` calls, each from a number of its own, for a phone that kept them. */
export function manyCalls(count) {
  const calls = Array.from({ length: count }, (_, index) => ({
    id: `L${index}`,
    sessionId: `3182204570${index + 10}`,
    telephonySessionId: `s-${index}`,
    direction: "Inbound",
    action: "Phone Call",
    from: { phoneNumber: `+165055502${String(index).padStart(2, "0")}` },
    to: { phoneNumber: OWN.number },
    fromName: "",
    toName: OWN.name,
    startTime: 1_767_200_000_000 + index,
    duration: 10,
    transferredFrom: null,
  }));
  return { calls, messages: [], autoLog: { call: false, message: false } };
}

export { settle };
