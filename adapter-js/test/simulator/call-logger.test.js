import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { manyCalls, settle, short, World } from "./world.js";

const SERVICE = {
  name: "AcmeDesk",
  contactMatchPath: "/contacts/match",
  callLoggerPath: "/callLogger",
  callLogEntityMatcherPath: "/callLogger/match",
  callLogPageInputChangedEventPath: "/callLogger/inputChanged",
};
const NUMBER = "+16505550123";
const SESSION = "318220457011";
const ANN = vector("11-contacts-match-batch").response.response.data[NUMBER][0];
const LOGGED = { id: "act_88", note: "", contact: "ct_1001" };

/** The ids of the vectors' call. */
const IDS = {
  id: "d41d8cd9f00b204e",
  sessionId: SESSION,
  telephonySessionId: "s-a7f3c1d29e50z18d4c0ffee1z3d51a0000",
  partyId: "p-a7f3c1d29e50z18d4c0ffee1z3d51a0000-2",
  webphoneId: "8c1f0e52-7b7a-4d0e-a1d7-77c0ffee0001",
  historyId: "Lbq7r2Xk9aNd0UA",
  fromTag: "f1",
  toTag: "t1",
};
/** What the vectors' call log says differently from what the phone saw. */
const RECORD = {
  startTime: 1767261601000,
  durationMs: 74912,
  lastModifiedTime: "2026-01-01T10:02:31.120Z",
  from: { phoneNumber: NUMBER, name: "HARBOR ANN", location: "San Mateo, CA" },
};

const bodyOf = (name) => vector(name).request.body;

/** What is logged in the end is the vector's history call: post it to the log matcher's cache. */
function ready({ autoLog = true, service = {}, matched = [ANN], ...more } = {}) {
  const world = new World(more);
  world.logged = [];
  world.routes.set("/contacts/match", ({ phoneNumbers }) => ({ data: Object.fromEntries(phoneNumbers.map((number) => [number, matched])) }));
  world.routes.set("/callLogger", { data: "ok" });
  world.routes.set("/callLogger/match", ({ sessionIds }) => ({ data: Object.fromEntries(sessionIds.map((id) => [id, world.logged])) }));
  world.register({ ...SERVICE, ...service });
  world.phone.logging.setAutoLog("call", autoLog);
  world.fresh();
  return world;
}

async function ring(world) {
  world.phone.line.ring({ from: NUMBER, fromName: "HARBOR ANN", ids: { ...IDS } });
  await settle();
}

test("vectors 16 to 20: one call, five posts, each followed by a match", async () => {
  const world = ready();
  const posts = () => world.fresh().filter(({ path }) => path === "/callLogger").map(({ body }) => body);

  world.logged = [LOGGED];
  await ring(world);
  const [forced, post, match] = world.fresh();
  assert.deepEqual(forced.body.phoneNumbers, [NUMBER]);
  assert.deepEqual(post.body, bodyOf("16-calllog-1-ringing"));
  const { thenRequest } = vector("16-calllog-1-ringing").expect;
  assert.deepEqual({ path: match.path, body: match.body }, thenRequest);

  world.logged = [];
  await world.time.advance(6_000);
  world.phone.line.answer(SESSION);
  await settle();
  assert.deepEqual(posts(), [bodyOf("17-calllog-2-connected")]);

  world.logged = [LOGGED];
  await world.time.advance(75_000);
  world.phone.line.hangup(SESSION, RECORD);
  await settle();
  assert.deepEqual(posts(), [bodyOf("18-calllog-3-ended")]);

  await world.time.advance(5_000);
  assert.deepEqual(posts(), [bodyOf("19-calllog-4-history")]);

  const { call, aiNote, transcript } = bodyOf("20-calllog-5-recording");
  world.phone.line.addLate(SESSION, { recording: call.recording, aiNote, transcript });
  await settle();
  assert.deepEqual(posts(), [bodyOf("20-calllog-5-recording")]);
});

