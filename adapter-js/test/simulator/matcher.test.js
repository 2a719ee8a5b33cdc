import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { ALL_PATHS, manyCalls, settle, short, World } from "./world.js";

const SERVICE = { name: "AcmeDesk", contactMatchPath: "/contacts/match" };
const entity = vector("12-contacts-match-manual").response.response.data["+12125550188"][0];

/** A phone with calls from these numbers in its log, registered, its first match open. */
function withNumbers(numbers, names = {}) {
  const kept = manyCalls(numbers.length);
  kept.calls.forEach((call, index) => {
    call.from = { phoneNumber: numbers[index] };
    call.fromName = names[numbers[index]] ?? "";
  });
  const world = new World({ kept });
  world.register(SERVICE);
  return world;
}

test("vector 11: all uncached numbers at once; those not answered count as no match", async () => {
  const { request, response, expect } = vector("11-contacts-match-batch");
  const { phoneNumbers, callerIds } = request.body;
  const world = withNumbers(phoneNumbers, callerIds);
  assert.deepEqual(world.fresh()[0].body, request.body);
  await world.reply("/contacts/match", response.response);
  for (const [number, ids] of Object.entries(expect.cache)) {
    assert.deepEqual(world.phone.matching.contacts.entities(number).map((found) => found.id), ids, number);
  }
  assert.equal(world.phone.matching.contacts.entities("+16505550123")[0].entityType, "AcmeDesk", "filled from type");
  world.phone.matching.trigger();
  assert.deepEqual(world.fresh(), [], "no match is remembered as well");
});

test("vector 12: Refresh contact asks for one number and says that a person did", async () => {
  const { request } = vector("12-contacts-match-manual");
  const world = withNumbers(["+12125550188"]);
  world.fresh();
  world.phone.matching.refreshContact("+12125550188");
  assert.deepEqual(world.fresh()[0].body, request.body, "at once, beside the running request");
});

test("vector 13: every failure stores no match over what was known", async (t) => {
  for (const { response, effect } of vector("13-matcher-failures").cases) {
    await t.test(`${JSON.stringify(response)}: ${effect}`, async () => {
      const world = withNumbers(["k1"]);
      await world.reply("/contacts/match", { data: { k1: [entity] } });
      assert.equal(world.phone.matching.contacts.entities("k1").length, 1);
      world.phone.matching.refreshContact("k1");
      if (typeof response === "string") await world.time.advance(30_000);
      else await world.reply("/contacts/match", response);
      assert.deepEqual(world.phone.matching.contacts.entities("k1"), []);
      assert.deepEqual(world.phone.matching.contacts.entities("other"), []);
    });
  }
});

test("one request runs, one waits with everything that came meanwhile", async () => {
  const world = withNumbers(["a"]);
  world.fresh();
  const { contacts } = world.phone.matching;
  contacts.match(["b"]);
  contacts.match(["c", "a"]);
  assert.deepEqual(world.fresh(), []);
  await world.reply("/contacts/match", { data: {} });
  assert.deepEqual(world.fresh().map(({ body }) => body.phoneNumbers), [["b", "c"]], "a is known by now");
});

test("after five minutes matched numbers are asked again too, after two hours they are gone", async () => {
  const world = withNumbers(["a"]);
  await world.reply("/contacts/match", { data: { a: [entity] } });
  world.fresh();
  await world.time.advance(300_000);
  world.phone.matching.trigger();
  assert.deepEqual(world.fresh(), []);
  await world.time.advance(1);
  world.phone.matching.trigger();
  assert.deepEqual(world.fresh().map(short), ["/contacts/match:1"]);
  assert.equal(world.phone.matching.contacts.entities("a").length, 1, "shown until the answer comes");
  await world.time.advance(7_200_000);
  world.phone.matching.trigger();
  assert.deepEqual(world.phone.matching.contacts.entities("a"), []);
});

test("the lives of a registration are taken as milliseconds", async () => {
  const world = new World({ kept: manyCalls(1) });
  world.routes.set("/contacts/match", { data: {} });
  world.register({ ...SERVICE, contactNoMatchTtl: 1_000 });
  await world.time.advance(1_001);
  world.fresh();
  world.phone.matching.trigger();
  assert.deepEqual(world.fresh().map(short), ["/contacts/match:1"]);
});

test("vector 13: the log matchers have lives of their own", async () => {
  const { cacheLives } = vector("13-matcher-failures");
  const world = new World({ kept: manyCalls(1) });
  world.phone.conversations.remember({ from: "+1", text: "Hi" });
  for (const path of ["/callLogger/match", "/messageLogger/match"]) world.routes.set(path, { data: {} });
  const { contactsPath, contactMatchPath, ...rest } = ALL_PATHS;
  world.register(rest);
  await settle();
  world.fresh();
  await world.time.advance(cacheLives.messageLog.reRequestAfterMs + 1);
  world.phone.matching.trigger();
  assert.deepEqual(world.fresh().map(short), ["/messageLogger/match:1"]);
  await world.time.advance(cacheLives.callLog.reRequestAfterMs);
  world.phone.matching.trigger();
  assert.deepEqual(world.fresh().map(short), ["/callLogger/match:1", "/messageLogger/match:1"]);
});

test("a forced match by the host drops what is not listed", async () => {
  const world = new World({ kept: manyCalls(2) });
  for (const path of ["/contacts/match", "/callLogger/match", "/messageLogger/match"]) world.routes.set(path, { data: {} });
  world.register({ ...ALL_PATHS, contactsPath: undefined });
  await settle();
  world.fresh();
  const [first] = world.phone.line.history;
  world.phone.receive({ type: "rc-adapter-trigger-contact-match", phoneNumbers: [first.from.phoneNumber, "+999"] });
  world.phone.receive({ type: "rc-adapter-trigger-call-logger-match", sessionIds: [first.sessionId, "999"] });
  world.phone.receive({ type: "rc-adapter-trigger-call-logger-match", sessionIds: ["999"] });
  assert.deepEqual(world.fresh().map(short), ["/contacts/match:1", "/callLogger/match:1"]);
});

test("vector 24: keys and live sessions; status entities are kept and do not count as logged", async () => {
  const { request, response, expect } = vector("24-calllog-match");
  const [past, live] = request.body.sessionIds;
  const kept = manyCalls(1);
  kept.calls[0].sessionId = past;
  const world = new World({ kept });
  world.phone.line.ring({ from: "+1", ids: { sessionId: live } });
  world.register({ name: "AcmeDesk", callLogEntityMatcherPath: "/callLogger/match" });
  const [{ body }] = world.fresh();
  assert.deepEqual({ sessionIds: body.sessionIds.sort(), activeSessionIds: body.activeSessionIds }, request.body);
  await world.reply("/callLogger/match", response.response);
  const logged = (id) => world.phone.matching.callLogs.entities(id).some((found) => found.type !== "status");
  assert.deepEqual(expect.logged.map(logged), [true]);
  assert.deepEqual(expect.notLogged.map(logged), [false]);
});

test("vector 30: log ids are opaque keys with slashes", async () => {
  const { request, response } = vector("30-messagelog-match");
  const world = new World();
  world.register({ name: "AcmeDesk", messageLogEntityMatcherPath: "/messageLogger/match" });
  world.phone.matching.messageLogs.match(request.body.conversationLogIds);
  assert.deepEqual(world.fresh()[0].body, request.body);
  await world.reply("/messageLogger/match", response.response);
  assert.deepEqual(world.phone.matching.messageLogs.entities("7312904416650328117/1/1/2026"), [{ id: "note_7" }]);
});
