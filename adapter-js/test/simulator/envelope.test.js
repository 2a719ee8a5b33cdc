import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { settle, World } from "./world.js";

function asking() {
  const world = new World();
  world.register({ name: "AcmeDesk", doNotContactPath: "/doNotContact" });
  const answer = world.phone.actions.doNotContact({ phoneNumber: "+16505550123", actionType: "call" });
  return { world, answer, request: world.requests[0] };
}

test("vector 01: one request, an id of version 4, the body verbatim", () => {
  const { request } = asking();
  const wanted = vector("01-envelope").request;
  assert.match(request.requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual({ ...request, requestId: "" }, { ...wanted, requestId: "" });
});

test("vector 01: a wrong id and a wrong type are ignored, the first match wins", async () => {
  const { world, answer, request } = asking();
  for (const ignored of vector("01-envelope").ignored) {
    const ours = ignored.responseId === "not-the-id" ? ignored : { ...ignored, responseId: request.requestId };
    world.phone.receive(ours);
  }
  world.answer(request, { data: { result: false } });
  world.answer(request, { data: { result: true } });
  assert.deepEqual(await answer, { result: false });
});

test("a response after the timeout is dropped, and no timer stays behind", async () => {
  const { world, answer, request } = asking();
  await world.time.advance(3_000);
  assert.deepEqual(await answer, { result: false }, "do-not-contact fails open");
  world.answer(request, { data: { result: true } });
  await settle();
  assert.equal(world.time.pending, 0);
});

test("each path has the patience of protocol 1.3", async () => {
  const waits = [
    ["contactsPath", (phone) => phone.contacts.sync(), 60_000],
    ["contactMatchPath", (phone) => phone.matching.refreshContact("+1"), 30_000],
    ["callLoggerPath", (phone) => phone.callLogger.save({ sessionId: "1", direction: "Inbound", from: {}, to: {} }, {}), 15_000],
    ["meetingLoggerPath", (phone) => phone.actions.logMeeting({}), 6_000],
    ["authorizationPath", (phone) => phone.actions.authorize(), 3_000],
  ];
  for (const [field, act, patience] of waits) {
    const world = new World();
    world.register({ name: "AcmeDesk", authorized: true, [field]: "/path" });
    await settle();
    if (field !== "contactsPath") act(world.phone);
    await settle();
    await world.time.advance(patience - 1);
    assert.equal(world.time.pending, 1, `${field} still waits`);
    await world.time.advance(1);
    assert.equal(world.time.pending, 0, `${field} gave up`);
    assert.equal(world.warnings.length, 1, `${field} says so on the console only`);
  }
});

test("keys nobody knows are ignored on the way in", async () => {
  const { world, answer, request } = asking();
  world.phone.receive({ type: "rc-post-message-response", responseId: request.requestId, extra: 1, response: { data: { result: true, mode: "restrict" }, more: {} } });
  assert.deepEqual(await answer, { result: true, mode: "restrict" });
  for (const nonsense of [null, undefined, 7, "text", [], {}, { type: "toString" }, { type: "rc-unknown" }]) world.phone.receive(nonsense);
});
