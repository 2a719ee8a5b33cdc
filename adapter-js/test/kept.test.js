import assert from "node:assert/strict";
import test from "node:test";
import { MOST_CHARACTERS } from "../src/queue-rules.js";
import { alertsOf, answers, Desk, dismissalsOf, LogDaemon, settle, showAlerts } from "./support/keeping.js";
import { later, problem } from "./support/daemon.js";

const MINUTE = 60_000;

test("a daemon that is well: nothing is written, nothing is told", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  tab.log("1", { note: "a" });
  await settle();
  assert.deepEqual(answers(tab), ["ok"]);
  assert.equal(await desk.written(), "[]");
  assert.deepEqual([tab.waits, alertsOf(tab), tab.lost], [[], [], []]);
});

test("daemon away: the log is on the disk before the widget hears that it is kept; back: it is delivered", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  showAlerts(tab);
  desk.daemon.down = true;
  const at = desk.time.now;
  tab.log("1", { note: "Wants a quote" });
  await settle();
  assert.match(await desk.written(), /Wants a quote/, "at the first failure, in case the tab is closed");
  assert.deepEqual(answers(tab), []);
  await desk.time.advance(5_500);
  assert.deepEqual(answers(tab), ["kept"]);
  assert.deepEqual(tab.handle.waiting, { count: 1, oldest: at, durable: true });
  const time = new Date(at).toLocaleString([], { hour: "2-digit", minute: "2-digit" });
  assert.deepEqual(alertsOf(tab).map(({ level, message }) => [level, message]), [
    ["warning", `1 log waits in this browser since ${time}; it is sent when the service is back.`],
  ]);
  desk.daemon.down = false;
  await desk.time.advance(2 * MINUTE);
  assert.deepEqual(desk.daemon.taken, [["dana", "1", "Wants a quote"]]);
  assert.deepEqual(tab.handle.waiting, { count: 0, oldest: null, durable: true });
  assert.equal(await desk.written(), "[]");
  assert.equal(dismissalsOf(tab).length, 1, "the alert heals");
  assert.deepEqual(tab.waits, [1, 0]);
});

test("a short restart is not even noticed: the widget hears the daemon's own answer", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.log("1");
  await desk.time.advance(1_500);
  desk.daemon.down = false;
  await desk.time.advance(4_000);
  assert.deepEqual(answers(tab), ["ok"]);
  assert.deepEqual([tab.waits, alertsOf(tab)], [[], []]);
  assert.equal(await desk.written(), "[]");
  assert.equal(desk.daemon.taken.length, 1);
});

test("every refusal that may pass is kept: 401, 403, 404, 408, 429, 500, 502, 503, 507, no JSON, a redirect", async () => {
  const passing = [401, 403, 404, 408, 429, 500, 502, 503, 507].map((status) => () => problem(status, status < 502 ? "x" : undefined));
  for (const route of [...passing, () => new Response("<html>"), () => { throw new TypeError("redirect"); }, () => new Promise(() => {})]) {
    const desk = new Desk();
    const tab = await desk.tab();
    const well = desk.daemon.routes.get("/callLogger");
    desk.daemon.on("/callLogger", route);
    tab.log("1", { note: "n" });
    await desk.time.advance(5_500);
    assert.deepEqual(answers(tab), ["kept"], String(route));
    assert.equal(tab.lost.length, 0);
    desk.daemon.on("/callLogger", well);
    await desk.time.advance(3 * MINUTE);
    assert.deepEqual(desk.daemon.notes("1"), ["n"], String(route));
    tab.handle.destroy();
  }
});

