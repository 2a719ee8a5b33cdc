/**
 * The demo's shop: its server asks the daemon for the customer's signed identity, the page gives it to the
 * chat by way of the adapter, which renews it.
 */

const PAGES = {
  lamps: { title: "Lamps", goods: [["Desk lamp", 48], ["Floor lamp", 129], ["Lantern", 35]] },
  chairs: { title: "Chairs", goods: [["Stool", 42], ["Armchair", 260], ["Office chair", 189]] },
  cart: { title: "Cart", goods: [["Desk lamp", 48]] },
};
const STATES = ["renewed", "renew_failed", "expired", "uuid_change_refused"];
const CHAT_EVENTS = ["started", "chat_shown", "chat_engaged", "chat_closed", "message_sent", "message_received"];
const CHOSEN = "sample-shop-customer";

const byId = (id) => document.getElementById(id);
const select = (id) => /** @type {HTMLSelectElement} */ (byId(id));

const { daemon, renewUrl, customers } = await (await fetch("demo.json")).json();
const { engage } = await import(new URL("engage.js", `${daemon}/`).href);

// The vendor's snippet puts this tag into the page.
const loader = document.createElement("script");
loader.src = "engage/loader.js";
loader.async = true;
document.head.append(loader);

function note(name, text = "") {
  const item = document.createElement("li");
  const parts = [["code", name], ["span", text], ["time", new Date().toLocaleTimeString()]];
  item.append(...parts.map(([tag, words]) => Object.assign(document.createElement(tag), { textContent: words })));
  byId("told").prepend(item);
  while (byId("told").children.length > 50) byId("told").lastChild.remove();
  queueMicrotask(showVerdict);
}

function showVerdict() {
  const chat = window.engageStandIn;
  if (!chat) return;
  const { verdict, visitor } = chat;
  const why = visitor.reasons.length === 0 ? "" : ` The token: ${visitor.reasons.join(", ")}.`;
  const words = `${verdict.opens ? "The chat opens" : "The chat does not open"}. ${verdict.words}${why}`;
  if (byId("verdict").textContent !== words) byId("verdict").textContent = words;
  byId("verdict").dataset.identity = verdict.identity ?? "none";
}

for (const name of STATES) engage.on(name, ({ message, exp }) => note(name, message ?? (exp ? `good until ${new Date(exp * 1000).toLocaleTimeString()}` : "")));
for (const name of CHAT_EVENTS) engage.on(name, () => note(name));

/** The customer's identity, minted for this load of the page by the shop's own server. */
async function signIn(customer) {
  if (customer === "") return note("nobody is signed in");
  const response = await fetch(`identity.json?customer=${encodeURIComponent(customer)}`, { cache: "no-store" });
  if (!response.ok) return note("the shop's server could not mint", String(response.status));
  engage.identify({ renewUrl, initial: await response.json() });
  note("identified", select("customer").selectedOptions[0]?.textContent ?? "");
}

function showPage() {
  const name = Object.hasOwn(PAGES, location.hash.slice(1)) ? location.hash.slice(1) : "lamps";
  const { title, goods } = PAGES[name];
  byId("title").textContent = title;
  for (const link of byId("pages").children) {
    if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId("goods").replaceChildren(...goods.map(([label, price]) => {
    const item = document.createElement("li");
    item.append(part("div", "", "picture"), part("strong", label), part("div", `${price} €`, "price"));
    return item;
  }));
  engage.setVariables({ custom_page: name, custom_cart_amount: name === "cart" ? 48 : 0 });
}

function part(tag, text, name = "") {
  return Object.assign(document.createElement(tag), { textContent: text, className: name });
}

for (const { id, name } of customers) select("customer").append(Object.assign(document.createElement("option"), { value: id, textContent: name }));
const asked = new URLSearchParams(location.search).get("customer") ?? sessionStorage.getItem(CHOSEN);
// The empty one is nobody.
const known = asked === "" || customers.some(({ id }) => id === asked);
select("customer").value = known ? asked : (customers[0]?.id ?? "");

select("customer").addEventListener("change", () => {
  // The chat knows no sign-out: the renewals end, and the page is loaded anew.
  engage.stop();
  sessionStorage.setItem(CHOSEN, select("customer").value);
  // With a fragment, an address that stays the same would not load the page anew.
  if (location.search === "") location.reload();
  else location.search = "";
});
select("mode").addEventListener("change", () => {
  window.engageStandIn?.setMode(select("mode").value);
  note("mode", select("mode").value);
});
byId("spoil").addEventListener("click", () => {
  window._chatq.push(["_setSignedIdentity", "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30.AA"]);
  setTimeout(() => note("_setSignedIdentity", "a token without a key, an expiry and a visitor"), 100);
});
byId("close").addEventListener("click", async () => {
  await window.engageStandIn?.close();
  note("closed", "by the agent");
});
byId("renew").addEventListener("click", () => {
  document.dispatchEvent(new Event("visibilitychange"));
  note("looked at", "a renewal happens only when one is due");
});
addEventListener("hashchange", () => {
  showPage();
  engage.pageChange();
  note("_pageChange", location.hash);
});

showPage();
await signIn(select("customer").value);
setInterval(showVerdict, 500);
