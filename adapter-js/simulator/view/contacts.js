import { actionButtons } from "./action-buttons.js";
import { h, icon } from "./dom.js";
import { avatar, nameOf, phoneText, whenText } from "./words.js";

/** Rows drawn at most: a list of thousands is for the filter. */
const DRAWN = 150;

export function contactsPage(phone, ui) {
  const { contacts } = phone;
  const { state } = phone.service;
  const wanted = ui.filter.toLowerCase();
  const sorted = byName(contacts.shown).filter((contact) => !wanted || searchText(contact).includes(wanted));
  return [
    h("header.page-head", null,
      h("h1.grow", null, "Contacts"),
      h("small.muted", { "data-part": "contact-count" }, contacts.syncing ? "Syncing…" : contacts.shown.length.toLocaleString()),
      h("button.icon-button", { "aria-label": "Refresh contacts", title: "Refresh", disabled: contacts.syncing || !state.contactsPath, click: () => contacts.sync("manual") }, icon("refresh", contacts.syncing ? "spinning" : ""))),
    h("div.filter", null, icon("search"), h("input", { type: "search", value: ui.filter, placeholder: "Filter", "aria-label": "Filter contacts", input: (event) => ui.set({ filter: event.target.value }) })),
    sorted.length === 0
      ? h("p.empty", null, state.authorized ? "No contacts." : "Connect in Settings to see your contacts.")
      : h("ul.rows", { "aria-label": "Contact list" }, sorted.slice(0, DRAWN).map((contact) => h("li.row", { key: contact.id },
        h("button.row-main", { click: () => open(phone, contact) },
          avatar(nameOf(contact)),
          h("span.grow", null, h("strong", null, nameOf(contact)), h("small", null, contact.company ?? contact.jobTitle ?? phoneText(contact.phoneNumbers?.[0]?.phoneNumber))),
          icon("next"))))),
    sorted.length > DRAWN && h("p.empty", null, `and ${sorted.length - DRAWN} more: use the filter`),
  ];
}

const collator = new Intl.Collator();
const byName = (contacts) => contacts.toSorted((a, b) => collator.compare(nameOf(a), nameOf(b)));

function searchText(contact) {
  const numbers = (contact.phoneNumbers ?? []).map((entry) => entry.phoneNumber);
  return [nameOf(contact), contact.company, ...numbers].join(" ").toLowerCase();
}

function open(phone, contact) {
  phone.navigation.go(`/contacts/${encodeURIComponent(contact.type)}/${encodeURIComponent(contact.id)}`);
  phone.activities.show(contact);
}

/** Details and the Activities tab, whose label is the service's name (protocol 2.2). */
export function contactPage(phone, id) {
  const contact = phone.contacts.shown.find((one) => one.id === id);
  if (!contact) return h("p.empty", null, "This contact is not in the list.");
  if (phone.activities.contact?.id !== id) phone.activities.show(contact);
  const { state } = phone.service;
  return [
    h("header.page-head", null,
      h("button.icon-button", { "aria-label": "Back", click: () => phone.navigation.go("/contacts") }, icon("back")),
      h("h1.grow", null, "Contact"),
      state.viewMatchedContactPath && h("button.small", { click: () => phone.viewContact(contact) }, icon("open"), "Open record")),
    h("div.person", null, avatar(nameOf(contact), "large"),
      h("div", null, h("h2", null, nameOf(contact)), h("p.muted", null, [contact.jobTitle, contact.company].filter(Boolean).join(", ")))),
    h("ul.facts", null,
      contact.phoneNumbers.map(({ phoneNumber, phoneType }) => h("li", { key: phoneNumber },
        h("span.grow", null, phoneText(phoneNumber), h("small", null, phoneType)),
        actionButtons(phone, "contactAction", () => ({ ...contact, phoneNumber, phoneType })),
        h("button.icon-button", { "aria-label": `Call ${phoneNumber}`, click: () => phone.calling.call(phoneNumber, { contactId: contact.id, name: nameOf(contact), type: contact.type, entityType: contact.type, phoneType }, (message) => window.confirm(message)) }, icon("phone")))),
      (contact.emails ?? []).map((email) => h("li", { key: email }, h("span.grow", null, email, h("small", null, "e-mail"))))),
    state.activitiesPath && activities(phone),
  ];
}

function activities(phone) {
  const { list } = phone.activities;
  return h("section.activities", null,
    h("h3", null, phone.service.state.displayName, h("button.icon-button", { "aria-label": "Refresh activities", click: () => phone.activities.show(phone.activities.contact) }, icon("refresh"))),
    list === null ? h("p.empty.spinner", null, "Loading…")
      : list.length === 0 ? h("p.empty", null, "No activities yet.")
        : h("ul", { "aria-label": "Activities" }, list.map((activity) => h("li", { key: String(activity.id) },
          h("button", { click: () => phone.activities.open(activity) }, h("span.grow", null, activity.subject), h("small", null, whenText(activity.time)))))));
}
