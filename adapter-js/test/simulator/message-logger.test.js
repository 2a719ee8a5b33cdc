import assert from "node:assert/strict";
import test from "node:test";

import { dateWriter } from "../../simulator/core/conversations.js";
import { vector } from "../support/daemon.js";
import { settle, short, World } from "./world.js";

const SERVICE = {
  name: "AcmeDesk",
  contactMatchPath: "/contacts/match",
  messageLoggerPath: "/messageLogger",
  messageLogEntityMatcherPath: "/messageLogger/match",
  messagesLogPageInputChangedEventPath: "/messageLogger/inputChanged",
};
const THREAD = "7312904416650328117";
const NUMBER = "+16505550123";
const ANN = vector("11-contacts-match-batch").response.response.data[NUMBER][0];
/** All messages of the vectors' thread, over two days. */
const MESSAGES = vector("27-messagelog-manual-multi-date").requests.flatMap(({ body }) => body.conversation.messages);

function ready({ messages = MESSAGES, known = [ANN], ...more } = {}) {
  const world = new World({ kept: { calls: [], messages, autoLog: { call: false, message: false } }, ...more });
  world.time.now = MESSAGES[0].creationTime;
  world.logged = {};
  world.routes.set("/contacts/match", ({ phoneNumbers }) => ({ data: Object.fromEntries(phoneNumbers.map((number) => [number, known])) }));
  world.routes.set("/messageLogger", { data: "ok" });
  world.routes.set("/messageLogger/match", ({ conversationLogIds }) => ({ data: Object.fromEntries(conversationLogIds.map((id) => [id, world.logged[id] ?? []])) }));
  return world;
}

async function registered(options) {
  const world = ready(options);
  world.register(SERVICE);
  await settle();
  world.fresh();
  return world;
}

test("vector 27: one click, a request a date, newest first, redirect on the newest only", async () => {
  const { requests } = vector("27-messagelog-manual-multi-date");
  const world = ready();
  world.logged = { [`${THREAD}/1/1/2026`]: [{ id: "note_7" }] };
  world.register(SERVICE);
  await settle();
  world.fresh();
  world.phone.logging.clickThread(THREAD);
  assert.deepEqual(world.fresh().slice(0, 2).map(({ body }) => body), requests.map(({ body }) => body));
  await settle();
  assert.deepEqual(world.fresh().map(short), ["/messageLogger/match:1", "/messageLogger/match:1"], "each is matched again");
});

test("vector 26: auto log posts today's conversation 300 ms later, after a match of its own", async () => {
  const world = await registered({ messages: MESSAGES.slice(1, 3) });
  world.phone.logging.setAutoLog("message", true);
  world.phone.conversations.add(MESSAGES[0]);
  await settle();
  world.fresh();
  await world.time.advance(299);
  assert.deepEqual(world.fresh(), []);
  await world.time.advance(1);
  const [match, post] = world.fresh();
  assert.deepEqual(match.body.conversationLogIds, [`${THREAD}/1/2/2026`]);
  assert.deepEqual(post.body, vector("26-messagelog-auto").request.body);
});

test("auto log: yesterday is left alone, and a status change alone posts nothing", async () => {
  const world = await registered();
  world.phone.logging.setAutoLog("message", true);
  world.phone.messageLogger.onMessage();
  await world.time.advance(300);
  assert.deepEqual(world.asked("/messageLogger").map(({ body }) => body.conversation.date), ["1/2/2026"]);
  world.phone.messageLogger.onMessage();
  await world.time.advance(300);
  assert.equal(world.asked("/messageLogger").length, 1);
  world.phone.conversations.receive({ from: NUMBER, text: "One more" });
  await world.time.advance(300);
  assert.equal(world.asked("/messageLogger").length, 2);
  assert.equal(world.asked("/messageLogger")[1].body.conversation.messages.length, 3, "the whole day again");
});

test("auto log switched on again posts today once more", async () => {
  const world = await registered();
  for (const on of [true, false, true]) world.phone.logging.setAutoLog("message", on);
  world.phone.messageLogger.onMessage();
  await world.time.advance(300);
  world.phone.logging.setAutoLog("message", false);
  world.phone.logging.setAutoLog("message", true);
  world.phone.messageLogger.onMessage();
  await world.time.advance(300);
  assert.equal(world.asked("/messageLogger").length, 2);
});

