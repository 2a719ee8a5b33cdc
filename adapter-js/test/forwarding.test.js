import assert from "node:assert/strict";
import test from "node:test";
import { connected } from "./support/connected.js";
import { later, PATHS, problem } from "./support/daemon.js";
import { settle } from "./support/page.js";

const match = (...numbers) => ({ phoneNumbers: numbers, callerIds: {} });
const entity = (id) => [{ id, name: id, type: "AcmeDesk", phoneNumbers: [] }];

async function knowing(...numbers) {
  const all = await connected();
  all.daemon.on("/contacts/match", () => ({
    response: { data: Object.fromEntries(numbers.map((number) => [number, entity(number)])) },
    commands: [],
  }));
  all.page.ask(all.frame, "/contacts/match", match(...numbers, "nobody"));
  await settle();
  all.frame.received.length = 0;
  return all;
}

test("requests overlap: the second is answered while the first still waits", async () => {
  const { page, frame, daemon } = await connected();
  const slow = later();
  daemon.on("/activities", (body) => (body.n === 1 ? slow.promise : { response: { data: [2] }, commands: [] }));
  const first = page.ask(frame, "/activities", { n: 1 });
  const second = page.ask(frame, "/activities", { n: 2 });
  await settle();
  slow.resolve({ response: { data: [1] }, commands: [] });
  await settle();
  assert.deepEqual(frame.responses.map(({ responseId, response }) => [responseId, response.data]), [[second, [2]], [first, [1]]]);
});

test("a path that is not in the table is left to others", async () => {
  const { page, frame, daemon } = await connected();
  page.ask(frame, "/somebody/elses", {});
  await page.time.advance(60_000);
  assert.deepEqual(daemon.requests.filter(({ method }) => method === "POST"), []);
  assert.deepEqual(frame.responses, []);
});

test("answers half a second before the deadline of the path, whatever it is", async () => {
  for (const [path, deadline] of [["/activities", 3000], ["/callLogger", 6000], ["/contacts", 60000], ["/authorize", 3000]]) {
    const { page, frame, daemon, time, handle } = await connected();
    daemon.on(path, () => new Promise(() => {}));
    page.ask(frame, path, {});
    await time.advance(deadline - 501);
    assert.equal(frame.responses.length, 0, path);
    await time.advance(1);
    assert.deepEqual(frame.responses.map(({ response }) => response), [PATHS[path].fallback.response]);
    handle.destroy();
  }
});

test("exactly one answer: the late one is dropped, its commands and its matches are not", async () => {
  const { page, frame, daemon, time } = await connected();
  const slow = later();
  daemon.on("/contacts/match", () => slow.promise);
  page.ask(frame, "/contacts/match", match("+1"));
  await time.advance(30_000);
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: {} }]);
  slow.resolve({ response: { data: { "+1": entity("a") } }, commands: [{ type: "rc-adapter-trigger-contact-match", phoneNumbers: ["+1"] }] });
  await settle();
  assert.equal(frame.responses.length, 1);
  assert.equal(frame.of("rc-adapter-trigger-contact-match").length, 1);
  daemon.down = true;
  page.ask(frame, "/contacts/match", match("+1"));
  await settle();
  assert.deepEqual(frame.responses[1].response, { data: { "+1": entity("a") } });
});

test("a request is not listened to for ever", async () => {
  const { page, frame, daemon, time } = await connected();
  daemon.on("/activities", () => new Promise(() => {}));
  page.ask(frame, "/activities", {});
  await settle();
  const { signal } = daemon.posted("/activities")[0];
  await time.advance(32_900);
  assert.equal(signal.aborted, false);
  await time.advance(200);
  assert.equal(signal.aborted, true);
});