test("what the daemon refuses for good leaves with words, an event, and the note given back", async () => {
  for (const [status, code] of [[400, "invalid_json"], [413, null], [415, "unsupported"], [422, "invalid_body"]]) {
    const desk = new Desk();
    const tab = await desk.tab();
    showAlerts(tab);
    desk.daemon.on("/callLogger", () => problem(status, code, "It is not a call.", "Update it."));
    tab.log("7", { note: "Quoted $150 & <b>" });
    await settle();
    assert.deepEqual(answers(tab), ["error"]);
    const [{ level, message, details }] = alertsOf(tab);
    assert.equal(level, "danger");
    assert.equal(message, "The call was not saved. Ada Lovelace · +12025550101. It is not a call. Update it. (reference req-1)");
    assert.deepEqual(details[0].items.map(({ text }) => text), ["The call was not saved: It is not a call.", "Quoted $150 & <b>"]);
    const [{ path, about, body }] = tab.lost;
    assert.deepEqual([path, about, body.note], ["/callLogger", "Ada Lovelace · +12025550101", "Quoted $150 & <b>"]);
    assert.equal(await desk.written(), "[]");
    // The next one that is saved takes nothing back.
    desk.daemon.on("/callLogger", () => ({ response: { data: "ok" }, commands: [] }));
    tab.log("8");
    await settle();
    assert.equal(dismissalsOf(tab).length, 0);
    tab.handle.destroy();
  }
});

test("a proxy's 400 or 422 is no word of the daemon's: the log is kept", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.on("/callLogger", () => new Response("<html>", { status: 422 }));
  tab.log("7");
  await desk.time.advance(5_500);
  assert.deepEqual([answers(tab), tab.lost.length], [["kept"], 0]);
});

test("refused once it is out of the queue: told, the others go on", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  for (const id of ["1", "2", "3"]) tab.log(id, { note: `note ${id}` });
  await desk.time.advance(6_000);
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", (body, request) => (body.call.sessionId === "2" ? problem(422, "invalid_body") : take(body, request)));
  desk.daemon.down = false;
  await desk.time.advance(2 * MINUTE);
  assert.deepEqual(desk.daemon.taken.map(([, id]) => id).sort(), ["1", "3"]);
  assert.deepEqual(tab.lost.map(({ body, code }) => [body.note, code]), [["note 2", "invalid_body"]]);
  assert.equal(alertsOf(tab).at(-1).level, "danger");
  assert.equal(tab.handle.waiting.count, 0);
});

test("several lost ones are one alert that counts them and keeps each one's words", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  showAlerts(tab);
  desk.daemon.on("/callLogger", () => problem(422, "invalid_body", "No."));
  for (let n = 0; n < 12; n++) tab.log(String(n), { note: `note ${n}` });
  await settle();
  const last = alertsOf(tab).at(-1);
  assert.match(last.message, /^The call was not saved \(12 times\)\./);
  assert.equal(last.details.length, 10);
  assert.equal(tab.lost.length, 12);
  assert.equal(dismissalsOf(tab).length, 11, "each takes the place of the one before");
});

test("a later post of the same call goes behind the kept one, in any tab, even when the daemon is well again", async () => {
  const desk = new Desk();
  const [one, two] = [await desk.tab(), await desk.tab()];
  const [slow] = [later()];
  desk.daemon.down = true;
  one.log("1", { note: "first" });
  await desk.time.advance(5_500);
  desk.daemon.down = false;
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", async (body, request) => {
    if (body.note === "first") await slow.promise;
    return take(body, request);
  });
  two.log("1", { note: "second" });
  two.log("2", { note: "other" });
  await settle();
  assert.deepEqual(answers(two).sort(), ["kept", "ok"], "the other call goes straight through");
  await desk.time.advance(5_000);
  assert.deepEqual(desk.daemon.notes("1"), []);
  slow.resolve();
  await desk.time.advance(MINUTE);
  assert.deepEqual(desk.daemon.notes("1"), ["first", "second"]);
});

test("a telephony session id alone is the same call", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.log("1", { note: "first" });
  await desk.time.advance(5_500);
  tab.page.ask(tab.frame, "/callLogger", { triggerType: "logForm", note: "second", call: { telephonySessionId: "s-1" } });
  await settle();
  assert.deepEqual(answers(tab), ["kept", "kept"], "at once: it waits behind the first");
});

