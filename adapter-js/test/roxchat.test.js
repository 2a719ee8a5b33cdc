import assert from "node:assert/strict";
import test from "node:test";
import { later, problem } from "./support/daemon.js";
import { FakeDaemon, FakeFrame, FakePage, settle } from "./support/page.js";
import { FakeStorage } from "./support/storage.js";
import { CHAT, event, EVENTS, message, selected, workspace } from "./support/workspace.js";

test("an event goes to the daemon as it came, with stream, number and time", async () => {
  const { say, batches, time, attachment } = await workspace();
  say(message("Greetings!"));
  await settle();
  const [{ stream, sentAt, events }] = batches();
  assert.equal(sentAt, time.now);
  assert.match(stream, /^stream-\d+$/);
  assert.deepEqual(events, [{ seq: 1, observedAt: time.now, event: message("Greetings!") }]);
  assert.deepEqual(attachment.waiting, { count: 0, oldest: null, durable: true });
});

test("JSON strings go as strings; unknown events and sources go too; broken JSON of the vendor's kind is the daemon's to refuse", async () => {
  const { say, kept } = await workspace();
  const broken = '{"source":"roxchat","event":"chatClosedByOperator","params":{"chatId": 1024\n"siebelId": null}}';
  const sent = [JSON.stringify(message("a")), event("somethingNew", { deep: [null] }), { ...message("b"), source: "webim" }, broken, { source: "roxchat", event: "visitorSelected" }];
  for (const data of sent) say(data);
  await settle();
  assert.deepEqual([...kept.values()], sent);
});

test("what is no event is not sent", async () => {
  const { say, batches } = await workspace();
  for (const data of [null, undefined, 7, "", "hello", "{", "[]", [], {}, { source: "roxchat" }, { event: "x" }, { source: 7, event: "x" }, { source: "roxchat", event: 7 }, '{"a":"source"}']) say(data);
  await settle();
  assert.deepEqual(batches(), []);
});

test("only the frame's own window and exact origin count", async () => {
  const { say, batches, frame } = await workspace();
  for (const origin of [`${CHAT}.evil.example`, "http://chat.example", `${CHAT}:8443`, "https://CHAT.example", "null", "", `${CHAT}/`, "https://evil.example"]) {
    say(message("forged"), { origin });
  }
  for (const source of [{}, null, new FakeFrame().insert().contentWindow]) say(message("forged"), { source });
  frame.contentWindow = null;
  say(message("forged"), { source: null });
  await settle();
  assert.deepEqual(batches(), []);
});

test("a frame of another origin than the page named: the console says so, once", async () => {
  const { say, page } = await workspace();
  assert.deepEqual(page.warnings, []);
  for (let times = 0; times < 3; times++) say(message("x"), { origin: "https://other.example" });
  assert.equal(page.warnings.length, 1);
  assert.match(page.warnings[0], /speaks from https:\/\/other\.example and is not heard: attach\(\) was told https:\/\/chat\.example/);
});