test("the response goes out before the commands, which keep their order", async () => {
  const { page, frame, daemon } = await connected();
  daemon.on("/authorize", () => ({
    response: { data: "ok" },
    commands: [
      { type: "rc-adapter-navigate-to", path: "/settings" },
      { type: "rc-adapter-sync-third-party-contacts" },
    ],
  }));
  page.ask(frame, "/authorize", { authorized: false });
  await settle();
  assert.deepEqual(frame.received.slice(1).map(({ message }) => message.type), [
    "rc-post-message-response",
    "rc-adapter-navigate-to",
    "rc-adapter-sync-third-party-contacts",
  ]);
});

test("daemon down: everything asked is known from before, so the answer is at once", async () => {
  const { page, frame, daemon } = await knowing("+1", "+2");
  daemon.down = true;
  page.ask(frame, "/contacts/match", match("+2", "+1"));
  page.ask(frame, "/contacts/match", match("nobody"));
  await settle();
  assert.deepEqual(frame.responses.map(({ response }) => response), [
    { data: { "+2": entity("+2"), "+1": entity("+1") } },
    { data: {} },
  ]);
});

test("daemon down, some keys unknown: asks on inside the deadline and gives the fresh answer when it comes", async () => {
  const { page, frame, daemon, time } = await knowing("+1");
  daemon.down = true;
  page.ask(frame, "/contacts/match", match("+1", "+9"));
  await time.advance(8_000);
  assert.equal(frame.responses.length, 0);
  daemon.down = false;
  daemon.on("/contacts/match", () => ({ response: { data: { "+9": entity("nine") } }, commands: [] }));
  await time.advance(6_000);
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: { "+9": entity("nine") } }]);
});

test("daemon down to the end: what is known is given at the deadline, and never an empty answer over it", async () => {
  const { page, frame, daemon, time } = await knowing("+1");
  daemon.down = true;
  page.ask(frame, "/contacts/match", match("+1", "+9"));
  await time.advance(29_499);
  assert.equal(frame.responses.length, 0);
  await time.advance(1);
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: { "+1": entity("+1") } }]);
  const tries = daemon.posted("/contacts/match").length;
  assert.ok(tries < 25, `${tries} tries in half a minute`);
  await time.advance(60_000);
  assert.equal(daemon.posted("/contacts/match").length, tries, "no try after the answer");
  assert.equal(frame.responses.length, 1);
});

test("a daemon that hangs: what is wholly known is given after three seconds, and the late answer is remembered", async () => {
  const { page, frame, daemon, time } = await knowing("+1");
  let answer = () => {};
  daemon.on("/contacts/match", () => new Promise((resolve) => (answer = resolve)));
  page.ask(frame, "/contacts/match", match("+1"));
  await time.advance(2_999);
  assert.equal(frame.responses.length, 0);
  await time.advance(1);
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: { "+1": entity("+1") } }]);
  answer({ response: { data: { "+1": entity("late") } }, commands: [] });
  await settle();
  assert.equal(frame.responses.length, 1);
  daemon.down = true;
  page.ask(frame, "/contacts/match", match("+1"));
  await settle();
  assert.deepEqual(frame.responses[1].response, { data: { "+1": entity("late") } });
});

test("a matcher error that will not pass is answered at once with what is known", async () => {
  const { page, frame, daemon } = await knowing("+1");
  daemon.on("/contacts/match", () => problem(422, "invalid_body"));
  page.ask(frame, "/contacts/match", match("+1", "+9"));
  await settle();
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: { "+1": entity("+1") } }]);
});

test("a path with two kinds of keys is remembered for both", async () => {
  const { page, frame, daemon } = await connected();
  daemon.on("/messageLogger/match", (body) => ({
    response: { data: body.messageIds ? { m1: { logId: "l" } } : { "c/1/2/2026": entity("c") } },
    commands: [],
  }));
  page.ask(frame, "/messageLogger/match", { conversationLogIds: ["c/1/2/2026"] });
  page.ask(frame, "/messageLogger/match", { conversationId: "7", messageIds: ["m1"] });
  await settle();
  daemon.down = true;
  frame.received.length = 0;
  page.ask(frame, "/messageLogger/match", { conversationId: "7", messageIds: ["m1"] });
  page.ask(frame, "/messageLogger/match", { conversationLogIds: ["c/1/2/2026"] });
  await settle();
  assert.deepEqual(frame.responses.map(({ response }) => response), [
    { data: { m1: { logId: "l" } } },
    { data: { "c/1/2/2026": entity("c") } },
  ]);
});