test("vector 40: the order of events and requests around one call", async () => {
  const world = ready();
  world.posted.length = 0;
  await ring(world);
  await world.time.advance(6_000);
  world.phone.line.answer(SESSION);
  await settle();
  await world.time.advance(75_000);
  world.phone.line.hangup(SESSION, RECORD);
  await world.time.advance(5_000);
  const seen = world.posted.map((message) => (message.path ? short(message) : message.type));
  assert.deepEqual(seen, [
    "rc-active-call-notify", "rc-call-ring-notify", "/contacts/match:1", "/callLogger", "/callLogger/match:1",
    "rc-call-start-notify", "rc-active-call-notify", "/callLogger", "/callLogger/match:1",
    "rc-active-call-notify", "rc-call-end-notify", "/callLogger", "/callLogger/match:1",
    "rc-call-history-synced-notify", "/callLogger", "/callLogger/match:1",
  ]);
});

test("vector 40: the notify events are the recorded ones", async () => {
  const world = ready();
  // The recorded contactMatch was in the cache already.
  await world.phone.matching.contacts.force([NUMBER]);
  world.posted.length = 0;
  await ring(world);
  await world.time.advance(6_000);
  world.phone.line.answer(SESSION);
  await world.time.advance(75_000);
  world.phone.line.hangup(SESSION, RECORD);
  await settle();
  for (const type of ["rc-active-call-notify", "rc-call-ring-notify", "rc-call-start-notify", "rc-call-end-notify"]) {
    const wanted = vector("40-events-and-sequence").events.find((event) => event.type === type);
    assert.deepEqual(world.posted.find((message) => message.type === type), wanted, type);
  }
});

test("vector 21: a transfer goes on in the same session from another number, said once", async () => {
  const world = ready();
  await ring(world);
  world.phone.line.answer(SESSION);
  await settle();
  world.fresh();
  const wanted = bodyOf("21-calllog-transfer").call;
  world.phone.line.transferred(SESSION, wanted.from.phoneNumber);
  await settle();
  const [{ body }] = world.fresh();
  for (const key of ["sessionId", "from", "isTransferredCall", "transferredMiddleNumber", "phoneNumberUpdated", "sipData"]) {
    assert.deepEqual(body.call[key], wanted[key], key);
  }
  world.phone.line.hold(SESSION, true);
  await settle();
  const held = world.fresh()[0].body.call;
  assert.deepEqual([held.result, held.isTransferredCall, held.phoneNumberUpdated], ["OnHold", true, undefined]);
});

test("several matches: the first post names nobody", async () => {
  const world = ready({ matched: [ANN, { ...ANN, id: "ct_2" }] });
  await ring(world);
  const { fromEntity, toEntity, call } = world.asked("/callLogger")[0].body;
  assert.deepEqual([fromEntity, toEntity, call.fromMatches.length], [null, null, 2]);
});

test("picking a contact under auto log tells the host at once; without auto log nothing is sent", async () => {
  for (const autoLog of [true, false]) {
    const world = ready({ autoLog, matched: [ANN, { ...ANN, id: "ct_2" }] });
    await ring(world);
    world.fresh();
    await world.phone.logging.pickForCall(SESSION, "ct_2");
    const posts = world.fresh().filter(({ path }) => path === "/callLogger").map(({ body }) => body);
    assert.equal(posts.length, autoLog ? 1 : 0);
    if (!autoLog) continue;
    assert.deepEqual([posts[0].triggerType, posts[0].redirect, posts[0].fromEntity.id, posts[0].call.toNumberEntity], ["contactUpdated", false, "ct_2", "ct_2"]);
  }
});

test("with auto log off nothing is posted, unless the call has any match entity", async () => {
  const world = ready({ autoLog: false });
  await ring(world);
  assert.deepEqual(world.asked("/callLogger"), []);
  world.logged = [{ id: "job", type: "status", status: "pending" }];
  world.phone.receive({ type: "rc-adapter-trigger-call-logger-match", sessionIds: [SESSION] });
  await settle();
  world.phone.line.answer(SESSION);
  await settle();
  assert.equal(world.asked("/callLogger").length, 1);
});

