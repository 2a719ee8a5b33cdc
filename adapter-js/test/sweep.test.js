import assert from "node:assert/strict";
import test from "node:test";
import { problem } from "./support/daemon.js";
import { Desk, LogDaemon } from "./support/keeping.js";
import { past, phoneIn } from "./support/phone.js";
import { settle } from "./support/time.js";

const MINUTE = 60_000;

/** A daemon whose matcher knows what it has taken. */
function logging() {
  const daemon = new LogDaemon();
  daemon.asked = [];
  daemon.on("/callLogger/match", ({ sessionIds }) => {
    daemon.asked.push(sessionIds);
    const has = (id) => daemon.taken.some(([, session]) => session === id);
    return { response: { data: Object.fromEntries(sessionIds.map((id) => [id, has(id) ? [{ id: `cl_${id}`, type: "callLog" }] : []])) }, commands: [] };
  });
  daemon.on("/contacts/match", () => ({ response: { data: {} }, commands: [] }));
  daemon.manifest = { ...daemon.manifest, service: { ...daemon.manifest.service, authorized: true } };
  return daemon;
}

async function opened(desk, kept, more) {
  const tab = await desk.tab({ loggedIn: false, ...more });
  tab.phone = phoneIn(tab, { kept });
  tab.phone.start();
  await settle();
  tab.lists = () => tab.frame.of("rc-adapter-message-request").filter(({ path }) => path === "/unlogged-calls").map(({ body }) => body.page);
  return tab;
}

const posts = (daemon) => daemon.posted("/callLogger").map(({ body }) => JSON.parse(body));

test("200 calls made while no page was open: 200 logs after one opening, each once", async () => {
  const desk = new Desk(logging());
  const tab = await opened(desk, past(200));
  await desk.time.advance(10_000);
  assert.deepEqual(tab.lists(), [1, 2]);
  assert.equal(new Set(desk.daemon.taken.map(([, id]) => id)).size, 200);
  assert.equal(desk.daemon.taken.length, 200);
  const first = posts(desk.daemon).find(({ call }) => call.sessionId === "318220457000");
  const { aiNote, transcript, triggerType, call } = first;
  assert.deepEqual([triggerType, aiNote, transcript, "aiNote" in call, "transcript" in call], ["callLogSync", "Wants a quote", "Ada: hello", false, false]);
  const again = tab.frame.of("rc-adapter-trigger-call-logger-match");
  assert.equal(new Set(again.flatMap(({ sessionIds }) => sessionIds)).size, 200);
  assert.equal(again.length, 1, "one question for all of them");
  await desk.time.advance(30 * MINUTE);
  assert.equal(desk.daemon.taken.length, 200);
  tab.handle.destroy();
  // The next load's match cache is empty, so the widget lists them all once more.
  await opened(desk, past(200));
  await desk.time.advance(30_000);
  assert.equal(desk.daemon.taken.length, 200);
});

test("every page before the first post, since a logged call moves the rest up", async () => {
  const desk = new Desk(logging());
  const tab = await opened(desk, past(450));
  await desk.time.advance(10_000);
  assert.deepEqual(tab.lists(), [1, 2, 3, 4, 5]);
  assert.equal(desk.daemon.taken.length, 450);
});

test("at most four posts are under way at once", async () => {
  const desk = new Desk(logging());
  let most = 0;
  let now = 0;
  desk.daemon.on("/callLogger", async (body) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    desk.daemon.taken.push(["dana", body.call.sessionId, body.triggerType]);
    return { response: { data: "ok" }, commands: [] };
  });
  await opened(desk, past(60));
  await desk.time.advance(10_000);
  for (let n = 0; n < 20; n++) await settle();
  assert.equal(desk.daemon.taken.length, 60);
  assert.equal(most, 4);
});

test("not when auto log is off; at once when it is switched on", async () => {
  const desk = new Desk(logging());
  const tab = await opened(desk, past(3, { autoLog: false }));
  await desk.time.advance(10 * MINUTE);
  tab.page.window.dispatchEvent(new Event("focus"));
  await desk.time.advance(10 * MINUTE);
  assert.deepEqual([tab.lists(), desk.daemon.taken], [[], []]);
  tab.phone.receive({ type: "rc-adapter-update-auto-log-settings", call: true });
  await desk.time.advance(5_000);
  assert.equal(desk.daemon.taken.length, 3);
});

test("when the daemon's configuration locks auto log on, the widget need not tell", async () => {
  const daemon = logging();
  const { fallback } = daemon.manifest.paths["/callLogger"];
  daemon.manifest.paths["/callLogger"] = { deadline: 6000, fallback: { ...fallback, sweep: { ...fallback.sweep, autoLog: true } } };
  const desk = new Desk(daemon);
  const tab = await desk.tab();
  tab.phone = phoneIn(tab, { kept: past(2, { autoLog: false }) });
  tab.phone.receive({ type: "rc-adapter-register-third-party-service", service: daemon.manifest.service });
  await desk.time.advance(10_000);
  assert.equal(daemon.taken.length, 2);
});