test("`attach` says what it cannot use, and gives the same attachment for the same frame", async () => {
  const { handle, attachment, join, frame, page } = await workspace();
  assert.equal(join(), attachment);
  const { attach } = handle.roxchat;
  for (const origin of ["*", "", "chat.example", `${CHAT}/`, `${CHAT}/agent`, "https://CHAT.example", "javascript:0", "file:///", undefined, null]) {
    assert.throws(() => attach(frame, { origin, workspace: "desk" }), { name: "TypeError", message: /exact origin/ }, String(origin));
  }
  for (const workspace of ["", "a/b", "../x", 7, undefined, "x".repeat(65)]) {
    assert.throws(() => attach(frame, { origin: CHAT, workspace }), /workspace's id/);
  }
  assert.throws(() => attach(null, { origin: CHAT, workspace: "desk" }), /iframe element/);
  assert.throws(() => attach(frame, { origin: CHAT, workspace: "other" }), /detach\(\) it first/);
  assert.throws(() => attachment.on("nothing", () => {}), /there are screenPop, badge/);
  const before = page.listeners.size;
  attachment.detach();
  assert.ok(page.listeners.size < before);
  assert.notEqual(join(), attachment);
});

test("an order of two hundred and more: batches of at most 200, numbers in their order", async () => {
  const { say, batches, daemon, kept } = await workspace();
  const gate = later();
  const usual = daemon.routes.get(EVENTS);
  daemon.on(EVENTS, async (body) => (await gate.promise, usual(body)));
  for (let n = 1; n <= 450; n++) say(message(`m${n}`));
  gate.resolve();
  await settle();
  assert.deepEqual(batches().map(({ events }) => events.length), [1, 200, 200, 49]);
  assert.deepEqual([...kept.values()].map(({ params }) => params.messageText), Array.from({ length: 450 }, (_, n) => `m${n + 1}`));
});

test("a batch is at most 256 KiB, in bytes and not in characters", async () => {
  const { say, daemon, kept, page } = await workspace();
  daemon.down = true;
  for (let n = 0; n < 30; n++) say(message("ö".repeat(15_000)));
  await settle();
  daemon.down = false;
  const from = daemon.requests.length;
  page.window.dispatchEvent(new Event("online"));
  for (let n = 0; n < 4; n++) await settle();
  const sizes = daemon.requests.slice(from).map(({ body }) => Buffer.byteLength(body));
  assert.ok(sizes.length > 3 && sizes.every((size) => size <= 256 * 1024), sizes.join());
  assert.equal(kept.size, 30);
});

test("the same text twice is two events", async () => {
  const { say, kept } = await workspace();
  say(message("ok"));
  say(message("ok"));
  await settle();
  assert.equal(kept.size, 2);
});

test("the daemon is away: events wait, oldest age known, and go in their order when it is back", async () => {
  const { say, daemon, time, attachment, kept, of, handle } = await workspace();
  daemon.down = true;
  const at = time.now;
  say(message("one"));
  await time.advance(5_000);
  say(message("two"));
  await time.advance(60_000);
  assert.equal(handle.status, "daemon-unreachable");
  assert.deepEqual(attachment.waiting, { count: 2, oldest: at, durable: true });
  daemon.down = false;
  await time.advance(61_000);
  assert.deepEqual([...kept.values()].map(({ params }) => params.messageText), ["one", "two"]);
  assert.deepEqual(of("waiting").at(-1), { count: 0, oldest: null, durable: true });
});

test("an answer that was lost: sent again with the same numbers, and nothing is doubled", async () => {
  const { say, daemon, time, batches, kept } = await workspace();
  const usual = daemon.routes.get(EVENTS);
  let lose = true;
  daemon.on(EVENTS, (body) => {
    const answer = usual(body);
    if (!lose) return answer;
    lose = false;
    throw new TypeError("connection reset");
  });
  say(message("once"));
  await time.advance(2_000);
  assert.equal(batches().length, 2);
  assert.deepEqual(batches()[0].events, batches()[1].events);
  assert.equal(batches()[0].stream, batches()[1].stream);
  assert.equal(kept.size, 1);
});

test("an event leaves only with its own outcome", async () => {
  const { say, daemon, time, batches, attachment } = await workspace();
  const gate = later();
  daemon.on(EVENTS, async ({ events }) => (await gate.promise, { results: events.slice(0, 1).map(({ seq }) => ({ seq, status: "stored" })) }));
  for (const text of ["a", "b", "c"]) say(message(text));
  gate.resolve();
  await settle();
  assert.equal(attachment.waiting.count, 1, "b went with its outcome; c waits");
  await time.advance(60_000);
  assert.equal(attachment.waiting.count, 0);
  assert.deepEqual(batches().map(({ events }) => events.map(({ seq }) => seq)), [[1], [2, 3], [3]]);
});

test("a daemon that answers nonsense is not asked in a storm", async () => {
  for (const nonsense of [{}, { results: null }, { results: [{ seq: 1, status: "eaten" }] }, []]) {
    const { say, daemon, time, batches, attachment } = await workspace();
    daemon.on(EVENTS, () => nonsense);
    say(message("a"));
    await time.advance(60_000);
    assert.ok(batches().length < 12, `${batches().length}`);
    assert.equal(attachment.waiting.count, 1);
  }
});

test("a refused event is told and gone; the others are stored", async () => {
  const { say, daemon, of, attachment, kept } = await workspace();
  const usual = daemon.routes.get(EVENTS);
  daemon.on(EVENTS, (body) => {
    const { results } = usual(body);
    return { results: results.map((result) => (result.seq === 1 ? { seq: 1, status: "refused", reason: "chat_id", code: 422, detail: "chatId is no integer" } : result)) };
  });
  say(message("bad", { chatId: "x" }));
  say(message("good"));
  await settle();
  assert.deepEqual(of("refused"), [{ event: "newMessageAdded", seq: 1, reason: "chat_id", message: "chatId is no integer" }]);
  assert.equal(attachment.waiting.count, 0);
  assert.equal(kept.size, 2);
});

test("a batch refused for one event: the one is found, the rest is stored", async () => {
  const { say, daemon, of, attachment, kept } = await workspace();
  const usual = daemon.routes.get(EVENTS);
  const gate = later();
  daemon.on(EVENTS, async (body) => {
    await gate.promise;
    return body.events.some(({ event }) => event.params.messageText === "poison") ? problem(422, "chat_id_not_integer", "No.") : usual(body);
  });
  for (let n = 1; n <= 40; n++) say(message(n === 23 ? "poison" : `m${n}`));
  gate.resolve();
  for (let n = 0; n < 10; n++) await settle();
  assert.deepEqual(of("refused").map(({ seq, reason }) => [seq, reason]), [[23, "chat_id_not_integer"]]);
  assert.equal(kept.size, 39);
  assert.equal(attachment.waiting.count, 0);
});

test("an unknown workspace, no right, too many requests: kept, tried again, told", async () => {
  for (const [status, code] of [[404, "unknown_workspace"], [403, "scope_missing"], [429, "too_many_requests"], [500, "internal"]]) {
    const { say, daemon, time, attachment, handle, batches } = await workspace();
    const usual = daemon.routes.get(EVENTS);
    const errors = [];
    handle.addEventListener("error", ({ detail }) => errors.push(detail.code));
    daemon.on(EVENTS, () => problem(status, code));
    say(message("a"));
    await time.advance(30_000);
    assert.equal(attachment.waiting.count, 1, code);
    assert.ok(errors.includes(code), code);
    assert.ok(batches().length < 12);
    daemon.on(EVENTS, usual);
    await time.advance(61_000);
    assert.equal(attachment.waiting.count, 0, code);
  }
});

test("after a reload of the page what waited goes on, under its own stream", async () => {
  const sessionStorage = new FakeStorage();
  const first = await workspace({ page: new FakePage({ sessionStorage }) });
  first.daemon.down = true;
  first.say(message("before"));
  first.say(message("before too"));
  await settle();
  first.handle.destroy();
  const second = await workspace({ page: new FakePage({ sessionStorage }) });
  await settle();
  second.say(message("after"));
  await settle();
  const streams = second.batches().map(({ stream, events }) => [stream, events.map(({ event }) => event.params.messageText)]);
  assert.deepEqual(streams.map(([, texts]) => texts), [["before", "before too"], ["after"]]);
  assert.notEqual(streams[0][0], streams[1][0]);
  assert.equal(sessionStorage.length, 0);
});

test("a workspace that starts anew in its frame starts a new stream", async () => {
  const { say, batches, frame } = await workspace();
  frame.dispatchEvent(new Event("load"));
  say(message("ok"));
  await settle();
  frame.dispatchEvent(new Event("load"));
  say(message("ok"));
  await settle();
  const [one, other] = batches();
  assert.notEqual(one.stream, other.stream);
  assert.deepEqual([one.events[0].seq, other.events[0].seq], [1, 1]);
});

test("closing the page: what waits is sent with keepalive", async () => {
  const { say, daemon, page, batches } = await workspace();
  const gate = later();
  const usual = daemon.routes.get(EVENTS);
  daemon.on(EVENTS, async (body) => (await gate.promise, usual(body)));
  say(message("on its way"));
  await settle();
  say(message("not yet"));
  page.window.dispatchEvent(new Event("pagehide"));
  await settle();
  const last = daemon.requests.filter(({ path }) => path === EVENTS).at(-1);
  assert.equal(last.keepalive, true);
  assert.deepEqual(batches().map(({ events }) => events.map(({ seq }) => seq)), [[1], [2]]);
  gate.resolve();
  await settle();
  assert.equal(page.sessionStorage.length, 0, "the page lived on: both outcomes were read");
});

test("a full queue: bells go first, then the oldest; the loss is told, with its age", async () => {
  const { say, daemon, of, attachment, page, time } = await workspace();
  daemon.down = true;
  const at = time.now;
  say(event("notificationAdded", { notification: { id: "n", kind: "visitor", text: "x", sessionId: "s" } }));
  await time.advance(1_000);
  for (let n = 0; n < 1_001; n++) say(message(`m${n}`));
  await settle();
  assert.equal(attachment.waiting.count, 1_000);
  const lost = of("lost");
  assert.deepEqual(lost, [{ count: 1, oldest: at }, { count: 1, oldest: at + 1_000 }]);
  assert.equal(page.sessionStorage.length, 1_000);
  daemon.down = false;
});

test("a browser that lends no storage, or too little: kept in memory, and said so", async () => {
  for (const sessionStorage of [null, Object.assign(new FakeStorage(), { room: 10 })]) {
    const { say, daemon, time, attachment, kept } = await workspace({ page: new FakePage({ sessionStorage }) });
    daemon.down = true;
    say(message("a"));
    await settle();
    assert.deepEqual({ ...attachment.waiting, oldest: 0 }, { count: 1, oldest: 0, durable: false });
    daemon.down = false;
    await time.advance(61_000);
    assert.equal(kept.size, 1);
  }
});

test("rubbish in the storage is swept away and stops nothing", async () => {
  const sessionStorage = new FakeStorage();
  const prefix = ["trunkline-roxchat", "https://daemon.example/", "desk", ""].join("\n");
  for (const [index, text] of ["", "null", "{}", "[", '{"stream":"s","json":"7"}'].entries()) sessionStorage.setItem(`${prefix}x\n${index}`, text);
  const { say, kept } = await workspace({ page: new FakePage({ sessionStorage }) });
  say(message("a"));
  await settle();
  assert.equal(kept.size, 1);
  assert.equal(sessionStorage.length, 0);
});

test("one operator's events are not sent with another's token", async () => {
  const daemon = new FakeDaemon();
  let token = "dana-token";
  const operators = { "dana-token": "dana", "eli-token": "eli" };
  const { fetch } = daemon;
  daemon.fetch = (url, init) => {
    const operator = operators[init.headers.Authorization?.slice(7)];
    daemon.manifest = { ...daemon.manifest, operator: { id: operator, name: operator } };
    return fetch.call(daemon, url, init);
  };
  daemon.token = token;
  const sessionStorage = new FakeStorage();
  const first = await workspace({ page: new FakePage({ daemon, sessionStorage }), options: { getToken: () => token } });
  daemon.down = true;
  first.say(message("Dana's"));
  await settle();
  first.handle.destroy();
  daemon.down = false;
  daemon.token = token = "eli-token";
  const second = await workspace({ page: new FakePage({ daemon, sessionStorage }), options: { getToken: () => token } });
  second.say(message("Eli's"));
  await settle();
  assert.deepEqual([...second.kept.values()].map(({ params }) => params.messageText), ["Eli's"]);
  second.handle.destroy();
  daemon.token = token = "dana-token";
  const third = await workspace({ page: new FakePage({ daemon, sessionStorage }), options: { getToken: () => token } });
  await settle();
  assert.deepEqual([...third.kept.values()].map(({ params }) => params.messageText), ["Dana's"]);
});

test("events that came before anybody was known are the first operator's", async () => {
  const page = new FakePage();
  page.daemon.down = true;
  const { say, kept, time } = await workspace({ page });
  say(message("early"));
  await settle();
  page.daemon.down = false;
  await time.advance(31_000);
  assert.equal(kept.size, 1);
});

test("screen pop: the newest selection only, and not of an earlier load", async () => {
  const pops = (sent) => [{ screenPop: { status: "one", contacts: [{ id: sent.params.sessionId, name: "Ada" }], url: "https://crm.example/1" } }];
  const sessionStorage = new FakeStorage();
  const first = await workspace({ page: new FakePage({ sessionStorage }), effects: pops });
  const gate = later();
  const usual = first.daemon.routes.get(EVENTS);
  first.daemon.on(EVENTS, async (body) => (await gate.promise, usual(body)));
  for (const session of ["a", "b", "c"]) first.say(selected(session));
  gate.resolve();
  await settle();
  assert.deepEqual(first.of("screenPop"), [{ status: "one", contacts: [{ id: "c", name: "Ada", url: null }], url: "https://crm.example/1", at: first.time.now }]);
  first.daemon.down = true;
  first.say(selected("d"));
  await settle();
  first.handle.destroy();
  const second = await workspace({ page: new FakePage({ sessionStorage }), effects: pops });
  await settle();
  assert.equal(second.kept.size, 1);
  assert.deepEqual(second.of("screenPop"), []);
});

test("the badge", async () => {
  const { say, of } = await workspace({ effects: (_, seq) => [{ badge: seq }] });
  say(event("notificationAdded", { notification: { id: "n", kind: "visitor", text: "x", sessionId: "s" } }));
  say(event("notificationRemoved", { notification: { id: "n" } }));
  await settle();
  assert.deepEqual(of("badge").map(({ count }) => count), [1, 2]);
});

test("a listener that throws does not keep the others, or the queue", async () => {
  const { say, attachment, kept, page, of } = await workspace({ effects: () => [{ badge: 1 }] });
  attachment.on("badge", () => {
    throw new Error("the page's own mistake");
  });
  say(message("a"));
  await settle();
  assert.equal(kept.size, 1);
  assert.equal(of("badge").length, 1);
  assert.match(page.warnings.join(), /the page's own mistake/);
});

test("an event that is no JSON, or larger than the daemon takes, is refused here; a long message is cut", async () => {
  const { say, of, kept } = await workspace();
  const circular = event("x");
  circular.params.self = circular;
  say(circular);
  say(event("x", { n: 1n }));
  say(event("x", { blob: "x".repeat(300_000) }));
  say(message("y".repeat(300_000)));
  await settle();
  assert.deepEqual(of("refused").map(({ reason }) => reason), ["not_json", "not_json", "too_large"]);
  const [{ params }] = kept.values();
  assert.ok(params.messageText.length > 32 * 1024 && params.messageText.length < 40_000, "the daemon sees that it was longer");
});

test("after detach nothing is heard, and what waited is brought all the same", async () => {
  const { say, daemon, attachment, time, kept, handle, page } = await workspace();
  daemon.down = true;
  say(message("a"));
  await settle();
  attachment.detach();
  say(message("b"));
  daemon.down = false;
  await time.advance(61_000);
  assert.deepEqual([...kept.values()].map(({ params }) => params.messageText), ["a"]);
  assert.equal((await attachment.startChat("ct_1")).code, "detached");
  handle.destroy();
  assert.equal(page.listeners.size, 0);
  assert.equal(time.pending, 0);
});

test("destroy: no listener, no timer, and no attach any more", async () => {
  const { handle, page, time, frame, say } = await workspace();
  say(message("a"));
  handle.destroy();
  await settle();
  assert.equal(page.listeners.size, 0);
  assert.equal(time.pending, 0);
  assert.throws(() => handle.roxchat.attach(frame, { origin: CHAT, workspace: "desk" }), /destroyed/);
});