test("two posts of one call at the same time keep their order", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  const slow = later();
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", async (body, request) => {
    if (body.note === "first") await slow.promise;
    return take(body, request);
  });
  tab.log("1", { note: "first" });
  tab.log("1", { note: "second" });
  await desk.time.advance(300);
  assert.equal(desk.daemon.posted("/callLogger").length, 1);
  slow.resolve();
  await settle();
  assert.deepEqual(desk.daemon.notes("1"), ["first", "second"]);
  assert.deepEqual(answers(tab), ["ok", "ok"]);
});

test("a daemon that hangs: the first is given up inside the deadline, and the one behind it is kept in time too", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", () => new Promise(() => {}));
  tab.log("1", { note: "first" });
  await desk.time.advance(10);
  tab.log("1", { note: "second" });
  await desk.time.advance(1_200);
  assert.match(await desk.written(), /second/, "written, as it does not go at once");
  await desk.time.advance(4_301);
  assert.deepEqual(answers(tab), ["kept", "kept"]);
  desk.daemon.on("/callLogger", take);
  await desk.time.advance(3 * MINUTE);
  assert.deepEqual(desk.daemon.notes("1"), ["first", "second"]);
});

test("the page is closed and opened again: all is there, in order, once", async () => {
  const desk = new Desk();
  const before = await desk.tab();
  desk.daemon.down = true;
  for (const note of ["a", "b", "c"]) before.log("1", { note });
  before.log("2", { note: "x" });
  await desk.time.advance(6_000);
  before.kill();
  desk.daemon.down = false;
  const after = await desk.tab();
  await desk.time.advance(10_000);
  assert.deepEqual(desk.daemon.notes("1"), ["a", "b", "c"]);
  assert.deepEqual(desk.daemon.notes("2"), ["x"]);
  assert.equal(after.handle.waiting.count, 0);
  assert.equal(await desk.written(), "[]");
});

test("closed while the tab still tried by itself: the next one takes over", async () => {
  const desk = new Desk();
  const before = await desk.tab();
  desk.daemon.down = true;
  before.log("1", { note: "half a second ago" });
  await desk.time.advance(500);
  before.page.window.dispatchEvent(new Event("pagehide"));
  await settle();
  before.kill();
  desk.daemon.down = false;
  await desk.tab();
  await desk.time.advance(1_000);
  assert.deepEqual(desk.daemon.notes("1"), ["half a second ago"]);
});

test("closed while the first request is under way: it was written on the way out, and may outlive the page", async () => {
  const desk = new Desk();
  const before = await desk.tab();
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", () => new Promise(() => {}));
  before.log("1", { note: "small" });
  before.log("2", { note: "x".repeat(70_000) });
  await settle();
  assert.deepEqual(desk.daemon.posted("/callLogger").map(({ keepalive }) => keepalive ?? false), [true, false]);
  assert.equal(await desk.written(), "[]");
  before.page.window.dispatchEvent(new Event("pagehide"));
  await settle();
  before.kill();
  desk.daemon.on("/callLogger", take);
  await desk.tab();
  await desk.time.advance(1_000);
  assert.deepEqual(desk.daemon.taken.map(([, id]) => id).sort(), ["1", "2"]);
});

test("requests that outlive the page stay within the browser's 64 KB together", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.on("/callLogger", () => new Promise(() => {}));
  for (let n = 0; n < 5; n++) tab.log(String(n), { note: "ü".repeat(9_000) });
  await settle();
  assert.deepEqual(desk.daemon.posted("/callLogger").map(({ keepalive }) => keepalive ?? false), [true, true, true, false, false]);
});

test("a hidden page writes down what is under way, and tries what waits", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.log("1", { note: "waits" });
  await desk.time.advance(MINUTE);
  const tries = desk.daemon.posted("/callLogger").length;
  tab.page.document.visibilityState = "hidden";
  tab.page.document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  assert.equal(desk.daemon.posted("/callLogger").length, tries + 1);
});

