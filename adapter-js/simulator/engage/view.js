import { h } from "../view/dom.js";

/** Draws the stand-in chat: a bubble in the corner, and the chat above it. */

const BADGE = { verified: "verified", unverified: "not verified", anonymous: "anonymous" };

export function panel(chat) {
  const { verdict, open } = chat;
  return [
    open && h("section.engage-window", { "aria-label": "Chat", key: "window" }, head(chat), talk(chat), chat.expired ? expired() : composer(chat)),
    h("button.engage-bubble", {
      key: "bubble", type: "button", "aria-label": open ? "Close the chat" : "Open the chat", "aria-expanded": String(open),
      disabled: !verdict.opens, title: verdict.words, click: () => chat.toggle(),
    }, open ? "×" : "Chat"),
  ];
}

function head({ verdict, visitor }) {
  return h("header.engage-head", null,
    h("strong", null, "Chat with us"),
    h("span.engage-who", { "data-identity": verdict.identity }, visitor.name && verdict.identity !== "anonymous" ? `${visitor.name}, ${BADGE[verdict.identity]}` : BADGE[verdict.identity]));
}

function talk({ messages }) {
  return h("ol.engage-talk", { "aria-label": "Messages", tabindex: "0" },
    messages.length === 0 && h("li.note", null, "Say hello: this is a stand-in for the vendor's chat."),
    messages.map(({ text, mine, note }) => h("li", { class: note ? "note" : mine ? "mine" : "theirs" }, text)));
}

function expired() {
  return h("p.engage-expired", { role: "alert" }, "Your session has expired. Please refresh the page.");
}

function composer(chat) {
  return h("form.engage-composer", {
    submit(event) {
      event.preventDefault();
      const input = event.target.querySelector("input");
      void chat.say(input.value);
      input.value = "";
    },
  }, h("input", { type: "text", name: "text", "aria-label": "Message", placeholder: "Write a message", autocomplete: "off" }), h("button", { type: "submit" }, "Send"));
}
