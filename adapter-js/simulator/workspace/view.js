import { h } from "../view/dom.js";
import { ERROR_FORMS, ERRORS } from "./desk.js";

/** Draws the simulated workspace: chats, the one that is open, and below it what makes things happen. */

const WORDS = { event: "as an event", object: "as {error}", code: "as {code}", text: "as text" };
const VISITOR_LINES = ["Greetings!", "Is the desk lamp in stock?", "ok"];

/** @param {import("./desk.js").Desk} desk */
export function page(desk, ui, changed) {
  return [
    h("header.top", { key: "top" }, h("strong", null, "Agent workspace"), h("span.sim", null, "simulated"), bell(desk)),
    h("div.columns", { key: "columns" }, list(desk), desk.selected ? chat(desk, desk.selected) : empty()),
    drawer(desk, ui, changed),
  ];
}

function bell(desk) {
  const count = desk.notifications.length;
  return h("div.bells", { role: "group", "aria-label": "Notifications" },
    h("span.count", { "data-count": String(count), "aria-label": `${count} notifications` }, String(count)),
    desk.notifications.slice(-1).map((one) => h("button", { type: "button", title: one.text, click: () => desk.dismiss(one) }, "Seen")));
}

function list(desk) {
  return h("ul.visitors", { "aria-label": "Chats" }, desk.visitors.map((visitor) => {
    const last = visitor.messages.at(-1);
    return h("li", { key: visitor.sessionId }, h("button", { type: "button", "aria-pressed": String(visitor === desk.selected), click: () => desk.select(visitor) },
      h("strong", null, visitor.name),
      h("span", null, visitor.closed ? "closed" : (last?.text ?? visitor.channel?.type ?? (visitor.providedVisitorId ? "on the site" : "not signed in")))));
  }));
}

function empty() {
  return h("section.chat.none", { key: "none" }, h("p", null, "Open a visitor to see the chat. The CRM page shows the customer."));
}

function chat(desk, visitor) {
  return h("section.chat", { key: visitor.sessionId, "aria-label": "Chat" },
    h("div.chat-head", null,
      h("div.who", null, h("strong", null, visitor.name), h("small", { title: visitor.roxchatVisitorId }, visitor.chatId === null ? "no chat yet" : `chat ${visitor.chatId}${visitor.closed ? ", closed" : ""}`)),
      h("button", { type: "button", disabled: !desk.canAuthorize, title: "The visitor signs in on the site", click: () => desk.authorize() }, "Signs in"),
      h("button", { type: "button", disabled: visitor.chatId === null || visitor.closed, click: () => desk.close() }, "Close")),
    h("ol.talk", { "aria-label": "Messages", tabindex: "0" }, visitor.messages.map(({ kind, text }) => h("li", { class: kind }, text))),
    form("Answer", "Answer as the agent", (text) => desk.agentSays(text)));
}

function form(label, placeholder, done) {
  return h("form", {
    key: label,
    submit(event) {
      event.preventDefault();
      const input = event.target.querySelector("input");
      done(input.value);
      input.value = "";
    },
  }, h("input", { type: "text", "aria-label": label, placeholder, autocomplete: "off" }), h("button.primary", { type: "submit" }, "Send"));
}

function drawer(desk, ui, changed) {
  const visitor = desk.selected ?? desk.visitors[0];
  const toggle = () => {
    ui.drawer = !ui.drawer;
    changed();
  };
  return h("aside.simulator", { key: "drawer", "aria-label": "Simulator" },
    h("div.line", null,
      h("strong", null, `${visitor?.name ?? "Nobody"} writes`),
      VISITOR_LINES.map((text) => h("button", { type: "button", click: () => desk.visitorSays(visitor, text) }, text)),
      h("button.more", { type: "button", "aria-expanded": String(ui.drawer), click: toggle }, ui.drawer ? "less" : "more")),
    ui.drawer && [
      h("div.line", null,
        h("button", { type: "button", click: () => desk.notify(visitor, "Visitor left the site") }, "Notification"),
        select("Events", desk.form, { object: "as objects", string: "as JSON text" }, (value) => desk.set({ form: value })),
        select("Field", desk.siebel, { siebelId: "siebelId", SiebelId: "SiebelId" }, (value) => desk.set({ siebel: value }))),
      h("div.line", null,
        select("Outgoing chat", desk.outgoing, { success: "starts", silence: "no word of it", ...Object.fromEntries(ERRORS.map((code) => [code, code.replaceAll("_", " ")])) }, (value) => desk.set({ outgoing: value })),
        select("Error", desk.errorForm, Object.fromEntries(Object.keys(ERROR_FORMS).map((name) => [name, WORDS[name]])), (value) => desk.set({ errorForm: value }))),
      form("Visitor's words", "Anything the visitor writes", (text) => desk.visitorSays(visitor, text)),
    ],
    desk.asked.length > 0 && h("p.asked", { role: "status" }, desk.asked[0]));
}

function select(label, value, options, done) {
  return h("label", null, `${label} `,
    h("select", { value, "aria-label": label, change: (event) => done(event.target.value) }, Object.entries(options).map(([id, words]) => h("option", { value: id }, words))));
}
