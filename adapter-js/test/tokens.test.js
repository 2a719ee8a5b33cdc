import assert from "node:assert/strict";
import test from "node:test";
import { connectIn } from "../src/connect.js";
import { tokenFrom } from "../src/tokens.js";
import { connected } from "./support/connected.js";
import { later } from "./support/daemon.js";
import { FakeDaemon, FakeFrame, FakePage, settle } from "./support/page.js";

/** A page that gives token-1, token-2, ... and notes why it was asked. */
function issuing() {
  const reasons = [];
  return { reasons, getToken: async ({ reason }) => (reasons.push(reason), `token-${reasons.length}`) };
}

function guarded(token = "token-1") {
  const daemon = new FakeDaemon();
  daemon.token = token;
  return daemon;
}

test("the token is asked for once and sent with every request, the stream's included", async () => {
  const { reasons, getToken } = issuing();
  const { page, frame, daemon } = await connected({ page: new FakePage({ daemon: guarded() }), options: { getToken } });
  page.ask(frame, "/activities", {});
  await settle();
  assert.deepEqual(reasons, ["initial"]);
  assert.deepEqual(new Set(daemon.requests.map(({ token }) => token)), new Set(["token-1"]));
  assert.ok(daemon.requests.every(({ credentials, redirect }) => credentials === "omit" && redirect === "error"));
});

test("without getToken no header is sent", async () => {
  const { daemon } = await connected();
  assert.ok(daemon.requests.every(({ headers }) => !("Authorization" in headers)));
});

test("an expired token: one renewal for all requests, each repeated once, no reload", async () => {
  const { reasons, getToken } = issuing();
  const page = new FakePage({ daemon: guarded() });
  const { frame, daemon, handle } = await connected({ page, options: { getToken } });
  daemon.token = "token-2";
  const ids = Array.from({ length: 100 }, (_, n) => page.ask(frame, "/activities", { n }));
  await settle();
  assert.deepEqual(reasons, ["initial", "token_expired"]);
  assert.equal(daemon.posted("/activities").length, 200);
  assert.deepEqual(new Set(frame.responses.map(({ responseId }) => responseId)), new Set(ids));
  assert.ok(frame.responses.every(({ response }) => response.data === "ok"));
  assert.equal(handle.status, "registered");
});

test("a token that comes back after another request renewed it is not asked for again", async () => {
  const { reasons, getToken } = issuing();
  const page = new FakePage({ daemon: guarded() });
  const { frame, daemon } = await connected({ page, options: { getToken } });
  const slow = later();
  const { fetch } = daemon;
  let first = true;
  daemon.fetch = async function (url, init) {
    const answer = await fetch.call(daemon, url, init);
    if (answer.status === 401 && first) {
      first = false;
      await slow.promise;
    }
    return answer;
  };
  daemon.token = "token-2";
  page.ask(frame, "/activities", { n: 1 });
  page.ask(frame, "/activities", { n: 2 });
  await settle();
  slow.resolve();
  await settle();
  assert.deepEqual(reasons, ["initial", "token_expired"]);
  assert.equal(frame.responses.length, 2);
});

test("a daemon that refuses the new token too: unauthorized, an alert, and no third try", async () => {
  const { reasons, getToken } = issuing();
  const page = new FakePage({ daemon: guarded() });
  const { frame, daemon, handle, errors } = await connected({ page, options: { getToken } });
  daemon.token = "never";
  page.ask(frame, "/activities", {});
  await settle();
  assert.equal(daemon.posted("/activities").length, 2);
  assert.equal(reasons.length, 2);
  assert.equal(handle.status, "unauthorized");
  assert.equal(errors[0].code, "token_expired");
  assert.equal(errors[0].requestId, "req-1");
  assert.deepEqual(frame.responses[0].response, { data: [] });
  const [alert] = frame.of("rc-adapter-message-request");
  assert.equal(alert.path, "/custom-alert-message");
  assert.match(alert.body.message, /does not know you\. The token is no longer valid\./);
  page.say(frame, { type: "rc-adapter-message-response", responseId: alert.requestId, response: "alert-1" });
  daemon.token = "token-3";
  page.ask(frame, "/activities", {});
  await settle();
  assert.equal(handle.status, "registered");
  assert.deepEqual(frame.of("rc-adapter-message-request").at(-1).body, { id: "alert-1" });
});

test("a page that cannot give a token is asked again later, and told apart from a lost daemon", async () => {
  for (const getToken of [
    async () => { throw new Error("signed out"); },
    () => { throw new Error("signed out"); },
    async () => "",
    async () => undefined,
    async () => "<!doctype html><p>Please sign in",
    async () => "two\r\nlines: x",
  ]) {
    let working = getToken;
    const page = new FakePage({ daemon: guarded("good") });
    const handle = connectIn({ getToken: (request) => working(request) }, page.env, page.daemon.base);
    const messages = [];
    handle.addEventListener("status", ({ detail }) => messages.push(detail.message));
    const frame = page.put(new FakeFrame());
    await page.start(frame);
    assert.equal(handle.status, "unauthorized");
    assert.match(messages.at(-1), /could not get a Trunkline token/);
    assert.equal(frame.of("rc-adapter-message-request").length, 1, "the alert waited for the widget");
    assert.deepEqual(page.daemon.requests, []);
    working = async () => "good";
    await page.time.advance(10_000);
    assert.equal(handle.status, "registered");
    handle.destroy();
  }
});

test("a getToken that never answers holds nothing for ever", async () => {
  const page = new FakePage({ daemon: guarded() });
  let calls = 0;
  const handle = connectIn({ getToken: () => (calls++, calls === 1 ? new Promise(() => {}) : "token-1") }, page.env, page.daemon.base);
  const frame = page.put(new FakeFrame());
  await page.start(frame);
  await page.time.advance(40_000);
  assert.equal(calls, 2);
  assert.equal(handle.status, "registered");
});

test("a burst of requests does not ask a failing page for each of them", async () => {
  let calls = 0;
  let fail = false;
  const page = new FakePage({ daemon: guarded() });
  const getToken = async () => { calls++; if (fail) throw new Error("no"); return "token-1"; };
  const { frame, daemon } = await connected({ page, options: { getToken } });
  daemon.token = "other";
  fail = true;
  for (let n = 0; n < 50; n++) {
    page.ask(frame, "/activities", { n });
    await settle();
  }
  assert.equal(calls, 2);
  assert.equal(frame.responses.length, 50);
});

test("data-token-url: JSON or text, with the page's own cookies", async () => {
  const asked = [];
  const env = (body, status = 200) => ({
    fetch: async (url, init) => (asked.push({ url, ...init }), new Response(body, { status })),
  });
  assert.equal(await tokenFrom(env('{"token":"a.b.c"}'), "https://crm.example/token")(), "a.b.c");
  assert.equal(await tokenFrom(env('"a.b.c"'), "https://crm.example/token")(), "a.b.c");
  assert.equal((await tokenFrom(env("a.b.c\n"), "https://crm.example/token")()).trim(), "a.b.c");
  await assert.rejects(tokenFrom(env('{"user":1}'), "https://crm.example/token")(), /without a token/);
  await assert.rejects(tokenFrom(env("", 403), "https://crm.example/token")(), /403/);
  assert.ok(asked.every(({ credentials }) => credentials === "same-origin"));
});