test("posts of one session wait for the one before; two that waited run together", async () => {
  const world = ready();
  world.routes.delete("/callLogger");
  await ring(world);
  world.phone.line.answer(SESSION);
  world.phone.line.hold(SESSION, true);
  await settle();
  assert.equal(world.asked("/callLogger").length, 1);
  await world.reply("/callLogger", null);
  assert.deepEqual(world.asked("/callLogger").slice(1).map(({ body }) => body.call.result), ["CallConnected", "OnHold"]);
});

test("any response is a success, a timeout is none: no match follows", async () => {
  const world = ready();
  world.routes.delete("/callLogger");
  await ring(world);
  world.fresh();
  await world.time.advance(15_000);
  assert.deepEqual(world.fresh(), []);
  assert.equal(world.warnings.length, 1);
  world.phone.line.answer(SESSION);
  await settle();
  await world.reply("/callLogger", null);
  assert.deepEqual(world.fresh().map(short), ["/callLogger", "/callLogger/match:1"]);
});

/** A phone whose log holds the vectors' record, not logged yet. */
async function withRecord(options = {}) {
  const { call } = bodyOf("22-calllog-create-click");
  const { fromMatches, toMatches, activityMatches, toNumberEntity, isTransferredCall, transferredMiddleNumber, ...record } = call;
  const kept = { ...manyCalls(0), calls: [{ ...record, transferredFrom: null }] };
  const world = ready({ autoLog: false, kept, ...options });
  await settle();
  world.fresh();
  return world;
}

test("vector 22: Log is clicked, the host sends its form and the way to it", async () => {
  const world = await withRecord();
  await world.phone.logging.clickCall(SESSION, "createLog");
  await settle();
  const [post, match] = world.fresh();
  assert.deepEqual(post.body, bodyOf("22-calllog-create-click"));
  assert.equal(match.path, "/callLogger/match");
  for (const message of vector("22-calllog-create-click").hostMessages) world.phone.receive(message);
  assert.deepEqual(world.phone.form.open.formData, { contact: "ct_1001", note: "" });
});

test("vectors 23 and 25: keystrokes in the host's form, and its save", async () => {
  const world = await withRecord();
  world.logged = [LOGGED];
  world.phone.receive({ type: "rc-adapter-trigger-call-logger-match", sessionIds: [SESSION] });
  await settle();
  for (const message of vector("22-calllog-create-click").hostMessages) world.phone.receive(message);
  world.fresh();
  world.phone.logging.formInput("note", "W");
  assert.deepEqual(world.fresh()[0].body, bodyOf("25-calllog-input-changed"));
  world.phone.logging.formInput("note", "Wants quote");
  world.fresh();
  await world.phone.logging.saveForm();
  assert.deepEqual(world.fresh()[0].body, bodyOf("23-calllog-form-save"));
});

test("vector 23: the form closes before the save is known to have failed; the alert is the host's", async () => {
  const world = await withRecord({ service: { showLogModal: true } });
  world.routes.delete("/callLogger");
  await world.phone.logging.clickCall(SESSION, "createLog");
  const saved = world.phone.logging.saveForm();
  assert.equal(world.phone.form.open, null);
  const { onFailure } = vector("23-calllog-form-save");
  world.phone.receive(onFailure);
  const answer = world.posted.at(-1);
  assert.deepEqual([answer.type, answer.responseId], ["rc-adapter-message-response", "alert-1"]);
  assert.equal(world.phone.alerts.list[0].id, answer.response);
  assert.deepEqual(world.phone.alerts.list[0].details, onFailure.body.details);
  await world.time.advance(15_000);
  await saved;
  assert.equal(world.phone.alerts.list.length, 1, "ttl 0 stays");
});

