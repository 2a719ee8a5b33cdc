import { Phone } from "./core/phone.js";
import { behind } from "./demo-data.js";
import { app } from "./view/app.js";

/** The page around the core: the browser's clock, storage and messages, and the drawing. */

const OWN = { number: "+16505550100", extension: "101", name: "Front desk" };
const STORE = "trunkline-simulated-cloud";
/** Shorter than the real 5 s and more, so that a visitor sees the history record come. */
const HISTORY_DELAY = 2_000;
const HISTORY_KEPT = 50;
const ANSWER_SHOWN = 400;

const { page: pageOrigin, customers = [] } = await (await fetch("demo.json")).json();

/** Requests under way, for the demo page's wire panel. @type {Map<string, {path: string, at: number}>} */
const underWay = new Map();

const runtime = {
  post(message) {
    if (message.type === "rc-post-message-request") underWay.set(message.requestId, { path: message.path, at: performance.now() });
    // The real widget sends everything to its parent with target "*" (protocol 1.1). A stand-in that
    // were stricter would hide from the adapter's tests what the adapter has to live with.
    window.parent.postMessage(message, "*");
  },
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
  locale: navigator.language,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  warn: (text, detail) => console.info(`simulated widget: ${text}`, detail ?? ""),
};

const ui = {
  customers: customers.map(({ id }) => id), openCall: null, filter: "", draft: "", ringNumber: "", drawerOpen: false,
  set(change) {
    Object.assign(ui, change);
    changed();
  },
};

const kept = JSON.parse(localStorage.getItem(STORE) ?? "null");
const phone = new Phone({ runtime, own: OWN, historyDelay: HISTORY_DELAY, changed, ...(kept ? { kept } : {}) });
const root = /** @type {HTMLElement} */ (document.getElementById("root"));

let drawing = false;
let furnished = kept !== null;

function changed() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    if (!furnished && phone.contacts.list.length > 0) furnish();
    app(root, phone, ui);
    if (furnished) keep();
  });
}

/** Once the list is there, the phone gets a past. */
function furnish() {
  furnished = true;
  const { calls, texts } = behind(phone.contacts.list, OWN, Date.now());
  phone.line.history = calls;
  for (const text of texts) phone.conversations.remember(text);
  phone.matching.trigger();
}

function keep() {
  const { calls, messages, autoLog } = phone.snapshot;
  localStorage.setItem(STORE, JSON.stringify({ calls: calls.slice(0, HISTORY_KEPT), messages, autoLog }));
}

window.addEventListener("message", ({ data }) => {
  // No look at origin or source, as in the real widget (protocol 1.1): the adapter must not rely on it.
  const request = underWay.get(data?.responseId);
  if (request && data.type === "rc-post-message-response") {
    underWay.delete(data.responseId);
    const ms = Math.round(performance.now() - request.at);
    // For the demo page alone, which could not see an answer that goes to this frame.
    const answer = (JSON.stringify(data.response) ?? "none").slice(0, ANSWER_SHOWN);
    window.parent.postMessage({ type: "simulator-exchange", path: request.path, ms, answer }, pageOrigin);
  }
  phone.receive(data);
});

// The clock on a call's card.
setInterval(() => phone.line.activeSessions.length > 0 && changed(), 1_000);

changed();
phone.start();