test("a logged conversation is updated with auto log off, with null entities", async () => {
  const world = await registered();
  world.logged = { [`${THREAD}/1/2/2026`]: [{ id: "note_9" }] };
  world.phone.conversations.receive({ from: NUMBER, text: "One more" });
  await world.time.advance(300);
  const [{ body }] = world.asked("/messageLogger");
  assert.deepEqual([body.triggerType, body.selfEntity, body.correspondentEntity], ["auto", null, null]);
  assert.deepEqual(body.conversation.conversationLogMatches, [{ id: "note_9" }]);
});

test("auto log: at most ten conversations at once", async () => {
  const world = ready({ messages: [] });
  for (let index = 0; index < 12; index++) world.phone.conversations.remember({ from: `+165055503${index + 10}`, text: "Hi" });
  world.register(SERVICE);
  await settle();
  world.routes.delete("/messageLogger");
  world.phone.logging.setAutoLog("message", true);
  world.phone.messageLogger.onMessage();
  await world.time.advance(300);
  assert.equal(world.asked("/messageLogger").length, 10);
  await world.time.advance(15_000);
  assert.equal(world.asked("/messageLogger").length, 12);
});

test("vectors 28 and 29: voicemail and fax are conversations of their own", async () => {
  for (const name of ["28-messagelog-voicemail", "29-messagelog-fax"]) {
    const { conversation } = vector(name).request.body;
    const world = await registered({ messages: conversation.messages });
    world.phone.logging.clickThread(conversation.conversationId);
    const item = world.fresh()[0].body.conversation;
    assert.deepEqual(
      [item.conversationLogId, item.type, item.creationTime, item.messages],
      [conversation.conversationLogId, conversation.type, conversation.creationTime, conversation.messages],
    );
  }
});

test("vector 31: input changes carry a map of dates, the page only when there is one", async () => {
  const world = ready();
  world.logged = { [`${THREAD}/1/1/2026`]: [{ id: "note_7" }] };
  world.register(SERVICE);
  await settle();
  world.phone.receive({ type: "rc-adapter-navigate-to", path: `/log/messages/${THREAD}` });
  assert.equal(world.phone.form.open.formData.contactId, "ct_1001");
  world.phone.form.open.formData = {};
  world.fresh();
  world.phone.logging.formInput("contactId", "ct_1001");
  assert.deepEqual(world.fresh()[0].body, vector("31-messagelog-input-changed").request.body);
});

test("the saved form is posted for every date with the same formData", async () => {
  const world = await registered();
  world.phone.logging.showThreadForm(THREAD);
  world.phone.logging.saveForm();
  const posts = world.fresh().filter(({ path }) => path === "/messageLogger").map(({ body }) => body);
  assert.deepEqual(posts.map(({ triggerType, redirect, formData }) => [triggerType, redirect, formData.contactId]), [["logForm", true, "ct_1001"], ["logForm", false, "ct_1001"]]);
});

test("nobody matched: the form says unknown", async () => {
  const world = await registered({ known: [] });
  world.phone.logging.showThreadForm(THREAD);
  assert.equal(world.phone.form.open.formData.contactId, "unknown");
});

test("another contact under auto log posts at once, not for prefill", async () => {
  const world = await registered({ known: [ANN, { ...ANN, id: "ct_2" }] });
  world.phone.logging.setAutoLog("message", true);
  await world.phone.logging.pickForThread(THREAD, "ct_2");
  const [{ body }] = world.asked("/messageLogger");
  assert.deepEqual([body.triggerType, body.prefill, body.correspondentEntity.id], ["manual", false, "ct_2"]);
});

test("the date's text is that of the locale, in the widget's own zone", () => {
  const at = Date.UTC(2026, 0, 2, 3);
  const wanted = { "en-US": "1/2/2026", "en-GB": "02/01/2026", "fr-FR": "02/01/2026", "de-DE": "2.1.2026", "ja-JP": "2026/1/2", "fr-CA": "2026-01-02" };
  for (const [locale, text] of Object.entries(wanted)) assert.equal(dateWriter(locale, "UTC")(at), text, locale);
  assert.equal(dateWriter("en-US", "America/New_York")(at), "1/1/2026");
});

test("vector 40: a text that comes in is announced as the API's record", async () => {
  const world = await registered({ messages: MESSAGES });
  world.posted.length = 0;
  const wanted = vector("40-events-and-sequence").events.find((event) => event.type === "rc-inbound-message-notify").message;
  world.phone.conversations.add({ ...MESSAGES[1], readStatus: "Unread" });
  const { message } = world.posted[0];
  for (const key of ["id", "type", "direction", "conversation", "subject", "readStatus", "messageStatus", "availability"]) assert.deepEqual(message[key], wanted[key], key);
  assert.equal(message.creationTime, new Date(MESSAGES[1].creationTime).toISOString());
  assert.equal("conversationId" in message, false);
});