test("no access token of RingCentral's is written to the disk; a log that goes at once has it", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  const contentUri = "https://media.ringcentral.com/restapi/v1.0/account/1/recording/2/content?access_token=SECRET-1";
  const link = `https://ringcentral.github.io/ringcentral-media-reader/?media=${encodeURIComponent(contentUri)}`;
  const recording = { id: "2", contentUri, link };
  tab.log("1", { call: { recording } });
  await settle();
  assert.match(desk.daemon.posted("/callLogger")[0].body, /SECRET-1/);
  desk.daemon.down = true;
  tab.log("2", { call: { recording } });
  await desk.time.advance(6_000);
  const written = await desk.written();
  assert.doesNotMatch(written, /SECRET/);
  assert.match(written, /recording\/2\/content/);
});

test("another operator's queue is left alone, and waits for them", async () => {
  const daemon = new LogDaemon();
  daemon.operators = new Map([["token-dana", "dana"], ["token-sam", "sam"]]);
  const desk = new Desk(daemon);
  const dana = await desk.tab({ options: { getToken: () => "token-dana" } });
  daemon.down = true;
  dana.log("1", { note: "Dana's" });
  await desk.time.advance(6_000);
  dana.kill();
  daemon.down = false;
  const sam = await desk.tab({ options: { getToken: () => "token-sam" } });
  sam.log("1", { note: "Sam's" });
  await desk.time.advance(5 * MINUTE);
  assert.deepEqual(daemon.taken, [["sam", "1", "Sam's"]]);
  assert.equal(sam.handle.waiting.count, 0);
  assert.match(await desk.written(), /Dana's/);
  sam.handle.destroy();
  await desk.tab({ options: { getToken: () => "token-dana" } });
  await desk.time.advance(10_000);
  assert.deepEqual(daemon.taken.slice(1), [["dana", "1", "Dana's"]]);
  assert.equal(await desk.written(), "[]");
});

test("another operator signs in within the page, between two tries: no log goes with the wrong token", async () => {
  const daemon = new LogDaemon();
  daemon.operators = new Map([["token-dana", "dana"]]);
  const desk = new Desk(daemon);
  let token = "token-dana";
  const tab = await desk.tab({ options: { getToken: () => token } });
  daemon.down = true;
  tab.log("1", { note: "Dana's" });
  tab.log("2", { note: "Dana's too" });
  await desk.time.advance(1_000);
  daemon.operators = new Map([["token-sam", "sam"]]);
  token = "token-sam";
  daemon.down = false;
  await desk.time.advance(5 * MINUTE);
  assert.deepEqual(daemon.taken, []);
  assert.deepEqual(answers(tab), ["kept", "kept"]);
  daemon.operators = new Map([["token-dana-2", "dana"]]);
  token = "token-dana-2";
  tab.handle.destroy();
  await desk.tab({ options: { getToken: () => token } });
  await desk.time.advance(10_000);
  assert.deepEqual(daemon.taken.map(([who]) => who), ["dana", "dana"]);
});

test("a token that is refused: kept, told as such, and delivered with the new one", async () => {
  const daemon = new LogDaemon();
  daemon.operators = new Map([["old", "dana"]]);
  const desk = new Desk(daemon);
  let token = "old";
  const tab = await desk.tab({ options: { getToken: () => token } });
  daemon.operators = new Map([["new", "dana"]]);
  tab.log("1", { note: "n" });
  await desk.time.advance(6_000);
  assert.deepEqual(answers(tab), ["kept"]);
  assert.match(alertsOf(tab).at(-1).message, /it is sent when you are signed in to this page again\.$/);
  token = "new";
  await desk.time.advance(3 * MINUTE);
  assert.deepEqual(daemon.taken, [["dana", "1", "n"]]);
});

test("without a place on the disk: kept as long as the page is open, and the operator is told so", async () => {
  const factory = new (class { open() { throw new DOMException("denied", "SecurityError"); } })();
  for (const disk of [null, factory]) {
    const desk = new Desk();
    desk.disk = disk;
    const tab = await desk.tab();
    desk.daemon.down = true;
    tab.log("1", { note: "a" });
    tab.log("1", { note: "b" });
    await desk.time.advance(6_000);
    assert.deepEqual(answers(tab), ["kept", "kept"]);
    assert.equal(tab.handle.waiting.durable, false);
    assert.match(alertsOf(tab)[0].message, /^(1 log waits|2 logs wait) on this page only since .*; keep it open until/);
    assert.ok(tab.page.warnings.some((words) => /nothing can be kept in this browser beyond the life of the page/.test(words)));
    desk.daemon.down = false;
    await desk.time.advance(2 * MINUTE);
    assert.deepEqual(desk.daemon.notes("1"), ["a", "b"]);
    assert.equal(tab.handle.waiting.count, 0);
    tab.handle.destroy();
  }
});

test("one tab of many delivers; when it is closed, another does", async () => {
  const desk = new Desk();
  const tabs = [await desk.tab(), await desk.tab(), await desk.tab()];
  desk.daemon.down = true;
  tabs.forEach((tab, n) => tab.log(String(n), { note: `from ${n}` }));
  await desk.time.advance(8_000);
  assert.deepEqual(tabs.map(({ handle }) => handle.waiting.count), [3, 3, 3]);
  assert.ok(tabs.every((tab) => alertsOf(tab).length === 1));
  tabs[0].kill();
  desk.daemon.down = false;
  await desk.time.advance(2 * MINUTE);
  assert.deepEqual(desk.daemon.taken.map(([, id]) => id).sort(), ["0", "1", "2"], "each once");
  assert.deepEqual(tabs.slice(1).map(({ handle }) => handle.waiting.count), [0, 0]);
});

test("without Web Locks every tab is at the queue, and still each log goes once", async () => {
  const desk = new Desk();
  desk.browser.locks = () => null;
  const tabs = [await desk.tab(), await desk.tab(), await desk.tab()];
  desk.daemon.down = true;
  for (let n = 0; n < 6; n++) tabs[n % 3].log(String(n), { note: `note ${n}` });
  await desk.time.advance(8_000);
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", async (body, request) => {
    await settle();
    return take(body, request);
  });
  desk.daemon.down = false;
  await desk.time.advance(2 * MINUTE);
  assert.deepEqual(desk.daemon.taken.map(([, id]) => id).sort(), ["0", "1", "2", "3", "4", "5"]);
  assert.equal(await desk.written(), "[]");
});