test("with showLogModal only viewLog goes out; the form has contactId and note", async () => {
  const world = await withRecord({ service: { showLogModal: true } });
  for (const trigger of ["createLog", "editLog"]) await world.phone.logging.clickCall(SESSION, trigger);
  assert.deepEqual(world.fresh(), []);
  assert.deepEqual(world.phone.form.open.formData, { contactId: "ct_1001", note: "" });
  world.phone.logging.formInput("note", "Called back");
  assert.equal("page" in world.fresh()[0].body, false, "the host never sent a page");
  await world.phone.logging.saveForm();
  const { triggerType, formData, note, fromEntity, toEntity } = world.fresh()[0].body;
  assert.deepEqual([triggerType, note, fromEntity, toEntity], ["logForm", "Called back", null, null]);
  assert.deepEqual(formData, { contactId: "ct_1001", note: "Called back" });
  await world.phone.logging.clickCall(SESSION, "viewLog");
  await settle();
  assert.deepEqual(world.asked("/callLogger").map(({ body }) => body.triggerType), ["logForm", "viewLog"]);
});

test("a form is filled from an earlier log; several candidates are nobody's guess", async () => {
  const world = await withRecord({ service: { showLogModal: true }, matched: [ANN, { ...ANN, id: "ct_2" }] });
  await world.phone.logging.clickCall(SESSION, "createLog");
  assert.equal(world.phone.form.open.formData.contactId, "");
  world.logged = [{ id: "act_88", note: "Before", contact: { id: "ct_2" } }];
  world.phone.receive({ type: "rc-adapter-trigger-call-logger-match", sessionIds: [SESSION] });
  await settle();
  await world.phone.logging.clickCall(SESSION, "editLog");
  assert.deepEqual(world.phone.form.open.formData, { contactId: "ct_2", note: "Before" });
});

test("a preselection by telephony session counts for the form", async () => {
  const world = await withRecord({ service: { showLogModal: true }, matched: [ANN, { ...ANN, id: "ct_2" }] });
  world.phone.receive({ type: "rc-adapter-set-call-contact-matches-select", telephonySessionId: IDS.telephonySessionId, contactId: "ct_2" });
  assert.deepEqual(world.fresh(), []);
  await world.phone.logging.clickCall(SESSION, "createLog");
  assert.equal(world.phone.form.open.formData.contactId, "ct_2");
});

test("pages of the host are one and the same for the next call, keys merged", async () => {
  const world = await withRecord();
  world.phone.receive({ type: "rc-adapter-update-call-log-page", page: { title: "One", schema: {}, formData: { a: 1 } } });
  world.phone.receive({ type: "rc-adapter-update-call-log-page", page: { formData: { b: 2 } } });
  assert.deepEqual(world.phone.form.pages.call, { title: "One", schema: {}, formData: { b: 2 }, id: "$LOG-CALL" });
});

test("vector 39: unlogged calls and one call by id", async () => {
  const { request, response, request2 } = vector("39-unlogged-calls");
  const world = await withRecord();
  await world.time.advance(120_000);
  world.phone.receive(request);
  assert.deepEqual(JSON.parse(JSON.stringify(world.posted.at(-1))), response);
  world.phone.receive({ ...request2, body: { sessionId: "nobody" } });
  assert.deepEqual(world.posted.at(-1).response, vector("39-unlogged-calls").response2.response);
  world.phone.receive({ ...request2, body: { telephonySessionId: IDS.telephonySessionId } });
  assert.equal(world.posted.at(-1).response.call.sessionId, SESSION);
  world.phone.receive({ ...request2, body: {} });
  assert.ok(world.posted.at(-1).response.error);
});

test("vector 39: a logged call and one that has just ended are not listed", async () => {
  const { request } = vector("39-unlogged-calls");
  const world = await withRecord();
  world.phone.receive(request);
  assert.equal(world.posted.at(-1).response.calls.length, 0, "over for less than 20 s by this clock");
  await world.time.advance(120_000);
  world.logged = [LOGGED];
  world.phone.receive({ type: "rc-adapter-trigger-call-logger-match", sessionIds: [SESSION] });
  await settle();
  world.phone.receive(request);
  assert.equal(world.posted.at(-1).response.calls.length, 0);
});
