import { FakeTime, settle } from "./time.js";
import { FakeDaemon } from "./daemon.js";
import { FakeBrowser } from "./browser.js";
import { FakeStorage } from "./storage.js";

export const WIDGET = "https://widget.example";
const SRC = `${WIDGET}/embeddable/app.html?brand=x`;

/** An iframe with a widget behind it; what is posted to it is kept. */
export class FakeFrame extends EventTarget {
  tagName = "IFRAME";
  isConnected = false;
  contentWindow = null;
  received = [];

  constructor(src = SRC) {
    super();
    this.src = src;
  }

  insert() {
    this.isConnected = true;
    this.contentWindow = {
      postMessage: (message, origin) => this.received.push({ message: structuredClone(message), origin }),
    };
    return this;
  }

  remove() {
    this.isConnected = false;
    this.contentWindow = null;
  }

  /** The messages of one type, oldest first. */
  of(type) {
    return this.received.map(({ message }) => message).filter((message) => message.type === type);
  }

  get registrations() {
    return this.of("rc-adapter-register-third-party-service").map(({ service }) => service);
  }

  get responses() {
    return this.of("rc-post-message-response");
  }
}

/** Of all pages, as UUIDs are. */
let streams = 0;

/** A page with fakes for all that the adapter takes from a browser. */
export class FakePage {
  warnings = [];
  opened = [];
  blockWindows = false;
  focused = true;
  observers = new Set();
  elements = new Map();
  #ids = 0;

  constructor({ daemon = new FakeDaemon(), browser = null, frame = null, disk = null, time = new FakeTime(), localStorage = new FakeStorage(), sessionStorage = new FakeStorage() } = {}) {
    this.daemon = daemon;
    this.browser = browser;
    this.disk = disk;
    this.time = time;
    this.localStorage = localStorage;
    this.sessionStorage = sessionStorage;
    this.window = new EventTarget();
    localStorage?.watchedBy(this.window);
    this.listeners = new Set();
    this.#countListeners(this.window);
    this.window.location = { protocol: "https:" };
    this.window.open = (...args) => this.#open(...args);
    this.document = Object.assign(new EventTarget(), {
      visibilityState: "visible",
      baseURI: "https://crm.example/contacts/7",
      getElementById: (id) => this.elements.get(id) ?? null,
      querySelector: (selector) => this.elements.get(selector) ?? null,
      hasFocus: () => this.focused,
    });
    this.#countListeners(this.document);
    this.env = this.#environment();
    if (frame) this.put(frame);
  }

  #countListeners(target) {
    const { listeners } = this;
    const { addEventListener, removeEventListener } = target;
    target.addEventListener = (type, listener) => (listeners.add(listener), addEventListener.call(target, type, listener));
    target.removeEventListener = (type, listener) => (
      listeners.delete(listener), removeEventListener.call(target, type, listener)
    );
  }

  #environment() {
    const { observers, time, warnings, browser, disk } = this;
    return {
      window: this.window,
      document: this.document,
      fetch: (url, init) => this.daemon.fetch(url, init),
      setTimeout: time.setTimeout,
      clearTimeout: time.clearTimeout,
      now: () => time.now,
      random: () => 0.5,
      locks: browser && browser.locks(this),
      BroadcastChannel: browser && browser.channels(this),
      MutationObserver: class {
        constructor(run) {
          this.run = run;
        }
        observe() {
          observers.add(this.run);
        }
        disconnect() {
          observers.delete(this.run);
        }
      },
      indexedDB: disk,
      localStorage: this.localStorage,
      sessionStorage: this.sessionStorage,
      newUuid: () => `stream-${++streams}`,
      console: {
        warn: (...words) => warnings.push(words.join(" ")),
        error: (...words) => warnings.push(words.join(" ")),
      },
    };
  }

  #open(url, target, features) {
    if (this.blockWindows) return null;
    const window = { opener: this.window, location: { replace: (to) => (record.url = to) }, focus: () => (record.focused = true) };
    const record = { url, target, features, window, focused: false };
    this.opened.push(record);
    return window;
  }

  /** Puts a frame into the page as RingCentral's script does. */
  put(frame, name = "rc-widget-adapter-frame") {
    frame.insert();
    this.elements.set(name, frame);
    for (const run of this.observers) run([{ type: "childList" }]);
    return frame;
  }

  remove(frame) {
    frame.remove();
    for (const [name, element] of this.elements) if (element === frame) this.elements.delete(name);
    for (const run of this.observers) run([{ type: "childList" }]);
  }

  /** Delivers a message event, by default the widget's own. */
  say(frame, data, { source = frame.contentWindow, origin = WIDGET } = {}) {
    const event = new Event("message");
    Object.assign(event, { data, source, origin });
    this.window.dispatchEvent(event);
  }

  /** The widget starts: its state, then its login event. */
  async start(frame, { loggedIn = true } = {}) {
    this.say(frame, { type: "rc-adapter-pushAdapterState" });
    this.say(frame, { type: "rc-login-status-notify", loggedIn });
    await settle();
  }

  /** The widget asks; the id of the request is returned. */
  ask(frame, path, body, requestId = `request-${++this.#ids}`) {
    this.say(frame, { type: "rc-post-message-request", requestId, path, body });
    return requestId;
  }
}

export { FakeBrowser, FakeDaemon, settle };
