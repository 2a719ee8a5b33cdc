import assert from "node:assert/strict";
import test from "node:test";
import { createEngage } from "../src/engage.js";
import { problem } from "./support/daemon.js";
import { FakeBrowser, FakePage, settle } from "./support/page.js";
import { FakeStorage } from "./support/storage.js";
import { FakeTime } from "./support/time.js";

const RENEW = "https://daemon.example/v1/engage/sites/shop/identities/renew";
const PATH = new URL(RENEW).pathname;
const MINUTE = 60_000;
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What a mint answers: two hours to live, to be renewed when 65 minutes are left. */
function minted(now, { uuid = "visitor-1", grant = "grant-0", ttl = 7_200, name = "Ada" } = {}) {
  const exp = Math.floor(now / 1000) + ttl;
  const token = `${part({ typ: "JWT", alg: "HS256", kid: "k" })}.${part({ exp, uuid, firstname: name })}.c2ln`;
  return { token, exp, renewAt: exp - 3_900, kid: "k", uuid, renewGrant: grant };
}

/** A shop page whose daemon takes each grant once. */
function shop(parts = {}) {
  const page = new FakePage(parts);
  const grants = [];
  page.daemon.on(PATH, ({ grant }) => {
    if (grants.includes(grant)) return problem(401, "grant_replayed", "This grant was used before.");
    grants.push(grant);
    return Response.json(minted(page.time.now, { grant: `grant-${grants.length}` }));
  });
  const told = [];
  const engage = createEngage(page.env);
  for (const name of ["renewed", "renew_failed", "expired", "uuid_change_refused"]) engage.on(name, (detail) => told.push(detail));
  const signed = () => (page.window._chatq ?? []).filter(([name]) => name === "_setSignedIdentity").map(([, token]) => token);
  const claims = () => signed().map((token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")));
  return { page, engage, told, grants, signed, claims, time: page.time, identify: (initial) => engage.identify({ renewUrl: RENEW, initial }) };
}

test("55 minutes: exactly one more _setSignedIdentity, the same uuid, more than an hour left", async () => {
  const { identify, time, signed, claims, told, engage } = shop();
  identify(minted(time.now));
  assert.equal(signed().length, 1);
  await time.advance(55 * MINUTE - 1_000);
  assert.equal(signed().length, 1, "not before it is due");
  await time.advance(1_000);
  assert.equal(signed().length, 2);
  assert.deepEqual(claims().map(({ uuid }) => uuid), ["visitor-1", "visitor-1"]);
  assert.ok(claims()[1].exp - time.now / 1000 > 3_600);
  assert.deepEqual(told.map(({ state }) => state), ["renewed"]);
  assert.equal(engage.state, "renewed");
});

test("never less than an hour is left, over a day", async () => {
  const { identify, time, claims, grants } = shop();
  identify(minted(time.now));
  for (let minute = 0; minute < 24 * 60; minute++) {
    await time.advance(MINUTE);
    assert.ok(claims().at(-1).exp - time.now / 1000 >= 3_600, `after ${minute} minutes`);
  }
  assert.equal(grants.length, 26, "every 55 minutes");
});

test("the request: the grant in JSON, no cookies, no redirect, no bearer token", async () => {
  const { identify, time, page } = shop();
  identify(minted(time.now));
  await time.advance(55 * MINUTE);
  const [request] = page.daemon.requests;
  assert.deepEqual(JSON.parse(request.body), { grant: "grant-0" });
  assert.deepEqual(request.headers, { "Content-Type": "application/json" });
  assert.equal(`${request.method} ${request.credentials} ${request.redirect} ${request.cache}`, "POST omit error no-store");
});

test("a page from a cache brings an old token: it is not given to the chat, and renewed at once", async () => {
  const { identify, time, signed, grants } = shop();
  identify(minted(time.now - 70 * MINUTE));
  assert.equal(signed().length, 0, "Engage refuses a token with less than an hour");
  await settle();
  assert.deepEqual(grants, ["grant-0"]);
  assert.equal(signed().length, 1);
});

test("a page from a cache whose grant was used already takes what it led to", async () => {
  const { identify, time, page, signed, grants, engage } = shop();
  const first = minted(time.now);
  identify(first);
  await time.advance(56 * MINUTE);
  assert.equal(grants.length, 1);
  const again = new FakePage({ daemon: page.daemon, localStorage: page.localStorage, time });
  createEngage(again.env).identify({ renewUrl: RENEW, initial: first });
  await settle();
  assert.deepEqual(grants, ["grant-0"], "the used grant is not sent again");
  assert.deepEqual(again.window._chatq, [["_setSignedIdentity", signed()[1]]]);
  engage.stop();
});

test("a laptop that slept: renewed as soon as the page is looked at", async () => {
  for (const wake of [
    (page) => page.document.dispatchEvent(new Event("visibilitychange")),
    (page) => page.window.dispatchEvent(new Event("pageshow")),
    (page) => page.window.dispatchEvent(new Event("online")),
  ]) {
    const { identify, time, page, signed } = shop();
    identify(minted(time.now));
    time.now += 80 * MINUTE; // its timers stood still
    wake(page);
    await settle();
    assert.equal(signed().length, 2);
  }
});

test("offline: tried again with growing waits, told, and renewed at once when the network is back", async () => {
  const { identify, time, page, told, signed, engage } = shop();
  identify(minted(time.now));
  page.daemon.down = true;
  await time.advance(60 * MINUTE);
  const failures = told.filter(({ state }) => state === "renew_failed");
  assert.ok(failures.length >= 5 && failures.length < 30, `${failures.length} tries in five minutes`);
  assert.equal(failures[0].code, "unreachable");
  assert.ok(failures.at(-1).retryIn > failures[0].retryIn);
  page.daemon.down = false;
  page.window.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(signed().length, 2);
  assert.equal(engage.state, "renewed");
});

test("expired is told once, and a renewal after it is taken", async () => {
  const { identify, time, page, told, signed } = shop();
  identify(minted(time.now));
  page.daemon.down = true;
  await time.advance(125 * MINUTE);
  assert.equal(told.filter(({ state }) => state === "expired").length, 1);
  page.daemon.down = false;
  await time.advance(6 * MINUTE);
  assert.equal(signed().length, 2);
  assert.equal(told.at(-1).state, "renewed");
});

test("a refused grant is not tried again and again", async () => {
  for (const [status, code] of [[401, "grant_replayed"], [401, "grant_expired"], [403, "origin_refused"]]) {
    const { identify, time, page, told } = shop();
    page.daemon.on(PATH, () => problem(status, code));
    identify(minted(time.now));
    await time.advance(115 * MINUTE);
    assert.equal(page.daemon.requests.length, 1, code);
    assert.deepEqual(told.map(({ state, code, retryIn }) => [state, code, retryIn]), [["renew_failed", code, null]]);
  }
});

test("429 and a proxy's 502 pass: Retry-After is kept to", async () => {
  const { identify, time, page, signed } = shop();
  const usual = page.daemon.routes.get(PATH);
  const answers = [new Response("", { status: 429, headers: { "retry-after": "120" } }), new Response("<html>", { status: 502 })];
  page.daemon.on(PATH, (body) => answers.shift() ?? usual(body));
  identify(minted(time.now));
  await time.advance(55 * MINUTE);
  await time.advance(119_000);
  assert.equal(page.daemon.requests.length, 1);
  await time.advance(10_000);
  assert.equal(signed().length, 2);
});

test("another uuid from the daemon: not given to the chat, the page is asked", async () => {
  const { identify, time, page, signed, told, engage, claims } = shop();
  page.daemon.on(PATH, () => minted(time.now, { uuid: "visitor-2" }));
  identify(minted(time.now));
  await time.advance(70 * MINUTE);
  assert.equal(page.daemon.requests.length, 1, "the grant of now is another visitor's");
  assert.equal(signed().length, 1);
  const [asked] = told;
  assert.equal(`${asked.state} ${asked.was} ${asked.offered}`, "uuid_change_refused visitor-1 visitor-2");
  assert.equal(engage.state, "uuid_change_refused");
  asked.accept();
  assert.equal(claims().at(-1).uuid, "visitor-2");
});

test("identify with another uuid on the same page: refused, and the first goes on", async () => {
  const { identify, time, claims, told } = shop();
  identify(minted(time.now));
  identify(minted(time.now, { uuid: "visitor-2" }));
  assert.deepEqual(claims().map(({ uuid }) => uuid), ["visitor-1"]);
  assert.equal(told[0].state, "uuid_change_refused");
  await time.advance(55 * MINUTE);
  assert.deepEqual(claims().map(({ uuid }) => uuid), ["visitor-1", "visitor-1"]);
});

test("after stop another visitor may come", () => {
  const { identify, time, claims, told, engage, page } = shop();
  identify(minted(time.now));
  engage.stop();
  assert.equal(page.localStorage.length, 0, "nothing of the visitor stays in the browser");
  identify(minted(time.now, { uuid: "visitor-2" }));
  assert.deepEqual(claims().map(({ uuid }) => uuid), ["visitor-1", "visitor-2"]);
  assert.deepEqual(told, []);
});

test("stop ends the timers, the listeners, and the renewals of the other tabs", async () => {
  const time = new FakeTime();
  const localStorage = new FakeStorage();
  const one = shop({ time, localStorage });
  const other = shop({ time, localStorage });
  const initial = minted(time.now);
  one.identify(initial);
  other.identify(initial);
  const before = one.page.listeners.size;
  assert.ok(before > 0);
  one.engage.stop();
  await time.advance(120 * MINUTE);
  assert.equal(one.page.daemon.requests.length + other.page.daemon.requests.length, 0);
  assert.equal(one.page.listeners.size + other.page.listeners.size, 0);
  assert.equal(time.pending, 0);
});

test("two tabs with one grant: one request, and both chats get the token", async () => {
  const time = new FakeTime();
  const browser = new FakeBrowser();
  const localStorage = new FakeStorage();
  const one = shop({ time, browser, localStorage });
  const other = shop({ time, browser, localStorage, daemon: one.page.daemon });
  one.page.daemon.on(PATH, ({ grant }) => {
    one.grants.push(grant);
    return Response.json(minted(time.now, { grant: `grant-${one.grants.length}` }));
  });
  const initial = minted(time.now);
  one.identify(initial);
  other.identify(initial);
  await time.advance(55 * MINUTE);
  assert.deepEqual(one.grants, ["grant-0"]);
  assert.deepEqual(one.signed(), other.signed());
  assert.equal(one.signed().length, 2);
  await time.advance(55 * MINUTE);
  assert.deepEqual(one.grants, ["grant-0", "grant-1"]);
});

test("a tab that slept past its token's end is not stopped by another that clears what expired", async () => {
  const time = new FakeTime();
  const localStorage = new FakeStorage();
  const asleep = shop({ time, localStorage });
  asleep.identify(minted(time.now));
  time.now += 180 * MINUTE;
  const other = shop({ time, localStorage });
  other.identify(minted(time.now, { uuid: "visitor-2", grant: "other" }));
  asleep.page.window.dispatchEvent(new Event("pageshow"));
  await settle();
  assert.deepEqual(asleep.grants, ["grant-0"]);
  assert.equal(asleep.signed().length, 2);
});

test("a storage whose grant is dead: the page's own is used", async () => {
  const { identify, time, page, signed } = shop();
  const stale = { ...minted(time.now, { ttl: 86_400, grant: "dead" }), renewAt: Math.floor(time.now / 1000) + 60 };
  page.localStorage.setItem(["trunkline-engage", RENEW, "visitor-1"].join("\n"), JSON.stringify(stale));
  page.daemon.on(PATH, ({ grant }) => (grant === "dead" ? problem(401, "grant_expired") : minted(time.now, { grant: "fresh", ttl: 90_000 })));
  identify(minted(time.now));
  await time.advance(2 * MINUTE);
  assert.deepEqual(page.daemon.requests.map(({ body }) => JSON.parse(body).grant), ["dead", "grant-0"]);
  assert.equal(signed().length, 2);
});

test("a clock that is hours ahead does not make a storm of renewals", async () => {
  const { identify, time, page } = shop();
  const SKEW = 5 * 60 * MINUTE;
  let n = 0;
  page.daemon.on(PATH, () => minted(time.now - SKEW, { grant: `g${++n}` }));
  identify(minted(time.now - SKEW));
  await time.advance(60 * MINUTE);
  assert.ok(page.daemon.requests.length <= 13, `${page.daemon.requests.length} requests in an hour`);
});

test("what is no mint's answer is refused with words, and nothing is given to the chat", () => {
  const { identify, time, page, engage } = shop();
  const good = minted(time.now);
  const wrong = [
    [null, /not the answer of a mint/],
    [{ ...good, token: "" }, /no token/],
    [{ ...good, token: "a.b" }, /not a JSON Web Token/],
    [{ ...good, token: "?.?.?" }, /not a JSON Web Token/],
    [{ ...good, exp: good.exp * 1000 }, /milliseconds/],
    [{ ...good, exp: String(good.exp) }, /whole Unix seconds/],
    [{ ...good, renewAt: good.exp }, /renewAt/],
    [{ ...good, uuid: " " }, /no uuid/],
    [{ ...good, uuid: "other" }, /another uuid/],
    [{ ...good, exp: good.exp + 1 }, /another exp/],
    [{ ...good, renewGrant: undefined }, /renewGrant/],
  ];
  for (const [initial, words] of wrong) assert.throws(() => identify(initial), { name: "TypeError", message: words });
  for (const renewUrl of ["", "javascript:alert(1)", undefined, 7]) {
    assert.throws(() => engage.identify({ renewUrl, initial: good }), /renewUrl/);
  }
  assert.equal(page.window._chatq, undefined);
});

test("custom variables: all of them or none, and only what the chat takes", () => {
  const { engage, page } = shop();
  engage.setVariables({ custom_cart_amount: 58, custom_vip: true, custom_name: "</script><script>alert(1)" });
  assert.deepEqual(page.window._chatq, [
    ["_fillCustomVariable", "custom_cart_amount", 58],
    ["_fillCustomVariable", "custom_vip", true],
    ["_fillCustomVariable", "custom_name", "</script><script>alert(1)"],
  ]);
  for (const bad of [null, [], "custom_x", { cart: 1 }, { custom_: 1 }, { "custom_a b": 1 }, { custom_a: null }, { custom_a: {} }, { custom_a: NaN }, { custom_ok: 1, nope: 2 }]) {
    assert.throws(() => engage.setVariables(bad), TypeError);
  }
  assert.equal(page.window._chatq.length, 3);
});

test("embedding needs its element", () => {
  const { engage, page } = shop();
  assert.throws(() => engage.embed("messaging-container"), /no element with the id "messaging-container"/);
  page.elements.set("messaging-container", {});
  engage.embed("messaging-container");
  assert.deepEqual(page.window._chatq, [["_setConfiguration", { embedded: true, parentNodeId: "messaging-container" }]]);
});

test("the chat's events: one callback a name with the chat, as many as the page likes here", () => {
  const { engage, page } = shop();
  const heard = [];
  const off = engage.on("message_received", (count) => heard.push(`one ${count}`));
  engage.on("message_received", (count) => heard.push(`two ${count}`));
  const [[command, name, callback], ...more] = page.window._chatq;
  assert.deepEqual([command, name, more.length], ["_onEvent", "message_received", 0]);
  callback(1);
  off();
  callback(2);
  assert.deepEqual(heard, ["one 1", "two 1", "two 2"]);
  assert.throws(() => engage.on("Message Received", () => {}), TypeError);
  assert.throws(() => engage.on("started", "no function"), TypeError);
});

test("a page change is told to the chat, whichever way it has taken _chatq over", () => {
  const { engage, page } = shop();
  const taken = [];
  page.window._chatq = { push: (entry) => taken.push(entry) };
  engage.pageChange();
  assert.deepEqual(taken, [["_pageChange"]]);
  page.window._chatq = 7;
  assert.throws(() => engage.pageChange(), /_chatq/);
});

test("no storage at all: each page is for itself", async () => {
  const { identify, time, signed } = shop({ localStorage: null });
  identify(minted(time.now));
  await time.advance(55 * MINUTE);
  assert.equal(signed().length, 2);
});

test("a visitor who has gone leaves nothing behind", () => {
  const localStorage = new FakeStorage();
  const { identify, time } = shop({ localStorage });
  localStorage.setItem(["trunkline-engage", RENEW, "earlier"].join("\n"), JSON.stringify(minted(time.now - 180 * MINUTE, { uuid: "earlier" })));
  localStorage.setItem("the page's own", "7");
  identify(minted(time.now));
  assert.deepEqual(Array.from({ length: localStorage.length }, (_, i) => localStorage.key(i).split("\n").at(-1)), ["the page's own", "visitor-1"]);
});
