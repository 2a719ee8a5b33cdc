import { Matcher } from "./matcher.js";
import { TIMEOUTS } from "./timeouts.js";

/** A refresh asks for the first keys on their own, the rest in a second request (protocol 2.4). */
const FIRST = 30;

/** @typedef {{numbers: () => string[], names: () => Record<string, string>, sessions: () => string[], active: () => string[], conversations: () => string[]}} Listed what the widget currently lists */

/** The widget's three matchers, and what a change of authorization makes them ask (protocol 2.4). */
export class Matching {
  #listed;

  /** @param {{requests: import("./requests.js").Requests, service: import("./service.js").Service, runtime: import("./runtime.js").Runtime, listed: Listed, changed: () => void}} parts */
  constructor({ requests, service, runtime, listed, changed }) {
    this.#listed = listed;
    const { state } = service;
    const common = { now: runtime.now, warn: runtime.warn, changed };
    const ask = (path, body) => requests.send(path, body, TIMEOUTS.match);
    const readyWith = (field) => () => state.authorized === true && !!state[field];
    this.contacts = new Matcher({
      ...common,
      ready: readyWith("contactMatchPath"),
      lives: () => ({
        reRequestAfter: state.contactNoMatchTtl ?? 300_000,
        deleteAfter: state.contactMatchTtl ?? 7_200_000,
      }),
      fetch: (phoneNumbers, extra) =>
        ask(state.contactMatchPath, { phoneNumbers, callerIds: this.#callerIds(phoneNumbers), ...extra }),
      adopt: (entity) => ({ ...entity, entityType: entity.entityType ?? entity.type }),
    });
    this.callLogs = new Matcher({
      ...common,
      ready: readyWith("callLogEntityMatcherPath"),
      lives: () => ({ reRequestAfter: 7_200_000, deleteAfter: 14_400_000 }),
      fetch: (sessionIds) => {
        const active = listed.active();
        return ask(state.callLogEntityMatcherPath, {
          sessionIds,
          activeSessionIds: sessionIds.filter((id) => active.includes(id)),
        });
      },
    });
    this.messageLogs = new Matcher({
      ...common,
      ready: readyWith("messageLogEntityMatcherPath"),
      lives: () => ({ reRequestAfter: 30_000, deleteAfter: 1_800_000 }),
      fetch: (conversationLogIds) => ask(state.messageLogEntityMatcherPath, { conversationLogIds }),
    });
  }

  #callerIds(numbers) {
    const names = this.#listed.names();
    return Object.fromEntries(numbers.filter((number) => names[number]).map((number) => [number, names[number]]));
  }

  /** The lists have grown, or the first authorization came: one request a matcher for all it lacks. */
  trigger() {
    this.contacts.match(this.#listed.numbers());
    this.callLogs.match(this.#listed.sessions());
    this.messageLogs.match(this.#listed.conversations());
  }

  /** A renewed authorization: contacts by age, both logs whatever the cache says, then the rest. */
  refresh() {
    this.#inTwo(this.contacts, this.#listed.numbers(), (keys) => this.contacts.match(keys));
    this.#inTwo(this.callLogs, this.#listed.sessions(), (keys) => this.callLogs.force(keys));
    this.#inTwo(this.messageLogs, this.#listed.conversations(), (keys) => this.messageLogs.force(keys));
  }

  #inTwo(matcher, keys, askFirst) {
    askFirst(keys.slice(0, FIRST)).then(() => matcher.match(keys));
  }

  /** After a contacts run of type "api" (protocol 5). */
  refreshContacts() {
    return this.contacts.match(this.#listed.numbers().slice(0, FIRST));
  }

  /** `rc-adapter-trigger-contact-match`: the cache is ignored, keys not listed now are dropped. */
  triggerContacts(numbers) {
    return this.contacts.force(listedOnly(numbers, this.#listed.numbers()));
  }

  /** `rc-adapter-trigger-call-logger-match`, as above. */
  triggerCallLogs(sessionIds) {
    return this.callLogs.force(listedOnly(sessionIds, this.#listed.sessions()));
  }

  /** "Refresh contact" in a list: one number, and the server is told that a person asked (V12). */
  refreshContact(number) {
    return this.contacts.force([number], { triggerFrom: "manual" });
  }
}

function listedOnly(asked, listed) {
  const known = new Set(listed);
  return Array.isArray(asked) ? asked.filter((key) => known.has(key)) : [];
}
