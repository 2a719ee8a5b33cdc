import { callCards } from "./call-card.js";
import { callsPage } from "./calls.js";
import { contactPage, contactsPage } from "./contacts.js";
import { customPage } from "./custom-page.js";
import { dialerPage } from "./dialer.js";
import { draw, h, icon } from "./dom.js";
import { drawer } from "./drawer.js";
import { logSheet } from "./log-sheet.js";
import { messagesPage, threadPage } from "./messages.js";
import { notices } from "./notices.js";
import { settingsPage } from "./settings.js";

const TABS = [
  ["/dialer", "phone", "Phone"],
  ["/history", "calls", "Calls"],
  ["/messages", "messages", "Messages"],
  ["/contacts", "contacts", "Contacts"],
  ["/settings", "settings", "Settings"],
];

/** Draws the whole widget. Drawing again is cheap and may happen at any time. */
export function app(root, phone, ui) {
  const { path } = phone.navigation;
  draw(root, [
    h("div.phone", { key: "phone" },
      header(phone),
      notices(phone),
      callCards(phone),
      h("main", { key: `page ${path}` }, page(phone, ui, path)),
      logSheet(phone),
      h("nav", { key: "nav", "aria-label": "Pages" }, tabs(phone).map(([to, name, label]) => tab(phone, path, to, name, label)))),
    drawer(phone, ui),
  ]);
}

function header(phone) {
  const { state } = phone.service;
  const connected = phone.service.registered && state.authorized;
  return h("header.top", { key: "top" },
    h("span.presence", { title: "Available" }),
    h("span.grow", null, phone.own.name, h("small", null, `ext. ${phone.own.extension}`)),
    phone.service.registered && h("span.service", { class: connected ? "on" : "off" }, connected ? state.displayName : `${state.displayName}: not connected`));
}

/** The host's tabs come before the settings. */
function tabs(phone) {
  const own = phone.customPages.tabs.map(({ id, title }) => [`/customizedTabs/${id}`, "apps", title ?? "Tab"]);
  return [...TABS.slice(0, -1), ...own, ...TABS.slice(-1)];
}

function tab(phone, path, to, name, label) {
  const active = path.startsWith(to) || (to === "/messages" && path.startsWith("/conversations"));
  const { state } = phone.service;
  const dot = to === "/settings" && phone.service.registered && !state.authorized && state.showAuthRedDot;
  const go = () => {
    phone.navigation.go(to);
    // Opening the page starts a run without a type (protocol 3.1).
    if (to === "/contacts") phone.contacts.sync();
  };
  return h("button", { "aria-current": active ? "page" : undefined, click: go }, icon(name), label, dot && h("span.red-dot", null));
}

function page(phone, ui, path) {
  const [, first, second, ...rest] = path.split("/");
  if (first === "conversations") return threadPage(phone, ui, second);
  if (first === "customized" || first === "customizedTabs") return customPage(phone, ui, second);
  // Host and widget write this path percent-encoded.
  if (first === "contacts" && rest.length > 0) return contactPage(phone, decodeURIComponent(rest.join("/")));
  const pages = { history: callsPage, messages: messagesPage, contacts: contactsPage, settings: settingsPage };
  return (pages[first] ?? dialerPage)(phone, ui);
}
