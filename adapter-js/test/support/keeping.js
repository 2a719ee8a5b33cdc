import { IDBFactory } from "fake-indexeddb";
import { connected } from "./connected.js";
import { FakeBrowser, FakeDaemon, FakePage } from "./page.js";
import { FakeTime, settle } from "./time.js";

const OK = { response: { data: "ok" }, commands: [] };

/** A daemon that keeps logs as the real one does: the last post of a session wins, repeats change nothing. */
export class LogDaemon extends FakeDaemon {
  /** What it has taken, in its order: [operator, session id, note or trigger]. */
  taken = [];
  /** By token: the operator it is of. Without tokens everybody is dana. */
  operators = new Map();

  constructor() {
    super();
    this.on("/callLogger", (body, { token }) => {
      this.taken.push([this.operators.get(token) ?? "dana", body.call.sessionId, body.note ?? body.triggerType]);
      return OK;
    });
    this.on("/messageLogger", (body, { token }) => {
      this.taken.push([this.operators.get(token) ?? "dana", body.conversation.conversationId, body.note ?? body.triggerType]);
      return OK;
    });
  }

  fetch(url, init) {
    const token = init.headers.Authorization?.replace("Bearer ", "") ?? null;
    if (this.operators.size > 0) {
      this.token = this.operators.has(token) ? token : "another";
      this.manifest = { ...this.manifest, operator: { id: this.operators.get(token) ?? "nobody", name: null } };
    }
    return super.fetch(url, init);
  }

  notes(session) {
    return this.taken.filter(([, id]) => id === session).map(([, , note]) => note);
  }
}

/** One browser with its disk; each tab is a page of the same operator, on one clock. */
export class Desk {
  time = new FakeTime();
  browser = new FakeBrowser();
  disk = new IDBFactory();
  #tabs = 0;

  constructor(daemon = new LogDaemon()) {
    this.daemon = daemon;
  }

  async tab(more = {}) {
    const { time, browser, daemon, disk } = this;
    const page = new FakePage({ time, browser, daemon, disk });
    // Chance differs from tab to tab.
    const random = 0.5 + ++this.#tabs / 1_000_000;
    page.env.random = () => random;
    const tab = await connected({ page, ...more });
    tab.lost = [];
    tab.waits = [];
    tab.handle.addEventListener("lost", ({ detail }) => tab.lost.push(detail));
    tab.handle.addEventListener("waiting", ({ detail }) => tab.waits.push(detail.count));
    tab.log = (sessionId, body = {}) => page.ask(tab.frame, "/callLogger", logOf(sessionId, body));
    /** The page goes without a word to anybody, as when its process is killed. */
    tab.kill = () => {
      tab.daemon = null;
      page.daemon = { fetch: () => new Promise(() => {}) };
      tab.handle.destroy();
    };
    return tab;
  }

  /** Everything on the disk, as text. */
  async written() {
    const open = this.disk.open("trunkline-kept", 1);
    await new Promise((resolve) => (open.onsuccess = resolve));
    const all = await Promise.all(
      [...open.result.objectStoreNames].map(async (name) => {
        const found = open.result.transaction(name).objectStore(name).getAll();
        await new Promise((resolve) => (found.onsuccess = resolve));
        return found.result;
      }),
    );
    open.result.close();
    return JSON.stringify(all.flat());
  }
}

export function logOf(sessionId, body = {}) {
  const call = { sessionId, telephonySessionId: `s-${sessionId}`, direction: "Inbound", from: { phoneNumber: "+12025550101" }, fromName: "Ada Lovelace", ...body.call };
  return { triggerType: "logForm", ...body, call };
}

export const answers = ({ frame }) => frame.responses.map(({ response }) => response.data);
export const alertsOf = ({ frame }) =>
  frame.of("rc-adapter-message-request").filter(({ path }) => path === "/custom-alert-message").map(({ body }) => body);
export const dismissalsOf = ({ frame }) => frame.of("rc-adapter-message-request").filter(({ path }) => path === "/dismiss-alert-message");

/** The widget shows every alert it is given, so each has an id. */
export function showAlerts(tab) {
  const { postMessage } = tab.frame.contentWindow;
  tab.frame.contentWindow.postMessage = (message, origin) => {
    postMessage(message, origin);
    if (message.path !== "/custom-alert-message") return;
    queueMicrotask(() => tab.page.say(tab.frame, { type: "rc-adapter-message-response", responseId: message.requestId, response: `alert ${message.requestId}` }));
  };
}

export { settle };
