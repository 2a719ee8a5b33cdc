import { connectIn } from "../../src/connect.js";
import { FakeFrame, FakePage, settle } from "./page.js";

export const CHAT = "https://chat.example";
export const EVENTS = "/v1/roxchat/desk/events";

/** The event of the vendor's page, with what a test needs of it. */
export const event = (name, params = {}) => ({ source: "roxchat", event: name, params });
export const message = (text, more = {}) =>
  event("newMessageAdded", {
    roxchatVisitorId: "visitor", providedVisitorId: "12345", chatId: 483, sessionId: "session", kind: "visitor", messageText: text, siebelId: null, ...more,
  });
export const selected = (sessionId = "session", more = {}) =>
  event("visitorSelected", { roxchatVisitorId: "visitor", providedVisitorId: "12345", chatId: null, sessionId, taskId: null, siebelId: null, ...more });

/** A page with a workspace attached, and a daemon that keeps each event once by stream and number. */
export async function workspace({ page = new FakePage(), options = {}, attach = true, effects = () => [] } = {}) {
  const { daemon, time } = page;
  const kept = new Map();
  daemon.on(EVENTS, ({ stream, events }) => ({
    results: events.map(({ seq, event }) => {
      const status = kept.has(`${stream} ${seq}`) ? "duplicate" : "stored";
      kept.set(`${stream} ${seq}`, event);
      return { seq, status, effects: effects(event, seq) };
    }),
  }));
  const handle = connectIn(options, page.env, daemon.base);
  await settle();
  const frame = page.put(new FakeFrame(`${CHAT}/agent`), "workspace");
  const heard = [];
  const join = () => {
    const attachment = handle.roxchat.attach(frame, { origin: CHAT, workspace: "desk" });
    for (const name of ["screenPop", "badge", "refused", "command", "waiting", "lost"]) attachment.on(name, (detail) => heard.push([name, detail]));
    return attachment;
  };
  const attachment = attach ? join() : null;
  const say = (data, how) => page.say(frame, data, { origin: CHAT, ...how });
  const batches = () => daemon.requests.filter(({ path }) => path === EVENTS).map(({ body }) => JSON.parse(body));
  return { page, handle, frame, attachment, join, say, kept, batches, heard, of: (name) => heard.filter(([n]) => n === name).map(([, detail]) => detail), daemon, time };
}