test("a logger tries again inside its deadline, so that a restart loses nothing", async () => {
  const { page, frame, daemon, time } = await connected();
  daemon.down = true;
  page.ask(frame, "/callLogger", { call: { sessionId: "1" } });
  await time.advance(1_500);
  daemon.down = false;
  await time.advance(3_000);
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: "ok" }]);
  assert.deepEqual(frame.of("rc-adapter-message-request"), []);
});

test("a click is not sent twice", async () => {
  const { page, frame, daemon, time } = await connected();
  daemon.on("/authorize", () => {
    throw new TypeError("Failed to fetch");
  });
  page.ask(frame, "/authorize", { authorized: false });
  await time.advance(10_000);
  assert.equal(daemon.posted("/authorize").length, 1);
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: "error" }]);
});

test("do-not-contact does not fail open", async () => {
  const { page, frame, daemon } = await connected();
  daemon.down = true;
  page.ask(frame, "/doNotContact", { phoneNumber: "+1", actionType: "call" });
  await settle();
  assert.equal(frame.responses[0].response.data.result, true);
});

test("answers that are not ours are failures: no JSON, no response, a proxy's page", async () => {
  for (const reply of [
    () => new Response("<html>"),
    () => Response.json({ commands: [] }),
    () => Response.json(null),
    () => new Response("<html>", { status: 502 }),
    () => problem(500, "bug"),
  ]) {
    const { page, frame, daemon, errors, handle } = await connected();
    daemon.on("/activities", reply);
    page.ask(frame, "/activities", {});
    await settle();
    assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: [] }]);
    assert.equal(errors.length, 1);
    assert.equal(errors[0].path, "/activities");
    handle.destroy();
  }
});

test("bodies are JSON as the widget's clone has them", async () => {
  const { page, frame, daemon } = await connected();
  daemon.on("/activities", () => ({ response: { data: [] } }));
  page.ask(frame, "/activities", { a: undefined, b: [undefined], text: "\ud800 broken", keys: { "a/b*+ c": 1 } });
  page.ask(frame, "/activities");
  await settle();
  const [first, second] = daemon.posted("/activities");
  assert.equal(first.body, '{"b":[null],"text":"\\ud800 broken","keys":{"a/b*+ c":1}}');
  assert.equal(second.body, "null");
});

test("what cannot be JSON gets the fallback and a line in the console", async () => {
  const { page, frame, daemon } = await connected();
  const cycle = {};
  cycle.self = cycle;
  page.ask(frame, "/activities", { n: 10n });
  page.ask(frame, "/activities", cycle);
  await settle();
  assert.equal(daemon.posted("/activities").length, 0);
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: [] }, { data: [] }]);
  assert.equal(page.warnings.length, 2);
});

test("an answer with odd keys keeps them and pollutes nothing", async () => {
  const { page, frame, daemon } = await connected();
  const data = JSON.parse('{"__proto__":[{"id":"p"}],"toString":[{"id":"t"}]}');
  daemon.on("/contacts/match", () => ({ response: { data }, commands: [] }));
  page.ask(frame, "/contacts/match", match("__proto__", "toString", "constructor"));
  await settle();
  daemon.down = true;
  page.ask(frame, "/contacts/match", match("__proto__", "toString", "constructor"));
  await settle();
  assert.deepEqual(Object.keys(frame.responses[1].response.data), ["__proto__", "toString"]);
  assert.equal({}.id, undefined);
});
