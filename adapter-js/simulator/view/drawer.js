import { h, icon } from "./dom.js";
import { knownNumber, sharedNumber, UNKNOWN_NUMBER, whileClosed } from "../demo-data.js";

const RECORDING = "https://media.ringcentral.com/restapi/v1.0/account/260917004/recording/7718203004";

/** What the world outside would do to a phone. Not part of the widget: clearly marked as the simulator's. */
export function drawer(phone, ui) {
  const known = knownNumber(phone.contacts.list, ui.customers);
  const shared = sharedNumber(phone.contacts.list);
  const ring = (from, fromName) => {
    phone.navigation.go("/history");
    phone.line.ring({ from, fromName });
  };
  const typed = ui.ringNumber.trim();
  return h("aside.drawer", { "aria-label": "Simulator", class: ui.drawerOpen ? "open" : "" },
    h("div.drawer-head", null, h("span.tag", null, "Simulator"), h("span.grow", null, "someone calls this phone"),
      h("button.link", { "aria-expanded": String(ui.drawerOpen), click: () => ui.set({ drawerOpen: !ui.drawerOpen }) }, ui.drawerOpen ? "less" : "more")),
    h("div.drawer-row", null,
      h("button", { disabled: !known, click: () => ring(known.number, "") }, "Ring: known number"),
      h("button", { disabled: !shared, title: shared ? "" : "No number in the list is shared", click: () => ring(shared.number, "") }, "Ring: shared number"),
      h("button", { click: () => ring(UNKNOWN_NUMBER, "") }, "Ring: unknown")),
    ui.drawerOpen && h("div.drawer-row", null,
      h("input", { type: "tel", value: ui.ringNumber, placeholder: "+1 650 555 0100", "aria-label": "Number that rings", input: (event) => ui.set({ ringNumber: event.target.value }) }),
      h("button", { disabled: typed === "", click: () => ring(typed.replace(/[\s()-]/g, ""), "") }, "Ring number…"),
      h("button", { disabled: typed === "" && !known, click: () => text(phone, typed.replace(/[\s()-]/g, "") || known.number) }, "Text arrives")),
    ui.drawerOpen && h("div.drawer-row", null,
      h("button", { disabled: phone.line.history.length === 0, click: () => late(phone) }, icon("recording"), "Recording arrives"),
      h("button", { title: "Calls of another device, or of a time when no page was open", click: () => elsewhere(phone) }, "Calls from elsewhere"),
      phone.service.state.meetingInvitePath && h("button", { click: () => phone.actions.inviteToMeeting(meeting()) }, phone.service.state.meetingInviteTitle),
      phone.service.state.conferenceInvitePath && h("button", { click: () => phone.actions.inviteToConference(conference()) }, phone.service.state.conferenceInviteTitle)));
}

function text(phone, from) {
  phone.navigation.go("/messages");
  phone.conversations.receive({ from, text: "Thank you, that works for us. See you on Thursday." });
}

function elsewhere(phone) {
  phone.navigation.go("/history");
  phone.learn(whileClosed(phone.contacts.list, phone.own, Date.now()));
}

function late(phone) {
  const [newest] = phone.line.history;
  const contentUri = `${RECORDING}/content`;
  phone.line.addLate(newest.sessionId, {
    recording: { id: "7718203004", uri: RECORDING, type: "OnDemand", contentUri, link: `https://ringcentral.github.io/ringcentral-media-reader/?media=${encodeURIComponent(contentUri)}` },
  });
}

function meeting() {
  const from = Date.now() + 86_400_000;
  return {
    topic: "Order review",
    location: "https://v.ringcentral.com/join/518203377",
    timeFrom: new Date(from).toISOString(),
    timeTo: new Date(from + 3_600_000).toISOString(),
    details: "Join: https://v.ringcentral.com/join/518203377",
  };
}

/** The fields of the old widget's conference page; protocol 8 names the body only as {conference}. */
function conference() {
  return { dialInNumber: "+16505550100", participantCode: "518203377", hostCode: "203377518" };
}
