import assert from "node:assert/strict";
import test from "node:test";
import { connected } from "./support/connected.js";
import { FakeFrame, settle, WIDGET } from "./support/page.js";

const request = { type: "rc-post-message-request", requestId: "h", path: "/contacts/match", body: { phoneNumbers: ["1"] } };

/** Events that must not count: each with one thing wrong. */
function hostile(frame, turn) {
  const other = {};
  const origins = ["https://widget.example.evil.example", "http://widget.example", "https://widget.example:8443", "null", ""];
  const shapes = [null, undefined, 7, "rc-post-message-request", [], {}, { type: 5 }, { ...request, path: 7 }];
  const more = [
    { ...request, requestId: undefined },
    { ...request, requestId: "" },
    { ...request, requestId: 4 },
    { ...request, path: "__proto__" },
    { ...request, path: "constructor" },
    { ...request, path: "/unknown" },
    { ...request, path: undefined },
  ];
  const cases = [
    ...origins.map((origin) => ({ data: request, how: { origin } })),
    { data: request, how: { source: other } },
    { data: request, how: { source: null } },
    { data: request, how: { source: undefined } },
    { data: { type: "rc-login-status-notify", loggedIn: true }, how: { source: other } },
    { data: { type: "rc-adapter-pushAdapterState" }, how: { origin: "https://evil.example" } },
    ...[...shapes, ...more].map((data) => ({ data, how: {} })),
  ];
  return cases[turn % cases.length];
}

test("ten thousand hostile messages: no request of the daemon, no message to the widget", async () => {
  const { page, frame, daemon, handle } = await connected();
  const before = { requests: daemon.requests.length, received: frame.received.length };
  for (let turn = 0; turn < 10_000; turn++) {
    const { data, how } = hostile(frame, turn);
    const event = new Event("message");
    Object.assign(event, { data, source: frame.contentWindow, origin: WIDGET, ...how });
    page.window.dispatchEvent(event);
  }
  await settle();
  assert.equal(daemon.requests.length, before.requests);
  assert.equal(frame.received.length, before.received);
  assert.equal(handle.status, "registered");
});

test("a detached frame has no window: an event without a source is not its own", async () => {
  const { page, frame, daemon } = await connected();
  frame.contentWindow = null;
  const before = daemon.requests.length;
  page.say(frame, request, { source: null });
  await settle();
  assert.equal(daemon.requests.length, before);
});

test("a frame without an origin of its own is neither heard nor spoken to", async () => {
  for (const src of ["about:blank", "", "data:text/html,x", "javascript:0", "not a url"]) {
    const { page, handle } = await connected();
    const frame = new FakeFrame(src);
    page.put(frame);
    page.say(frame, { type: "rc-login-status-notify", loggedIn: true }, { origin: "null" });
    page.say(frame, request, { origin: "null" });
    await page.time.advance(60_000);
    assert.deepEqual(frame.received, [], src);
    handle.destroy();
  }
});

test("everything goes to the widget's exact origin, never to *", async () => {
  const { page, frame } = await connected();
  page.ask(frame, "/contacts/match", { phoneNumbers: ["+16505550123"] });
  await settle();
  assert.ok(frame.received.length >= 2);
  for (const { origin } of frame.received) assert.equal(origin, WIDGET);
});

test("an explicit widgetOrigin holds, whatever the frame's src says", async () => {
  const { page, frame, daemon } = await connected({ options: { widgetOrigin: "https://other.example/" } });
  assert.deepEqual(frame.received, [], "the widget spoke from another origin");
  page.say(frame, { type: "rc-login-status-notify", loggedIn: true }, { origin: "https://other.example" });
  page.say(frame, request, { origin: "https://other.example" });
  await settle();
  assert.equal(daemon.posted("/contacts/match").length, 1);
  assert.ok(frame.received.every(({ origin }) => origin === "https://other.example"));
});

test("an answer does not reach a widget that took the asking one's place", async () => {
  const { page, frame, daemon } = await connected();
  let answer = () => {};
  daemon.on("/activities", () => new Promise((resolve) => (answer = resolve)));
  page.ask(frame, "/activities", { contact: {} });
  await settle();
  page.remove(frame);
  const next = page.put(new FakeFrame("https://widget.example/other.html"));
  answer({ response: { data: [{ id: "secret" }] }, commands: [] });
  await settle();
  assert.deepEqual(next.responses, []);
  assert.deepEqual(frame.responses, []);
});
