import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { manyCalls, settle, World } from "./world.js";

const ask = (world, path, body) => {
  world.phone.receive({ type: "rc-adapter-message-request", requestId: "1", path, ...(body === undefined ? {} : { body }) });
  const answer = world.posted.at(-1);
  return answer?.type === "rc-adapter-message-response" ? answer.response : undefined;
};

test("the events of a load, in the recorded form", () => {
  const world = new World();
  world.phone.start();
  const recorded = vector("40-events-and-sequence").events;
  for (const type of ["rc-login-status-notify", "rc-adapter-pushLocale"]) {
    const wanted = recorded.find((event) => event.type === type);
    const sent = world.posted.find((message) => message.type === type);
    assert.deepEqual(Object.keys(sent).sort(), Object.keys(wanted).sort(), type);
  }
  assert.equal(world.posted[0].type, "rc-adapter-pushAdapterState", "once per load, before the login event");
});

test("alerts go after their time, or stay with ttl 0, or are dismissed", async () => {
  const world = new World();
  const brief = ask(world, "/custom-alert-message", { message: "Brief" });
  const lasting = ask(world, "/custom-alert-message", { message: "Lasting", level: "danger", ttl: 0 });
  await world.time.advance(5_000);
  assert.deepEqual(world.phone.alerts.list.map(({ id, level }) => [id, level]), [[lasting, "danger"]]);
  assert.notEqual(brief, lasting);
  assert.equal(ask(world, "/dismiss-alert-message", { id: lasting }), "ok");
  assert.deepEqual(world.phone.alerts.list, []);
  for (const message of ["a", "b"]) ask(world, "/custom-alert-message", { message, ttl: 0 });
  ask(world, "/dismiss-alert-message", {});
  assert.deepEqual(world.phone.alerts.list, [], "without an id all of them");
});

test("an unknown path is answered, a missing body is not", () => {
  const world = new World();
  assert.deepEqual(ask(world, "/nonsense"), { data: "no matched path" });
  world.posted.length = 0;
  assert.equal(ask(world, "/custom-alert-message"), undefined);
  assert.equal(ask(world, "/unlogged-calls"), undefined);
});

test("a banner shows, is replaced with its omitted keys, and goes", () => {
  const world = new World();
  const send = (banner) => world.phone.receive({ type: "rc-adapter-update-customized-banner", banner });
  send({ id: "a", message: "A", closable: true });
  send({ id: "b", message: "B" });
  assert.deepEqual(world.phone.service.state.banner, { id: "b", message: "B" });
  send({ id: "b", message: "B", hidden: true });
  assert.equal(world.phone.service.state.banner, null);
  send({ id: "c", message: "C" });
  send(null);
  assert.equal(world.phone.service.state.banner, null);
});

test("navigation: pages, the way back, and forms over the page", async () => {
  const world = new World({ kept: manyCalls(1) });
  const go = (path) => world.phone.receive({ type: "rc-adapter-navigate-to", path });
  go("/contacts");
  go("/settings");
  go("goBack");
  assert.equal(world.phone.navigation.path, "/contacts");
  go("/log/call/31822045701010");
  assert.equal(world.phone.form.open, null, "no such call");
  go(`/log/call/${world.phone.line.history[0].sessionId}`);
  assert.deepEqual([world.phone.form.open.kind, world.phone.navigation.path], ["call", "/contacts"]);
  go(7);
  await settle();
  assert.equal(world.phone.navigation.path, "/contacts");
});

test("auto log settings by the host are announced once per change", () => {
  const world = new World();
  world.phone.receive({ type: "rc-adapter-update-auto-log-settings", call: true });
  world.phone.receive({ type: "rc-adapter-update-auto-log-settings", call: true, message: true });
  assert.deepEqual(world.posted, [
    { type: "rc-callLogger-auto-log-notify", autoLog: true },
    { type: "rc-messageLogger-auto-log-notify", autoLog: true },
  ]);
});

test("what outlives a reload: the log, the messages, the switches; caches do not", async () => {
  const world = new World();
  world.register({ name: "A", contactMatchPath: "/m" });
  world.routes.set("/m", { data: { "+1": [{ id: "1" }] } });
  const session = world.phone.line.ring({ from: "+1" });
  await settle();
  world.phone.line.hangup(session);
  world.phone.conversations.send({ to: "+2", text: "Hi" });
  world.phone.logging.setAutoLog("call", true);
  const again = new World({ kept: structuredClone(world.phone.snapshot) });
  assert.deepEqual(again.phone.line.sessions, [session]);
  assert.deepEqual(again.phone.conversations.messages.length, 1);
  assert.equal(again.phone.callLogger.autoLog, true);
  assert.deepEqual(again.phone.logging.callCandidates(session), []);
  again.phone.conversations.send({ to: "+2", text: "Again" });
  assert.equal(again.phone.conversations.threads.length, 1, "the thread goes on");
});
