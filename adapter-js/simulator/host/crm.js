const ASK_EVERY = 1_000;
const GONE = "The demo does not answer";

const SAID = {
  on: "It answers as it should",
  off: "It refuses everything (503)",
  "loses-answers": "It writes, and answers 500 at first",
};

const byId = (id) => document.getElementById(id);

/**
 * The CRM behind the demo: what it holds, what is on its way to it, and its switch. The page asks its own
 * server; the CRM itself is reached by the daemon alone.
 */
export class CrmPanel {
  #address;
  #shown = "";
  #timer;
  /** Answers to what was asked before the last press of the switch are old. */
  #presses = 0;
  #panel = /** @type {HTMLElement} */ (byId("crm"));
  #on = /** @type {HTMLInputElement} */ (byId("crm-on"));
  #loses = /** @type {HTMLInputElement} */ (byId("crm-loses"));

  /** @param {string} address of its JSON */
  constructor(address) {
    this.#address = address;
    this.#panel.hidden = false;
    for (const input of [this.#on, this.#loses]) input.addEventListener("change", () => this.#switch());
    this.#ask();
  }

  async #switch() {
    this.#presses += 1;
    const mode = !this.#on.checked ? "off" : this.#loses.checked ? "loses-answers" : "on";
    const body = JSON.stringify({ mode });
    await fetch("crm/mode", { method: "PUT", headers: { "Content-Type": "application/json" }, body }).catch(() => {});
    await this.#ask();
  }

  async #ask() {
    clearTimeout(this.#timer);
    const presses = this.#presses;
    try {
      const text = await (await fetch(this.#address)).text();
      if (presses !== this.#presses) return;
      if (text !== this.#shown) this.#show(JSON.parse(text));
      this.#shown = text;
    } catch {
      this.#shown = "";
      this.#say(GONE);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), ASK_EVERY);
  }

  #show({ crm, deliveries, waiting }) {
    this.#on.checked = crm.mode !== "off";
    this.#loses.checked = crm.mode === "loses-answers";
    this.#loses.disabled = crm.mode === "off";
    this.#panel.dataset.mode = crm.mode;
    this.#say(SAID[crm.mode]);
    byId("crm-count").textContent = crm.total === 1 ? "1 log" : `${crm.total} logs`;
    byId("crm-waiting").textContent = waiting === 0 ? "nothing waits" : waiting === 1 ? "1 waits" : `${waiting} wait`;
    const { created, changed, looked_up: lookedUp, refused, unanswered } = crm.tally;
    byId("crm-tally").textContent = `Since the start: logs made ${created}, written again ${changed}, looked up ${lookedUp}; requests refused ${refused}, answers lost ${unanswered}`;
    fill(byId("crm-logs"), crm.activities.map(log), "Nothing yet: log a call in the phone.");
    fill(byId("crm-deliveries"), deliveries.map(delivery), "Nothing yet.");
  }

  #say(words) {
    const line = byId("crm-said");
    if (line.textContent !== words) line.textContent = words;
  }
}

/** @param {HTMLElement} list @param {HTMLElement[]} items @param {string} none */
function fill(list, items, none) {
  list.replaceChildren(...(items.length > 0 ? items : [part("li", none, "none")]));
}

function log({ id, person, subject, text, changedAt, changes }) {
  const item = document.createElement("li");
  item.dataset.log = String(id);
  item.append(
    line(part("strong", person ?? "Nobody"), part("span", subject, "text"), part("time", time(changedAt))),
    part("p", text, "words"),
  );
  if (changes > 0) item.append(part("p", changes === 1 ? "written again once" : `written again ${changes} times`, "none"));
  return item;
}

function delivery({ id, about, state, words, updatedAt }) {
  const item = document.createElement("li");
  item.dataset.entry = id;
  item.dataset.state = state;
  item.append(line(part("strong", about ?? "Unknown"), part("span", "", "grow"), part("time", time(updatedAt))), part("p", words, "state"));
  return item;
}

const time = (ms) => new Date(ms).toLocaleTimeString();

function line(...parts) {
  const element = document.createElement("div");
  element.className = "line";
  element.append(...parts);
  return element;
}

function part(tag, text, name = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}
