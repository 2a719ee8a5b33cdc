import assert from "node:assert/strict";
import test from "node:test";
import { connected } from "./support/connected.js";
import { FakeBrowser, FakeDaemon, FakePage, settle } from "./support/page.js";

/** Tabs of one browser, each with its own page, at one daemon. */
async function tabs(count, { focused = 0 } = {}) {
  const browser = new FakeBrowser();
  const daemon = new FakeDaemon();
  const all = [];
  for (let n = 0; n < count; n++) {
    const tab = await connected({ page: new FakePage({ browser, daemon }), focused: n === focused });
    tab.opens = [];
    tab.handle.addEventListener("open", (event) => tab.opens.push(event.detail));
    all.push(tab);
  }
  return { all, browser, daemon };
}

const navigate = { type: "rc-adapter-navigate-to", path: "/history" };
const open = { type: "trunkline-open", kind: "contact", url: "https://crm.example/7", detail: { id: 7 } };
const count = (tab) => tab.frame.of("rc-adapter-navigate-to").length;

test("one stream for all tabs; its commands reach every widget", async () => {
  const { all, daemon } = await tabs(5);
  assert.equal(daemon.streams.length, 1);
  daemon.streams[0].commands(navigate);
  await settle();
  assert.deepEqual(all.map(count), [1, 1, 1, 1, 1]);
});

test("when the leading tab goes, another joins the stream and all are brought up to date", async () => {
  const { all, daemon } = await tabs(3);
  await Promise.all(all.map(({ time }) => time.advance(5_000)));
  all[0].handle.destroy();
  await settle();
  assert.equal(daemon.streams[0].ended, true);
  assert.equal(daemon.streams.length, 2);
  daemon.streams[1].hello();
  daemon.streams[1].commands(navigate);
  await settle();
  for (const tab of all.slice(1)) await tab.time.advance(2_000);
  assert.deepEqual(all.map(count), [0, 1, 1]);
  assert.deepEqual(all.map(({ frame }) => frame.of("rc-adapter-sync-third-party-contacts").length), [0, 1, 1]);
});

test("a record is opened once, in the tab in use", async () => {
  for (const focused of [0, 2]) {
    const { all, daemon } = await tabs(3, { focused });
    daemon.streams[0].commands(open);
    await settle();
    for (const tab of all) await tab.time.advance(1_000);
    assert.deepEqual(all.map(({ opens }) => opens.length), [0, 1, 2].map((n) => Number(n === focused)));
    for (const { handle } of all) handle.destroy();
  }
});

test("with no tab in use the leader opens it", async () => {
  const { all, daemon } = await tabs(3, { focused: -1 });
  daemon.streams[0].commands(open);
  await settle();
  for (const tab of all) await tab.time.advance(1_000);
  assert.deepEqual(all.map(({ opens }) => opens.length), [1, 0, 0]);
});

test("another operator in the same browser has a stream of their own, and takes no tab's", async () => {
  const { all, browser, daemon } = await tabs(2);
  const other = new FakeDaemon();
  other.manifest.operator = { id: "sam", name: null };
  const sam = await connected({ page: new FakePage({ browser, daemon: other }) });
  assert.equal(other.streams.length, 1);
  daemon.streams[0].commands(navigate);
  await settle();
  assert.deepEqual([...all, sam].map(count), [1, 1, 0]);
});

test("when another operator signs in on a page, the stream changes and nothing known is kept", async () => {
  const { all, daemon } = await tabs(1);
  const [{ page, frame, time }] = all;
  daemon.on("/contacts/match", () => ({ response: { data: { "+1": [{ id: "a" }] } }, commands: [] }));
  page.ask(frame, "/contacts/match", { phoneNumbers: ["+1"] });
  await settle();
  daemon.manifest = { ...daemon.manifest, operator: { id: "sam", name: null } };
  daemon.streams[0].end();
  await time.advance(3_000);
  daemon.streams[1].hello();
  await settle();
  assert.equal(daemon.streams.length, 3);
  assert.equal(daemon.streams[1].ended, true);
  daemon.on("/contacts/match", () => new Response("", { status: 422 }));
  page.ask(frame, "/contacts/match", { phoneNumbers: ["+1"] });
  await settle();
  assert.deepEqual(frame.responses.at(-1).response, { data: {} });
});

test("a browser that refuses the lock leaves each tab its own stream", async () => {
  const browser = new FakeBrowser();
  browser.locks = () => ({ request: async () => { throw new Error("SecurityError"); } });
  const { daemon } = await connected({ page: new FakePage({ browser }) });
  assert.equal(daemon.streams.length, 1);
});
