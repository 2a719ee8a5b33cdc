import { h, icon } from "./dom.js";

/** Whether a call is logged, as far as the matcher knows: status entities do not count (V24). */
export function logState(phone, sessionId) {
  const entities = phone.matching.callLogs.entities(sessionId);
  const status = entities.find((entity) => entity.type === "status");
  return { logged: entities.some((entity) => entity.type !== "status"), status };
}

export function callLogButtons(phone, sessionId) {
  const { state } = phone.service;
  if (!state.callLoggerPath) return null;
  const { logged, status } = logState(phone, sessionId);
  const notice = status && h("span.chip", { class: status.status }, status.message ?? status.status);
  if (!logged) {
    const pending = status?.status === "pending";
    return [notice, h("button.small", { disabled: pending, click: () => phone.logging.clickCall(sessionId, "createLog") }, icon("note"), "Log")];
  }
  return [
    notice,
    h("button.chip.success", { title: "Open the log", click: () => phone.logging.clickCall(sessionId, "viewLog") }, icon("check"), "Logged"),
    !state.callLoggerHideEditLogButton && h("button.small", { click: () => phone.logging.clickCall(sessionId, "editLog") }, "Edit"),
  ];
}
