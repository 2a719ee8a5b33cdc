import { remoteOf } from "../core/call-logger.js";
import { actionButtons } from "./action-buttons.js";
import { h, icon } from "./dom.js";
import { callLogButtons } from "./log-state.js";
import { avatar, durationText, nameOf, phoneText, whenText } from "./words.js";

/** The call history: one row a call, live ones excepted (they have their card). */
export function callsPage(phone, ui) {
  const ended = phone.line.live.filter((call) => call.endTime !== null).map((call) => call.ids.sessionId);
  const ids = [...ended, ...phone.line.history.map((record) => record.sessionId)];
  return [
    h("header.page-head", null, h("h1", null, "Calls")),
    ids.length === 0
      ? h("p.empty", null, "No calls yet. Ring the phone from the simulator drawer below.")
      : h("ul.rows", { "aria-label": "Call history" }, ids.map((id) => row(phone, ui, id))),
  ];
}

function row(phone, ui, sessionId) {
  const call = phone.line.shape(sessionId);
  const candidates = phone.logging.callCandidates(sessionId);
  const picked = candidates.find((entity) => entity.id === phone.callLogger.picked.get(sessionId)) ?? logged(phone, sessionId, candidates);
  const who = candidates.length === 1 ? candidates[0] : picked;
  const number = remoteOf(call);
  const missed = ["Missed", "Rejected", "No Answer"].includes(call.result);
  const title = who ? nameOf(who) : candidates.length > 1 ? candidates.map(nameOf).join(" or ") : phoneText(number);
  const open = ui.openCall === sessionId;
  const toggle = () => ui.set({ openCall: open ? null : sessionId });
  return h("li.row", { key: sessionId, "data-session": sessionId },
    h("button.row-main", { "aria-expanded": String(open), click: toggle },
      avatar(who ? nameOf(who) : candidates.length > 1 ? nameOf(candidates[0]) : "?"),
      h("span.grow", null,
        h("strong", { class: missed ? "missed" : "" }, title),
        h("small", null, icon(missed ? "missed" : call.direction === "Inbound" ? "in" : "out"), h("span.clip", null, describe(call, who ? number : "")))),
      h("small.when", null, whenText(call.startTime))),
    h("div.row-side", null, callLogButtons(phone, sessionId)),
    open && details(phone, call, number, who, candidates));
}

function details(phone, call, number, who, candidates) {
  return h("div.row-more", null,
    who && h("button.small", { click: () => phone.viewContact(who) }, "View contact"),
    h("button.small", { click: () => phone.matching.refreshContact(number) }, icon("refresh"), "Refresh contact"),
    actionButtons(phone, "callAction", () => phone.callLogger.describe(call)),
    candidates.length > 1 && h("label.field", null, "Contact",
      h("select", { value: who?.id ?? "", change: (event) => phone.logging.pickForCall(call.sessionId, event.target.value) },
        h("option", { value: "" }, "Choose…"),
        candidates.map((entity) => h("option", { value: entity.id }, nameOf(entity))))));
}

/** The contact an earlier log is on. */
function logged(phone, sessionId, candidates) {
  const [entity] = phone.matching.callLogs.entities(sessionId).filter((match) => match.type !== "status");
  const id = entity?.contact?.id ?? entity?.contact;
  return candidates.find((candidate) => candidate.id === id);
}

function describe(call, number) {
  const result = call.duration > 0 ? durationText(call.duration) : call.result;
  return [number && phoneText(number), result].filter(Boolean).join(" · ");
}