test("calls that turn up later: on the widget's word, not more than once a minute", async () => {
  const desk = new Desk(logging());
  const tab = await opened(desk, past(0));
  await desk.time.advance(10_000);
  assert.deepEqual(tab.lists(), [1]);
  tab.phone.learn(past(2, { now: desk.time.now }).calls);
  for (let n = 0; n < 20; n++) tab.page.say(tab.frame, { type: "rc-call-history-synced-notify" });
  await desk.time.advance(20_000);
  assert.deepEqual(tab.lists(), [1], "a minute has not gone by");
  await desk.time.advance(40_000);
  assert.deepEqual(tab.lists(), [1, 1]);
  assert.equal(desk.daemon.taken.length, 2);
});

test("on coming back to the page, at most every five minutes", async () => {
  const desk = new Desk(logging());
  const tab = await opened(desk, past(0));
  await desk.time.advance(10_000);
  const look = async () => {
    tab.page.window.dispatchEvent(new Event("focus"));
    tab.page.document.dispatchEvent(new Event("visibilitychange"));
    await desk.time.advance(4_000);
  };
  for (let n = 0; n < 10; n++) await look();
  assert.equal(tab.lists().length, 1);
  await desk.time.advance(5 * MINUTE);
  for (let n = 0; n < 10; n++) await look();
  assert.equal(tab.lists().length, 2);
});

test("one tab of many sweeps", async () => {
  const desk = new Desk(logging());
  const tabs = [];
  for (let n = 0; n < 5; n++) tabs.push(await opened(desk, past(20)));
  await desk.time.advance(10_000);
  assert.deepEqual(tabs.map((tab) => tab.lists().length), [1, 0, 0, 0, 0]);
  assert.equal(desk.daemon.taken.length, 20);
});

test("calls the daemon has already are not posted again, whatever the widget remembers", async () => {
  const desk = new Desk(logging());
  const { calls } = past(6);
  for (const { sessionId } of calls.slice(0, 4)) desk.daemon.taken.push(["dana", sessionId, "before"]);
  const tab = await desk.tab();
  tab.page.say(tab.frame, { type: "rc-callLogger-auto-log-notify", autoLog: true });
  await desk.time.advance(3_000);
  const [{ requestId }] = tab.frame.of("rc-adapter-message-request");
  tab.page.say(tab.frame, { type: "rc-adapter-message-response", responseId: requestId, response: { calls, hasMore: false } });
  await desk.time.advance(1_000);
  assert.deepEqual(posts(desk.daemon).map(({ call }) => call.sessionId), calls.slice(4).map(({ sessionId }) => sessionId));
});

test("the daemon goes in the middle: nothing is kept for later, the next sweep finds the rest", async () => {
  const desk = new Desk(logging());
  const take = desk.daemon.routes.get("/callLogger");
  let left = 10;
  desk.daemon.on("/callLogger", (body, request) => {
    if (left-- > 0) return take(body, request);
    return problem(503, "shutting_down");
  });
  const tab = await opened(desk, past(40));
  await desk.time.advance(10_000);
  assert.equal(desk.daemon.taken.length, 10);
  assert.equal(await desk.written(), "[]");
  desk.daemon.on("/callLogger", take);
  tab.page.say(tab.frame, { type: "rc-call-history-synced-notify" });
  await desk.time.advance(2 * MINUTE);
  assert.equal(desk.daemon.taken.length, 40);
  assert.equal(new Set(desk.daemon.taken.map(([, id]) => id)).size, 40);
});

test("a call that waits in the queue is left to it", async () => {
  const desk = new Desk(logging());
  const tab = await opened(desk, past(2, { autoLog: false }));
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", (body, request) => (body.note ? problem(500, "bug") : take(body, request)));
  tab.log("318220457000", { note: "mine" });
  await desk.time.advance(6_000);
  tab.phone.receive({ type: "rc-adapter-update-auto-log-settings", call: true });
  await desk.time.advance(3 * MINUTE);
  assert.deepEqual(desk.daemon.taken, [["dana", "318220457001", "callLogSync"]]);
  desk.daemon.on("/callLogger", take);
  await desk.time.advance(3 * MINUTE);
  assert.deepEqual(desk.daemon.notes("318220457000"), ["mine"]);
});

test("a widget that does not know the question, or does not answer, is left alone", async () => {
  for (const answer of [{ data: "no matched path" }, undefined]) {
    const desk = new Desk(logging());
    const tab = await desk.tab();
    tab.page.say(tab.frame, { type: "rc-callLogger-auto-log-notify", autoLog: true });
    await desk.time.advance(3_000);
    const [request] = tab.frame.of("rc-adapter-message-request");
    assert.equal(request.path, "/unlogged-calls");
    if (answer) tab.page.say(tab.frame, { type: "rc-adapter-message-response", responseId: request.requestId, response: answer });
    await desk.time.advance(20_000);
    assert.equal(tab.frame.of("rc-adapter-message-request").length, 1);
    assert.deepEqual(tab.page.warnings, []);
    tab.handle.destroy();
  }
});
