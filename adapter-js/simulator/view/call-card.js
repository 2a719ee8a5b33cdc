import { h, icon } from "./dom.js";
import { avatar, durationText, nameOf, phoneText } from "./words.js";
import { logState } from "./log-state.js";

const LINES = { Ringing: "Incoming call", CallConnected: "On a call", OnHold: "On hold" };

/** The calls that are up now: who it is, and what can be done. */
export function callCards(phone) {
  return phone.line.live.filter((call) => call.endTime === null).map((call) => card(phone, call));
}

function card(phone, call) {
  const { sessionId } = call.ids;
  const inbound = call.direction === "Inbound";
  const number = inbound ? call.from : call.to;
  const candidates = phone.logging.callCandidates(sessionId);
  const picked = candidates.find((entity) => entity.id === phone.callLogger.picked.get(sessionId));
  const who = candidates.length === 1 ? candidates[0] : picked;
  const ringing = call.telephonyStatus === "Ringing";
  const title = who ? nameOf(who) : candidates.length > 1 ? "Who is calling?" : (call.fromName && inbound ? call.fromName : "Unknown caller");
  return h("section.call-card", { key: sessionId, class: ringing ? "ringing" : "talking", "aria-label": "Current call" },
    h("div.call-line", null,
      h("span.call-status", null, ringing && !inbound ? "Calling" : LINES[call.telephonyStatus]),
      h("span.call-time", null, ringing ? "" : durationText((Date.now() - call.answerTime) / 1000))),
    h("div.call-who", null,
      avatar(who ? nameOf(who) : "?", "large"),
      h("div.grow", null,
        h("h2", { "data-part": "caller" }, title),
        h("p.muted", null, [phoneText(number), who?.company].filter(Boolean).join(" · "))),
      who && h("button.icon-button", { "aria-label": "Open record", title: "Open record", click: () => phone.viewContact(who) }, icon("open"))),
    candidates.length > 1 && choices(phone, sessionId, candidates, picked),
    h("div.call-buttons", null, ringing ? ringButtons(phone, call) : talkButtons(phone, call)));
}

/** One number, several people: nobody is guessed, a person decides. */
function choices(phone, sessionId, candidates, picked) {
  return h("div.choices", { role: "radiogroup", "aria-label": "Contacts with this number" },
    h("p.muted", null, `${candidates.length} contacts share this number`),
    candidates.map((entity) => h("button.choice", {
      key: entity.id,
      role: "radio",
      "aria-checked": String(entity === picked),
      click: () => phone.logging.pickForCall(sessionId, entity.id),
    }, avatar(nameOf(entity), "small"), h("span.grow", null, nameOf(entity), h("small", null, entity.company ?? entity.jobTitle ?? "")), entity === picked && icon("check"))));
}

function ringButtons(phone, { ids: { sessionId }, direction }) {
  const hangup = h("button.round.red", { click: () => phone.line.hangup(sessionId) }, icon("hangup"), direction === "Inbound" ? "Decline" : "Cancel");
  const answer = h("button.round.green", { click: () => phone.line.answer(sessionId) }, icon("phone"), direction === "Inbound" ? "Answer" : "They answer");
  return [hangup, answer];
}

function talkButtons(phone, call) {
  const { sessionId } = call.ids;
  const held = call.telephonyStatus === "OnHold";
  return [
    h("button.quiet", { click: () => phone.line.hold(sessionId, !held) }, icon("hold"), held ? "Resume" : "Hold"),
    phone.service.state.callLoggerPath && h("button.quiet", { click: () => phone.logging.clickCall(sessionId, logState(phone, sessionId).logged ? "editLog" : "createLog") }, icon("note"), "Log"),
    h("button.round.red", { click: () => phone.line.hangup(sessionId) }, icon("hangup"), "Hang up"),
  ];
}
