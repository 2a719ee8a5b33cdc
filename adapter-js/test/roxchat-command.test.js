import assert from "node:assert/strict";
import test from "node:test";
import { COMMAND_ERRORS } from "../src/roxchat-envelope.js";
import { later, problem } from "./support/daemon.js";
import { settle } from "./support/page.js";
import { CHAT, event, message, selected, workspace } from "./support/workspace.js";

const COMMANDS = "/v1/roxchat/desk/commands";
const RESULT = `${COMMANDS}/cmd_1/result`;
const params = { roxchatVisitorId: "visitor", sessionId: "session" };

async function asking(more = {}) {
  const world = await workspace();
  const reports = [];
  world.daemon.on(COMMANDS, () => ({ id: "cmd_1", message: { action: "start_outgoing_chat", params }, timeoutMs: 10_000, ...more }));
  world.daemon.on(RESULT, (body) => (reports.push(body), { status: body.status, words: `the daemon's words on ${body.code ?? body.status}` }));
  const promise = world.attachment.startChat("ct_1");
  await settle();
  return { ...world, reports, promise };
}

test("the exact payload goes to the exact origin", async () => {
  const { frame, daemon, promise, say } = await asking();
  assert.deepEqual(JSON.parse(daemon.requests.find(({ path }) => path === COMMANDS).body), { contactId: "ct_1" });
  assert.deepEqual(frame.received, [{ message: { action: "start_outgoing_chat", params }, origin: CHAT }]);
  say(selected());
  await promise;
});

test("confirmed by the session's chat: it is selected, or a message of it comes", async () => {
  for (const sign of [selected(), message("Hello"), JSON.stringify(selected())]) {
    const { promise, say, reports, of } = await asking();
    say(sign);
    assert.deepEqual(await promise, { status: "confirmed", words: "the daemon's words on confirmed" });
    assert.deepEqual(reports, [{ status: "confirmed" }]);
    assert.deepEqual(of("command").map(({ status, contactId }) => [status, contactId]), [["confirmed", "ct_1"]]);
  }
});

/** How an error might come back; the vendor does not say. */
const WAYS = {
  "a string": (code) => code,
  "a JSON string": (code) => JSON.stringify({ error: code }),
  "{error}": (code) => ({ error: code }),
  "{code}": (code) => ({ code }),
  "{error: {code}}": (code) => ({ error: { code, message: "words" } }),
  "an event of its own": (code) => event("outgoingChatError", { ...params, code }),
  "an event with {error}": (code) => event("error", { error: code }),
  "an event named so": (code) => event(code, {}),
  "an envelope around the action": (code) => ({ source: "roxchat", action: "start_outgoing_chat", result: { error: code, ...params } }),
};
for (const [way, made] of Object.entries(WAYS)) {
  test(`all five error codes reach startChat: ${way}`, async () => {
    assert.equal(COMMAND_ERRORS.size, 5);
    for (const code of COMMAND_ERRORS.keys()) {
      const { promise, say, reports } = await asking();
      say(made(code));
      assert.deepEqual(await promise, { status: "error", code, words: `the daemon's words on ${code}` });
      assert.deepEqual(reports, [{ status: "error", code }]);
    }
  });
}

test("silence: unknown after ten seconds, and not before", async () => {
  const { promise, time, reports } = await asking();
  let ended = false;
  void promise.then(() => (ended = true));
  await time.advance(9_999);
  assert.equal(ended, false);
  await time.advance(1);
  const result = await promise;
  assert.equal(result.status, "unknown");
  assert.deepEqual(reports, [{ status: "unknown" }]);
});

test("nothing else confirms or refuses it", async () => {
  const { promise, say, time, frame } = await asking();
  const code = "visitor_already_in_chat";
  say(selected("another session"));
  say(selected("session", { roxchatVisitorId: "another visitor" }));
  say(message("hi", { sessionId: "another session" }));
  say(message(code, { sessionId: "another session" }));
  say(event("notificationAdded", { notification: { id: "n", kind: "visitor", text: code, sessionId: "session" } }));
  say(event("chatClosedByOperator", { ...params, chatId: 1, channelUserName: code }));
  say({ error: code, sessionId: "another session" });
  say({ error: code, roxchatVisitorId: "another visitor" });
  say({ error: "some_other_error" });
  say(`${code}!`);
  say(code, { origin: "https://evil.example" });
  say(code, { source: {} });
  say(selected(), { origin: "https://evil.example" });
  for (const data of [null, undefined, 7, [], "", "{"]) say(data);
  await time.advance(10_000);
  assert.equal((await promise).status, "unknown");
  assert.equal(frame.received.length, 1, "and it is not posted twice");
});

