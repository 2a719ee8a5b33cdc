import { Activities } from "./activities.js";
import { Alerts } from "./alerts.js";
import { CallLine } from "./call-line.js";
import { CallLogger, remoteOf } from "./call-logger.js";
import { Calling } from "./calling.js";
import { ContactSearch } from "./contact-search.js";
import { Contacts } from "./contacts.js";
import { Conversations } from "./conversations.js";
import { CustomPages } from "./custom-pages.js";
import { HostMessages } from "./host-messages.js";
import { HostRequests } from "./host-requests.js";
import { LogForm } from "./log-form.js";
import { Logging } from "./logging.js";
import { Matching } from "./matching.js";
import { MessageLogger } from "./message-logger.js";
import { Navigation } from "./navigation.js";
import { Requests } from "./requests.js";
import { Service } from "./service.js";
import { ServiceActions } from "./service-actions.js";

/** What outlives a reload: in truth RingCentral's servers hold it, and the user's settings. */
const NOTHING_KEPT = { calls: [], messages: [], autoLog: { call: false, message: false } };

/** Until an ended call is in the call log: the real widget waits 5 s, then asks (V19). */
const HISTORY_DELAY = 5_000;

/**
 * The widget: all parts and their wiring, without a picture. Give it messages with `receive`; read its
 * parts to draw it; it says "draw again" through `changed`.
 */
export class Phone {
  #runtime;
  #hostMessages;
  #changed;

  /**
   * @param {object} parts
   * @param {import("./runtime.js").Runtime} parts.runtime
   * @param {{number: string, extension: string, name: string}} parts.own the signed-in operator
   * @param {() => void} [parts.changed]
   * @param {number} [parts.historyDelay]
   * @param {{calls: any[], messages: any[], autoLog: {call: boolean, message: boolean}}} [parts.kept]
   */
  constructor({ runtime, own, changed = () => {}, historyDelay = HISTORY_DELAY, kept = NOTHING_KEPT }) {
    this.#runtime = runtime;
    this.#changed = changed;
    this.own = own;
    const { warn } = runtime;
    const requests = new Requests(runtime);
    const service = new Service(warn);
    this.service = service;
    const listed = {
      numbers: () => this.numbers,
      names: () => this.callerNames,
      sessions: () => this.line.sessions,
      active: () => this.line.activeSessions,
      conversations: () => this.conversations.allItems.map((item) => item.conversationLogId),
    };
    const matching = new Matching({ requests, service, runtime, listed, changed });
    this.matching = matching;
    this.contacts = new Contacts({ requests, service, warn, changed });
    this.search = new ContactSearch({ requests, service, runtime, changed });
    this.callLogger = new CallLogger({ requests, service, matching, runtime });
    this.line = new CallLine({
      runtime,
      own,
      historyDelay,
      history: kept.calls,
      ringMatch: (number) => matching.contacts.force([number]),
      firstMatch: (number) => matching.contacts.entities(number)[0] ?? null,
      onStep: (step, call) => this.#onCallStep(step, call),
      changed,
    });
    this.conversations = new Conversations({
      runtime,
      own,
      messages: kept.messages,
      changed: () => {
        this.messageLogger.onMessage();
        matching.trigger();
        changed();
      },
    });
    this.messageLogger = new MessageLogger({ requests, service, matching, conversations: this.conversations, runtime });
    this.callLogger.autoLog = kept.autoLog.call;
    this.messageLogger.autoLog = kept.autoLog.message;
    this.form = new LogForm({ requests, service, changed });
    this.alerts = new Alerts({ runtime, changed });
    this.activities = new Activities({ requests, service, warn, changed });
    this.actions = new ServiceActions({ requests, service, runtime, changed });
    this.logging = new Logging(this, runtime, changed);
    this.calling = new Calling(this);
    this.customPages = new CustomPages({ requests, service, actions: this.actions, changed });
    this.navigation = new Navigation(this.logging, this.customPages, changed);
    const hostRequests = new HostRequests({ runtime, alerts: this.alerts, line: this.line, logger: this.callLogger, matching });
    this.#hostMessages = new HostMessages({ phone: this, requests, hostRequests, warn, changed });
  }

  /** The events of a widget load (protocol 2.1, V40): the login event is what hosts register on. */
  start() {
    const { post, locale } = this.#runtime;
    const { number, extension } = this.own;
    post({ type: "rc-adapter-pushAdapterState", size: { width: 400, height: 640 }, minimized: false, closed: false, position: {}, telephonyStatus: null, userStatus: null, dndStatus: null });
    post({
      type: "rc-login-status-notify",
      loggedIn: true,
      loginNumber: `${number}*${extension}`,
      contractedCountryCode: "US",
      admin: false,
      features: { sms: true, meeting: true, glip: false, smartNote: false, call: true, ringSenseInsights: false },
      isFreshLogin: false,
    });
    post({ type: "rc-adapter-pushLocale", locale, strings: {} });
    this.logging.notifyAutoLog("call");
    this.logging.notifyAutoLog("message");
  }

  /** One message event's data. Origin and source are not looked at, as in the real widget. */
  receive(message) {
    this.#hostMessages.receive(message);
  }

  /** The host's page for its own entities, the widget's details page for others (protocol 3.4). */
  viewContact(entity) {
    if (!this.activities.view(entity)) this.navigation.go(`/contacts/${encodeURIComponent(entity.type)}/${encodeURIComponent(entity.id)}`);
  }

  /** The banner's cross: the host hears of it (V35). */
  closeBanner() {
    const { state } = this.service;
    this.actions.pressButton({ id: state.banner.id, type: "customizedBanner", dismissed: true });
    state.banner = null;
    this.#changed();
  }

  /** Every remote number on show: what the contact matcher is asked for. */
  get numbers() {
    const calls = [...this.line.live, ...this.line.history].map(remoteOf);
    const parties = this.conversations.threads.flatMap((thread) => thread.correspondents);
    const texts = parties.map((party) => party.phoneNumber ?? party.extensionNumber);
    return [...new Set([...calls, ...texts])].filter(Boolean);
  }

  /** Caller names the network sent, by number (`callerIds` of 3.3). */
  get callerNames() {
    const calls = [...this.line.history, ...this.line.live];
    return Object.fromEntries(calls.map((call) => [remoteOf(call), call.direction === "Inbound" ? call.fromName : call.toName]));
  }

  /** The call log has calls that were made elsewhere. @param {any[]} records newest first */
  learn(records) {
    this.line.learn(records);
    this.matching.trigger();
  }

  /** To be kept over a reload. */
  get snapshot() {
    return {
      calls: this.line.recorded,
      messages: this.conversations.messages,
      autoLog: { call: this.callLogger.autoLog, message: this.messageLogger.autoLog },
    };
  }

  #onCallStep(step, call) {
    this.callLogger.onStep(step, call);
    // With auto log on the first post brings its own match request, so that V40's order stands.
    if (step === "history" || (step === "appeared" && !this.callLogger.autoLog)) this.matching.trigger();
  }
}