test("a click that only opens something is not kept", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.log("1", { triggerType: "viewLog" });
  await desk.time.advance(6_000);
  assert.deepEqual(answers(tab), ["error"]);
  assert.match(alertsOf(tab)[0].message, /^The call was not opened\./);
  assert.equal(await desk.written(), "[]");
});

test("the matcher shows what waits, adds nothing else, and the widget asks again when it is delivered", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  const logged = [{ id: "cl_1", type: "callLog", note: "old" }];
  desk.daemon.on("/callLogger/match", ({ sessionIds }) => ({
    response: { data: Object.fromEntries(sessionIds.map((id) => [id, id === "1" ? logged : []])), more: 1 },
    commands: [],
  }));
  const ask = async (...sessionIds) => {
    tab.page.ask(tab.frame, "/callLogger/match", { sessionIds });
    await settle();
    return tab.frame.responses.at(-1).response;
  };
  await ask("1", "2");
  desk.daemon.down = true;
  tab.log("1", { note: "edited" });
  tab.log("3", { note: "new" });
  await desk.time.advance(6_000);
  const status = { id: "waiting", type: "status", status: "pending", message: "Waiting in this browser" };
  assert.deepEqual(await ask("1", "3"), { data: { 1: [...logged, status], 3: [status] } }, "at once: something is known of each");
  desk.daemon.down = false;
  desk.daemon.on("/callLogger", () => problem(503, "shutting_down"));
  assert.deepEqual(await ask("1", "2", "3"), { data: { 1: [...logged, status], 2: [], 3: [status] }, more: 1 });
  desk.daemon.on("/callLogger", () => ({ response: { data: "ok" }, commands: [] }));
  await desk.time.advance(3 * MINUTE);
  const asked = tab.frame.of("rc-adapter-trigger-call-logger-match").flatMap(({ sessionIds }) => sessionIds);
  assert.deepEqual([...new Set(asked)].sort(), ["1", "3"]);
  assert.deepEqual((await ask("1", "2")).data, { 1: logged, 2: [] });
});

