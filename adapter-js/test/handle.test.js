import assert from "node:assert/strict";
import test from "node:test";
import { connectIn } from "../src/connect.js";
import { findScriptTag, optionsOf } from "../src/script-tag.js";
import { tokenFrom } from "../src/tokens.js";
import { connected } from "./support/connected.js";
import { later } from "./support/daemon.js";
import { FakeBrowser, FakeFrame, FakePage, settle } from "./support/page.js";

test("destroy leaves nothing behind: listeners, observers, timers, streams, locks, channels", async () => {
  const browser = new FakeBrowser();
  const { page, handle, frame, daemon, time, errors } = await connected({ page: new FakePage({ browser }) });
  const slow = later();
  daemon.on("/callLogger", () => slow.promise);
  page.ask(frame, "/callLogger", {});
  await settle();
  const statuses = [];
  handle.addEventListener("status", ({ detail }) => statuses.push(detail));
  handle.destroy();
  handle.destroy();
  await settle();
  assert.deepEqual(statuses, [{ status: "destroyed", previous: "registered", message: null }]);
  assert.equal(page.listeners.size, 0);
  assert.equal(page.observers.size, 0);
  assert.equal(time.pending, 0);
  assert.ok(daemon.streams.every(({ ended }) => ended));
  assert.equal(browser.openChannels, 0);
  const before = [daemon.requests.length, frame.received.length];
  slow.resolve({ response: { data: "ok" }, commands: [{ type: "rc-adapter-navigate-to", path: "/x" }] });
  await page.start(frame);
  page.ask(frame, "/activities", {});
  page.put(new FakeFrame());
  frame.dispatchEvent(new Event("load"));
  await time.advance(600_000);
  assert.deepEqual([daemon.requests.length, frame.received.length], before);
  assert.equal(handle.status, "destroyed");
  assert.deepEqual(errors, []);
  assert.ok(await Promise.race([browser.locks().request(`trunkline:${daemon.base}:dana`, { signal: new AbortController().signal }, () => true)]));
});

test("destroy at any moment of the start is clean", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const page = new FakePage({ browser: new FakeBrowser(), frame: new FakeFrame() });
    const handle = connectIn({ getToken: async () => "t" }, page.env, page.daemon.base);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    handle.destroy();
    await settle();
    assert.equal(page.time.pending, 0, `after ${turns} turns`);
    assert.equal(page.listeners.size, 0);
    assert.ok(page.daemon.streams.every(({ ended }) => ended));
  }
});

test("a second connect for the same frame and daemon is the first one", async () => {
  const { page, handle, daemon, frame } = await connected();
  assert.equal(connectIn({}, page.env, daemon.base), handle);
  assert.equal(connectIn({ frame: () => frame }, page.env, daemon.base), handle);
  assert.equal(connectIn({ getToken: async () => "x" }, page.env, daemon.base), handle);
  assert.match(page.warnings.join(), /getToken is not used/);
  const other = connectIn({}, page.env, "https://other.example/");
  assert.notEqual(other, handle);
  handle.destroy();
  const next = connectIn({}, page.env, daemon.base);
  assert.notEqual(next, handle);
  next.destroy();
  other.destroy();
});

test("the frame: RingCentral's own, a prefix, a selector, an element, a function", async () => {
  for (const [options, place] of [
    [{}, (page, frame) => page.put(frame, "rc-widget-adapter-frame")],
    [{}, (page, frame) => (page.put(frame, "hidden"), (page.window.RCAdapter = { contentFrameEl: frame }))],
    [{ prefix: "acme" }, (page, frame) => page.put(frame, "acme-adapter-frame")],
    [{ frame: "#phone" }, (page, frame) => page.put(frame, "#phone")],
    [(frame) => ({ frame }), (page, frame) => page.put(frame, "no name")],
    [(frame) => ({ frame: () => frame }), (page, frame) => page.put(frame, "no name")],
  ]) {
    const page = new FakePage();
    const frame = new FakeFrame();
    const handle = connectIn(typeof options === "function" ? options(frame) : options, page.env, page.daemon.base);
    place(page, frame);
    await page.start(frame);
    assert.equal(frame.registrations.length, 1);
    handle.destroy();
  }
});

