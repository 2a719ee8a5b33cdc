import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { COMMAND_ERRORS } from "../../src/roxchat-envelope.js";
import { launch, openPage } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { FakeDaemon } from "./support/fake-daemon.js";
import { listen } from "./support/serve-files.js";
import { WorkspaceFrame } from "./support/workspace-frame.js";

/** Three origins: the CRM page, the agents' workspace in its frame, and a hostile frame. */

const daemon = new FakeDaemon();
const evil = createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>evil</title>"));
let evilOrigin = "";
let lookAlike = "";
let browser;
let page;
let complaints;
/** @type {WorkspaceFrame} */
let desk;

before(async () => {
  evilOrigin = await listen(evil);
  // The workspace's own host under another name: an origin that only looks like it.
  await daemon.start({ chats: true });
  lookAlike = daemon.origins.workspace.replace("127.0.0.1", "localhost");
  daemon.otherFrames = [evilOrigin, lookAlike];
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${daemon.origins.page}/`));
  desk = new WorkspaceFrame(page);
  await new DemoPage(page).status("registered");
  await page.clock.install();
  await desk.open();
});

beforeEach(() => {
  daemon.chats.batches.length = 0;
});

after(async () => {
  await browser?.close();
  evil.closeAllConnections();
  evil.close();
  await daemon.stop();
});

/** The events that came since, once there are so many. */
async function events(count, from = 0) {
  for (let tries = 0; daemon.chats.events.length < from + count && tries < 200; tries++) await page.evaluate(() => new Promise(requestAnimationFrame));
  const all = daemon.chats.events.slice(from);
  assert.equal(all.length, count, JSON.stringify(all));
  return all;
}

test("the agent opens a chat: the page shows the customer", async () => {
  await desk.select("Ada Sample");
  await page.getByRole("heading", { level: 1, name: "Ada Sample" }).waitFor();
  await page.locator("#pop", { hasText: "Opened by the chat" }).waitFor();
  const [{ event, params }] = await events(1);
  assert.equal(event, "visitorSelected");
  assert.equal(params.chatId, null);
});

test("messages of both sides and the close, as objects", async () => {
  const from = daemon.chats.events.length;
  await desk.visitorSays("Greetings!");
  await desk.agentSays("What can I do for you?");
  await desk.close();
  const all = (await events(4, from)).filter(({ event }) => event !== "notificationAdded");
  assert.deepEqual(all.map(({ event, params }) => [event, params.kind, params.messageText]), [
    ["newMessageAdded", "visitor", "Greetings!"], ["newMessageAdded", "operator", "What can I do for you?"], ["chatClosedByOperator", undefined, undefined],
  ]);
  assert.equal(new Set(all.map(({ params }) => params.chatId)).size, 1);
});

test("the same as JSON text; the badge counts the bells", async () => {
  const from = daemon.chats.events.length;
  await desk.more();
  await desk.choose("Events", "as JSON text");
  await desk.visitorSays("ok");
  await desk.frame.getByRole("button", { name: "Notification" }).click();
  const all = await events(2, from);
  assert.deepEqual(all.map(({ event }) => event), ["newMessageAdded", "notificationAdded"]);
  assert.equal(typeof daemon.chats.batches.at(-1).events[0].event, "string", "just as it came");
  await page.getByRole("tab", { name: "Agent chats 2" }).waitFor();
  await desk.frame.getByRole("button", { name: "Seen" }).click();
  await page.getByRole("tab", { name: "Agent chats 1" }).waitFor();
  await desk.choose("Events", "as objects");
});

test("a visitor signs in: old and new identity, the page follows", async () => {
  const from = daemon.chats.events.length;
  await desk.select("Visitor of the shop");
  await desk.frame.getByRole("button", { name: "Signs in" }).click();
  const [, { event, params }] = await events(2, from);
  assert.equal(event, "visitorAuthorized");
  assert.deepEqual([params.old.providedVisitorId, params.new.providedVisitorId], [null, "ct_3"]);
  assert.notEqual(params.old.roxchatVisitorId, params.new.roxchatVisitorId);
});

/** What a hostile frame sends: events, command errors and confirmations. The target "*" is the attacker's own. */
function forge(count) {
  const kinds = [
    { source: "roxchat", event: "newMessageAdded", params: { roxchatVisitorId: "x", providedVisitorId: "ct_2", chatId: 1, sessionId: "s", kind: "visitor", messageText: "forged" } },
    { source: "roxchat", event: "visitorSelected", params: { roxchatVisitorId: "x", providedVisitorId: "ct_2", chatId: 1, sessionId: "s" } },
    JSON.stringify({ source: "roxchat", event: "newMessageAdded", params: { chatId: 1, messageText: "forged" } }),
    { error: "no_tariff_option" },
    "no_tariff_option",
  ];
  const target = window.parent; // in the page itself: the page
  for (let index = 0; index < count; index++) target.postMessage(kinds[index % kinds.length], "*");
}

/** Messages come in their order: when an honest event is with the daemon, the forged ones before it are over. */
async function onlyTheHonestOne(attack) {
  const from = daemon.chats.events.length;
  await attack();
  await desk.visitorSays("ok");
  for (let tries = 0; daemon.chats.events.length === from && tries < 200; tries++) await page.evaluate(() => new Promise(requestAnimationFrame));
  // The first message of a chat rings a bell, too.
  const [first, ...more] = daemon.chats.events.slice(from);
  assert.equal(first.params.messageText, "ok");
  assert.ok(more.every(({ event }) => event === "notificationAdded"), JSON.stringify(more));
}

/** Adds a frame to the page and gives the script that runs in it. */
async function frameOf(url) {
  await page.evaluate((src) => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.addEventListener("load", resolve);
    frame.hidden = true;
    frame.src = src;
    document.body.append(frame);
  }), url);
  return page.frames().find((frame) => frame.url() === url);
}

test("a hostile frame of another origin: nothing of it reaches the daemon", async () => {
  const frame = await frameOf(`${evilOrigin}/`);
  await onlyTheHonestOne(() => frame.evaluate(forge, 1_000));
});

test("another frame of the workspace's own origin is not the workspace", async () => {
  const frame = await frameOf(`${daemon.origins.workspace}/demo.json`);
  await onlyTheHonestOne(() => frame.evaluate(forge, 1_000));
});

test("an origin that looks alike, and the page itself, are not the workspace", async () => {
  const frame = await frameOf(`${lookAlike}/demo.json`);
  await onlyTheHonestOne(() => frame.evaluate(forge, 1_000));
  await onlyTheHonestOne(() => page.evaluate(forge, 1_000));
});

test("the workspace's own window at another origin is not the workspace", async () => {
  const from = daemon.chats.events.length;
  const frame = page.frames().find((one) => one.url() === `${daemon.origins.workspace}/`);
  await frame.goto(`${evilOrigin}/`);
  await frame.evaluate(forge, 1_000);
  await frame.goto(`${daemon.origins.workspace}/`);
  await desk.select("Ada Sample");
  const all = await events(1, from);
  assert.equal(all[0].params.providedVisitorId, "ct_1");
  assert.equal(new Set(daemon.chats.batches.map(({ stream }) => stream)).size, 1);
});

const said = () => page.locator("#chat-said");

/** What the workspace's window hears, and from where. */
async function listening() {
  const frame = page.frames().find((one) => one.url() === `${daemon.origins.workspace}/`);
  await frame.evaluate(() => {
    window.heard = [];
    addEventListener("message", ({ data, origin }) => window.heard.push({ data, origin }));
  });
  return () => frame.evaluate(() => window.heard);
}

test("a chat is started from the record: the workspace hears the exact command, from our origin only", async () => {
  const heard = await listening();
  const evilFrame = page.frames().find((one) => one.url() === `${evilOrigin}/`);
  await evilFrame.evaluate(() => {
    window.heard = [];
    addEventListener("message", ({ data }) => window.heard.push(data));
  });
  await page.getByRole("button", { name: "Start a chat" }).click();
  await said().filter({ hasText: "In words: confirmed" }).waitFor();
  const [{ data, origin }, ...more] = await heard();
  assert.equal(origin, daemon.origins.page);
  assert.deepEqual(Object.keys(data).sort(), ["action", "params"]);
  assert.equal(data.action, "start_outgoing_chat");
  assert.deepEqual(Object.keys(data.params).sort(), ["roxchatVisitorId", "sessionId"]);
  assert.deepEqual(more, []);
  assert.deepEqual(await evilFrame.evaluate(() => window.heard), [], "and nobody else hears it");
  assert.deepEqual(daemon.chats.reports.at(-1), { status: "confirmed" });
});

test("each of the five errors reaches startChat, in each way it might come", async () => {
  await desk.more();
  for (const way of ["as an event", "as {error}", "as {code}", "as text"]) {
    await desk.choose("Error", way);
    for (const code of COMMAND_ERRORS.keys()) {
      await desk.choose("Outgoing chat", code.replaceAll("_", " "));
      await page.getByRole("button", { name: "Start a chat" }).click();
      await said().filter({ hasText: `In words: ${code}` }).waitFor();
      assert.deepEqual(daemon.chats.reports.at(-1), { status: "error", code }, way);
    }
  }
});

test("no word from the workspace: unknown after ten seconds, whatever a hostile frame says meanwhile", async () => {
  await desk.choose("Outgoing chat", "no word of it");
  const heard = await listening();
  await page.getByRole("button", { name: "Start a chat" }).click();
  await said().filter({ hasText: "Asking the workspace" }).waitFor();
  for (let tries = 0; (await heard()).length === 0 && tries < 200; tries++) await page.evaluate(() => new Promise(requestAnimationFrame));
  const frame = page.frames().find((one) => one.url() === `${evilOrigin}/`);
  await frame.evaluate(forge, 100);
  await page.clock.runFor(9_000);
  assert.equal(await said().innerText(), "Asking the workspace");
  await page.clock.runFor(1_500);
  await said().filter({ hasText: "In words: unknown" }).waitFor();
  assert.deepEqual(daemon.chats.reports.at(-1), { status: "unknown" });
});

test("the daemon is away and the page is loaded anew: what was said arrives once", async () => {
  await desk.select("Ben Sample");
  const from = daemon.chats.events.length;
  await daemon.stopDaemon();
  await desk.visitorSays("Is the desk lamp in stock?");
  const queued = () => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("trunkline-roxchat")).length);
  for (let tries = 0; (await queued()) === 0 && tries < 200; tries++) await page.evaluate(() => new Promise(requestAnimationFrame));
  await daemon.startDaemon();
  await page.reload();
  await new DemoPage(page).status("registered");
  for (let tries = 0; (await queued()) > 0 && tries < 400; tries++) await page.clock.runFor(500);
  const texts = daemon.chats.events.slice(from).filter(({ event }) => event === "newMessageAdded").map(({ params }) => params.messageText);
  assert.deepEqual(texts, ["Is the desk lamp in stock?"]);
});

test("nobody complained, but for the daemon that was away", () => {
  assert.deepEqual(complaints.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|trunkline: |frame-ancestors|Framing/.test(text)), []);
});