/** What the widget hears when it asks about calls. */
async function matched(tab, ...sessionIds) {
  tab.page.ask(tab.frame, "/callLogger/match", { sessionIds });
  await settle();
  return tab.frame.responses.at(-1).response.data;
}

const failed = (words) => ({ id: "lost", type: "status", status: "failed", message: `Not saved: ${words}` });

test("a log that is refused for good is shown on its call with the reason, in every tab, until a person's next is saved", async () => {
  const desk = new Desk();
  const [tab, other] = [await desk.tab(), await desk.tab()];
  desk.daemon.on("/callLogger/match", ({ sessionIds }) => ({ response: { data: Object.fromEntries(sessionIds.map((id) => [id, []])) }, commands: [] }));
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", () => problem(422, "invalid_body", "It is not a call."));
  tab.log("7", { note: "Wants a quote" });
  await desk.time.advance(2_000);
  for (const one of [tab, other]) assert.deepEqual(await matched(one, "7", "8"), { 7: [failed("It is not a call.")], 8: [] });
  const asked = (one) => one.frame.of("rc-adapter-trigger-call-logger-match").flatMap(({ sessionIds }) => sessionIds);
  assert.deepEqual([asked(tab), asked(other)], [["7"], ["7"]], "the widgets ask again by themselves");
  desk.daemon.on("/callLogger", take);
  tab.log("7", { triggerType: "presenceUpdate" });
  await settle();
  assert.deepEqual(await matched(tab, "7"), { 7: [failed("It is not a call.")] }, "a machine's post does not bring back the note");
  other.log("7", { note: "Wants a quote, again" });
  await settle();
  for (const one of [tab, other]) assert.deepEqual(await matched(one, "7"), { 7: [] });
});

test("a log that found no room in this browser is shown on its call; one that comes out of the queue refused is, too", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.on("/callLogger/match", ({ sessionIds }) => ({ response: { data: Object.fromEntries(sessionIds.map((id) => [id, []])) }, commands: [] }));
  desk.daemon.on("/callLogger", () => problem(503, "shutting_down"));
  tab.log("1", { note: "x".repeat(MOST_CHARACTERS) });
  await desk.time.advance(6_000);
  const [one] = (await matched(tab, "1"))[1];
  assert.deepEqual([one.status, one.message.startsWith("Not saved: ")], ["failed", true]);
  tab.log("2", { note: "n" });
  await desk.time.advance(6_000);
  assert.equal((await matched(tab, "2"))[2][0].status, "pending");
  desk.daemon.on("/callLogger", () => problem(413, null, "It is too large."));
  await desk.time.advance(3 * MINUTE);
  assert.deepEqual(await matched(tab, "2"), { 2: [failed("It is too large.")] });
});

test("what another operator lost is not told", async () => {
  const desk = new Desk();
  desk.daemon.operators.set("a", "dana").set("b", "emmy");
  let token = "a";
  const tab = await desk.tab({ options: { getToken: () => token } });
  desk.daemon.on("/callLogger", () => problem(422, "invalid_body", "No."));
  tab.log("7");
  await settle();
  assert.equal((await matched(tab, "7"))[7]?.[0].status, "failed");
  token = "b";
  desk.daemon.operators.delete("a");
  tab.log("8");
  await desk.time.advance(2 * MINUTE);
  assert.deepEqual((await matched(tab, "7"))[7] ?? [], []);
});

test("the matcher of messages: the day that waits, by the name the widget has for it", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.page.ask(tab.frame, "/messageLogger", {
    triggerType: "auto",
    conversation: { conversationId: "73", conversationLogId: "73/1/2/2026", type: "SMS", messages: [] },
  });
  await desk.time.advance(6_000);
  tab.page.ask(tab.frame, "/messageLogger/match", { conversationLogIds: ["73/1/2/2026"] });
  await settle();
  assert.equal(tab.frame.responses.at(-1).response.data["73/1/2/2026"][0].status, "pending");
});