test("an element that is no iframe is not the widget", async () => {
  const page = new FakePage();
  const handle = connectIn({}, page.env, page.daemon.base);
  const frame = new FakeFrame();
  frame.tagName = "DIV";
  page.put(frame);
  assert.equal(handle.status, "waiting-for-widget");
});

test("options that cannot be used are refused in words", () => {
  const page = new FakePage();
  for (const [options, message] of [
    [{ daemon: "ftp://x" }, /`daemon`/],
    [{ daemon: "" , widgetOrigin: "*" }, /`widgetOrigin`/],
    [{ widgetOrigin: "null" }, /`widgetOrigin`/],
    [{ widgetOrigin: "/relative" }, /`widgetOrigin`/],
    [{ getToken: "a.b.c" }, /`getToken`/],
    [{ frame: 7 }, /`frame`/],
    [{ frame: null }, /`frame`/],
    [{ prefix: 7 }, /`prefix`/],
  ]) assert.throws(() => connectIn(options, page.env, "https://d.example/"), message);
  assert.throws(() => connectIn({}, page.env, null), /needs `daemon`/);
  page.document.querySelector = () => {
    throw new SyntaxError("not a selector");
  };
  assert.throws(() => connectIn({ frame: "##" }, page.env, "https://d.example/"), SyntaxError);
  assert.equal(page.listeners.size, 0);
});

test("a daemon below a path of another server keeps its path", async () => {
  const page = new FakePage();
  connectIn({ daemon: "https://crm.example/trunkline" }, page.env, null);
  await settle();
  assert.equal(page.daemon.requests[0].url, "https://crm.example/trunkline/embeddable/service");
});

test("an https page is told why an http daemon cannot be reached", async () => {
  const page = new FakePage();
  page.daemon.down = true;
  const handle = connectIn({}, page.env, "http://10.0.0.5:8787/");
  const errors = [];
  handle.addEventListener("error", ({ detail }) => errors.push(detail.message));
  await page.time.advance(20_000);
  assert.match(errors[0], /the daemon needs https/);
  assert.equal(page.warnings.length, 1, "once in the console");
});

test("a page without a widget is told so, once; one whose widget came is not", async () => {
  const page = new FakePage();
  connectIn({}, page.env, page.daemon.base);
  await page.time.advance(60_000);
  assert.equal(page.warnings.length, 1);
  assert.match(page.warnings[0], /no widget yet.*data-frame/);
  const good = await connected();
  await good.time.advance(60_000);
  assert.deepEqual(good.page.warnings, []);
});

test("what is written to the console is in sentences, and names the address that gave no token", async () => {
  const page = new FakePage();
  const getToken = tokenFrom({ ...page.env, fetch: async () => new Response("no", { status: 404 }) }, "https://crm.example/trunkline-token?of=now");
  page.daemon.token = "other";
  connectIn({ getToken }, page.env, page.daemon.base);
  await settle();
  assert.match(page.warnings.join(), /token address \/trunkline-token answered 404\. Sign in to this page again, or reload it\./);
});

test("the script tag is found by its address, and its attributes are the options", () => {
  const tag = (src, type = "module", dataset = {}) => ({ src, type, dataset });
  const document = (...tags) => ({ querySelectorAll: () => tags, baseURI: "https://crm.example/a/b" });
  const own = tag("https://d.example/adapter.js?v=1");
  const url = "https://d.example/adapter/adapter.js";
  assert.equal(findScriptTag(document(tag("https://d.example/other.js"), own), url), own);
  assert.equal(findScriptTag(document(tag("https://d.example/adapter.js", "")), url), null);
  assert.equal(findScriptTag(document(tag("https://evil.example/adapter.js")), url), null);
  const env = { document: document(), fetch: async () => new Response("t") };
  assert.deepEqual(optionsOf(own, env), {});
  const full = optionsOf(
    tag("", "module", { frame: "#f", widgetOrigin: "https://w.example", prefix: "p", daemon: "https://d.example", tokenUrl: "/token" }),
    env,
  );
  assert.equal(typeof full.getToken, "function");
  assert.deepEqual({ ...full, getToken: null }, { frame: "#f", widgetOrigin: "https://w.example", prefix: "p", daemon: "https://d.example", getToken: null });
});

test("the entry imports where there is no document, and offers connect and engage", async () => {
  const entry = await import("../src/adapter.js");
  assert.deepEqual(Object.keys(entry), ["connect", "engage"]);
});
