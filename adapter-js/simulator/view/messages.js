import { actionButtons } from "./action-buttons.js";
import { h, icon } from "./dom.js";
import { avatar, nameOf, phoneText, timeText, whenText } from "./words.js";

/** @returns {{title: string, who: any, candidates: any[]}} */
function partyOf(phone, thread) {
  const candidates = phone.logging.threadCandidates(thread.conversationId);
  const picked = candidates.find((entity) => entity.id === phone.messageLogger.picked.get(thread.conversationId));
  const who = candidates.length === 1 ? candidates[0] : picked;
  const number = thread.correspondents[0].phoneNumber;
  return { who, candidates, title: who ? nameOf(who) : candidates.length > 1 ? candidates.map(nameOf).join(" or ") : phoneText(number) };
}

export function messagesPage(phone) {
  const { threads } = phone.conversations;
  return [
    h("header.page-head", null, h("h1", null, "Messages")),
    threads.length === 0
      ? h("p.empty", null, "No messages yet.")
      : h("ul.rows", { "aria-label": "Threads" }, threads.map((thread) => {
        const { title, who } = partyOf(phone, thread);
        return h("li.row", { key: thread.conversationId },
          h("button.row-main", { click: () => phone.navigation.go(`/conversations/${thread.conversationId}`) },
            avatar(who ? nameOf(who) : "?"),
            h("span.grow", null, h("strong", null, title), h("small.one-line", null, thread.messages[0].subject ?? thread.type)),
            h("small.when", null, whenText(thread.messages[0].creationTime))),
          isLogged(phone, thread.conversationId) && h("div.row-side", null, h("span.chip.success", null, icon("check"), "Logged")));
      })),
  ];
}

function isLogged(phone, conversationId) {
  const [newest] = phone.conversations.items(conversationId);
  return newest !== undefined && phone.matching.messageLogs.entities(newest.conversationLogId).some((entity) => entity.type !== "status");
}

/** One thread: the newest at the bottom, a choice where several contacts have the number. */
export function threadPage(phone, ui, conversationId) {
  const thread = phone.conversations.threads.find((one) => one.conversationId === conversationId);
  if (!thread) return h("p.empty", null, "This thread is not here.");
  const { title, who, candidates } = partyOf(phone, thread);
  const { phoneNumber } = thread.correspondents[0];
  const send = async () => {
    const text = ui.draft.trim();
    if (text === "") return;
    const sent = await phone.calling.text(phoneNumber, text, null, (message) => window.confirm(message));
    if (sent) ui.set({ draft: "" });
  };
  return [
    h("header.page-head", null,
      h("button.icon-button", { "aria-label": "Back", click: () => phone.navigation.go("/messages") }, icon("back")),
      h("div.grow", null, h("h1", null, title), h("small.muted", null, phoneText(phoneNumber))),
      phone.service.state.messageLoggerPath && logButtons(phone, thread)),
    actions(phone, thread),
    candidates.length > 1 && h("label.field", null, `${candidates.length} contacts share this number`,
      h("select", { value: who?.id ?? "", "aria-label": "Contact", change: (event) => phone.logging.pickForThread(conversationId, event.target.value) },
        h("option", { value: "" }, "Choose…"),
        candidates.map((entity) => h("option", { value: entity.id }, nameOf(entity))))),
    h("ol.bubbles", { "aria-label": "Messages" }, [...thread.messages].reverse().map((message) => h("li", { key: String(message.id), class: message.direction === "Inbound" ? "theirs" : "ours" },
      h("p", null, message.subject ?? message.type), h("small", null, timeText(message.creationTime))))),
    h("div.compose", null,
      h("input", { type: "text", value: ui.draft, placeholder: "Text message", "aria-label": "Text message", input: (event) => ui.set({ draft: event.target.value }), keydown: (event) => event.key === "Enter" && send() }),
      h("button.icon-button.accent", { "aria-label": "Send", click: send }, icon("send"))),
  ];
}

/** The resource is the formatted conversation (V35). */
function actions(phone, { conversationId, type, messages, correspondents }) {
  const [{ id, direction, from, to }] = messages;
  const self = direction === "Inbound" ? to[0] : from;
  const buttons = actionButtons(phone, "messageAction", () => ({ id, conversationId, type, self, correspondents }));
  return buttons.length > 0 && h("div.thread-actions", null, buttons);
}

function logButtons(phone, thread) {
  const logged = isLogged(phone, thread.conversationId);
  const title = logged ? "Log again" : (phone.service.state.messageLoggerTitle ?? "Log");
  return [
    logged && h("span.chip.success", null, icon("check"), "Logged"),
    h("button.small", { title, click: () => phone.logging.clickThread(thread.conversationId) }, icon("note"), logged ? "Update" : "Log"),
  ];
}