test("a Retry-After is obeyed, though the daemon answers other requests", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  let calls = 0;
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", () => {
    calls++;
    const refusal = problem(429, "rate_limited");
    refusal.headers.set("retry-after", "120");
    return refusal;
  });
  tab.log("1", { note: "n" });
  await settle();
  assert.deepEqual(answers(tab), ["kept"], "no use in waiting for the deadline");
  await desk.time.advance(2_000);
  assert.equal(calls, 2);
  tab.page.window.dispatchEvent(new Event("online"));
  tab.page.window.dispatchEvent(new Event("pagehide"));
  await desk.time.advance(117_000);
  assert.equal(calls, 2);
  desk.daemon.on("/callLogger", take);
  await desk.time.advance(3_000);
  assert.deepEqual(desk.daemon.notes("1"), ["n"]);
});

test("a poisoned log does not hold up the others", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.log("bad");
  for (let n = 0; n < 6; n++) tab.log(String(n), { note: String(n) });
  await desk.time.advance(6_000);
  const take = desk.daemon.routes.get("/callLogger");
  desk.daemon.on("/callLogger", (body, request) => (body.call.sessionId === "bad" ? problem(500, "bug") : take(body, request)));
  desk.daemon.down = false;
  await desk.time.advance(10 * MINUTE);
  assert.equal(desk.daemon.taken.length, 6);
  assert.equal(tab.handle.waiting.count, 1);
  assert.equal(tab.lost.length, 0);
});

test("delivered late: the daemon's commands are carried out, but none takes over the screen or opens a window", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.log("1");
  await desk.time.advance(6_000);
  desk.daemon.on("/callLogger", () => ({
    response: { data: "ok" },
    commands: [{ type: "rc-adapter-navigate-to", path: "/log/call/1" }, { type: "rc-adapter-trigger-contact-match", phoneNumbers: ["+1"] }],
  }));
  desk.daemon.down = false;
  await desk.time.advance(MINUTE);
  assert.equal(tab.frame.of("rc-adapter-navigate-to").length, 0);
  assert.equal(tab.frame.of("rc-adapter-trigger-contact-match").length, 1);
});

test("destroy writes down what is under way and leaves nothing behind in the page", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.on("/callLogger", () => new Promise(() => {}));
  tab.log("1", { note: "under way" });
  await settle();
  tab.handle.destroy();
  await settle();
  assert.match(await desk.written(), /under way/);
  assert.equal(tab.page.listeners.size, 0);
});

test("a log that came before the daemon was heard for the first time is saved when it is", async () => {
  const desk = new Desk();
  desk.daemon.down = true;
  const tab = await desk.tab();
  tab.log("1", { note: "early" });
  tab.page.ask(tab.frame, "/activities", {});
  await desk.time.advance(MINUTE);
  desk.daemon.down = false;
  await desk.time.advance(MINUTE);
  assert.deepEqual(desk.daemon.notes("1"), ["early"]);
  assert.equal(desk.daemon.posted("/activities").length, 0, "a question nobody waits for is not asked");
});

test("the computer's clock goes back a day, or forward: nothing waits for it", async () => {
  for (const jump of [-24, 24]) {
    const desk = new Desk();
    const tab = await desk.tab();
    showAlerts(tab);
    desk.daemon.down = true;
    tab.log("1", { note: "before" });
    await desk.time.advance(500);
    tab.page.window.dispatchEvent(new Event("pagehide"));
    tab.log("2", { note: "held" });
    await desk.time.advance(MINUTE);
    tab.page.env.now = () => desk.time.now + jump * 60 * MINUTE;
    desk.daemon.down = false;
    await desk.time.advance(2 * MINUTE);
    assert.deepEqual(desk.daemon.taken.map(([, , note]) => note).sort(), ["before", "held"], String(jump));
    assert.equal(tab.handle.waiting.count, 0);
    tab.handle.destroy();
  }
});