test("what was heard before the command does not confirm it", async () => {
  const world = await workspace();
  const gate = later();
  world.daemon.on(COMMANDS, async () => (await gate.promise, { id: "cmd_1", message: { action: "start_outgoing_chat", params }, timeoutMs: 10_000 }));
  const promise = world.attachment.startChat("ct_1");
  await settle();
  world.say(selected());
  gate.resolve();
  await world.time.advance(10_000);
  assert.equal((await promise).status, "unknown");
});

test("no session known, or no daemon: an error with its words, and nothing is posted", async () => {
  const world = await workspace();
  world.daemon.on(COMMANDS, () => problem(409, "no_session", "No session of this contact is known."));
  assert.deepEqual(await world.attachment.startChat("ct_1"), { status: "error", code: "no_session", words: "No session of this contact is known." });
  world.daemon.down = true;
  assert.equal((await world.attachment.startChat("ct_1")).code, "unreachable");
  assert.deepEqual(world.frame.received, []);
});

test("a daemon cannot make the page post anything else", async () => {
  for (const message of [undefined, { action: "delete_everything", params }, { action: "start_outgoing_chat" }, { action: "start_outgoing_chat", params: { ...params, sessionId: 7 } }, { action: "start_outgoing_chat", params: { roxchatVisitorId: "", sessionId: "" } }]) {
    const { promise, frame } = await asking({ message });
    assert.equal((await promise).code, "unusable");
    assert.deepEqual(frame.received, []);
  }
  const { promise, frame, say } = await asking({ message: { action: "start_outgoing_chat", params: { ...params, more: 1 }, more: 2 } });
  assert.deepEqual(frame.received[0].message, { action: "start_outgoing_chat", params });
  say(selected());
  await promise;
});

test("a workspace that is gone: an error, and the daemon hears of it", async () => {
  const world = await workspace();
  const reports = [];
  world.daemon.on(COMMANDS, () => ({ id: "cmd_1", message: { action: "start_outgoing_chat", params }, timeoutMs: 10_000 }));
  world.daemon.on(RESULT, (body) => (reports.push(body), {}));
  world.page.remove(world.frame);
  assert.equal((await world.attachment.startChat("ct_1")).code, "workspace_missing");
  assert.deepEqual(reports, [{ status: "error", code: "workspace_missing" }]);
});

test("one at a time: an error does not say whose it is", async () => {
  const { promise, attachment, say, frame } = await asking();
  const same = attachment.startChat("ct_1");
  assert.equal((await attachment.startChat("ct_2")).code, "command_pending");
  say("no_tariff_option");
  assert.equal((await promise).code, "no_tariff_option");
  assert.equal((await same).code, "no_tariff_option");
  assert.equal(frame.received.length, 1);
});

test("the report is repeated when the daemon does not hear it; the page does not wait for that", async () => {
  const { promise, daemon, say, time, reports } = await asking();
  const usual = daemon.routes.get(RESULT);
  daemon.on(RESULT, () => problem(503, "busy"));
  say("no_tariff_option");
  assert.deepEqual(await promise, { status: "error", code: "no_tariff_option", words: COMMAND_ERRORS.get("no_tariff_option") });
  daemon.on(RESULT, usual);
  await time.advance(10_000);
  assert.deepEqual(reports, [{ status: "error", code: "no_tariff_option" }]);
});

test("outgoing: what the daemon says, for the button", async () => {
  const { attachment, daemon } = await workspace();
  const path = "/v1/roxchat/desk/contacts/ct%2F1/outgoing";
  daemon.on(path, () => ({ enabled: true }));
  assert.deepEqual(await attachment.outgoing("ct/1"), { enabled: true });
  daemon.on(path, () => ({ enabled: false, reason: "no_session", words: "No visit is known." }));
  assert.deepEqual(await attachment.outgoing("ct/1"), { enabled: false, reason: "No visit is known.", code: "no_session" });
  daemon.on(path, () => ({}));
  assert.deepEqual(await attachment.outgoing("ct/1"), { enabled: false });
  daemon.down = true;
  const { enabled, reason } = await attachment.outgoing("ct/1");
  assert.equal(enabled, false);
  assert.match(reason, /cannot be reached/);
});
