import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { FakeDaemon } from "./support/fake-daemon.js";
import { listen } from "./support/serve-files.js";

/** The page listens to one window of one origin: nothing forged may reach the daemon. */

const FORGED = 5_000;

const daemon = new FakeDaemon();
const stranger = createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>stranger</title>"));
let strangerOrigin = "";
let browser;
let page;
/** @type {DemoPage} */
let at;

before(async () => {
  strangerOrigin = await listen(stranger);
  await daemon.start();
  daemon.otherFrames = [strangerOrigin];
  browser = await launch();
  ({ page } = await openPage(browser, `${daemon.origins.page}/`));
  at = new DemoPage(page);
  await at.status("registered");
  await at.tab("Contacts");
  await at.contactCount();
});

after(async () => {
  await browser?.close();
  stranger.closeAllConnections();
  stranger.close();
  await daemon.stop();
});

/** Adds a frame to the page and gives the script that runs in it. */
async function frameOf(url) {
  await page.evaluate((src) => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.addEventListener("load", resolve);
    frame.src = src;
    document.body.append(frame);
  }), url);
  return page.frames().find((frame) => frame.url() === url);
}

/** Forged requests, registrations, events and answers, in turn. The target "*" is the attacker's own. */
function forge(count) {
  const kinds = [
    (id) => ({ type: "rc-post-message-request", requestId: id, path: "/callLogger", body: { call: { sessionId: "forged" }, triggerType: "createLog" } }),
    (id) => ({ type: "rc-post-message-request", requestId: id, path: "/authorize", body: { authorized: true } }),
    (id) => ({ type: "rc-post-message-request", requestId: id, path: "/contacts", body: { page: 1, syncTimestamp: null } }),
    () => ({ type: "rc-login-status-notify", loggedIn: true }),
    () => ({ type: "rc-adapter-pushAdapterState" }),
    (id) => ({ type: "rc-adapter-message-response", responseId: id, response: "x" }),
    () => null,
    () => ({ type: { toString: "no" }, path: ["/contacts"] }),
  ];
  const target = window.parent; // in the page itself: the page
  for (let index = 0; index < count; index++) target.postMessage(kinds[index % kinds.length](`forged-${index}`), "*");
}

/** Messages come in their order: once an honest request of the widget is answered, the forged ones are over. */
async function onlyTheHonestOne(attack) {
  const before = daemon.requests.length;
  await attack();
  await at.phone.getByRole("button", { name: "Refresh contacts" }).click();
  await page.waitForFunction((seen) => document.querySelectorAll("#wire tr").length > seen, await page.locator("#wire tr").count() - 1);
  await at.contactCount();
  const { requests } = daemon;
  assert.deepEqual(requests.slice(before), [{ path: "/contacts", body: { page: 1, syncTimestamp: "1", type: "manual" } }]);
}

test("a frame of a third origin posts thousands of forged messages", async () => {
  const frame = await frameOf(`${strangerOrigin}/`);
  await onlyTheHonestOne(() => frame.evaluate(forge, FORGED));
});

test("another frame of the widget's own origin is not the widget", async () => {
  const frame = await frameOf(`${daemon.origins.widget}/demo.json`);
  await onlyTheHonestOne(() => frame.evaluate(forge, FORGED));
});

test("the page itself, and whatever runs in it, is not the widget", async () => {
  await onlyTheHonestOne(() => page.evaluate(forge, FORGED));
});

test("a page of a third origin that opened this one", async () => {
  const opener = await page.context().newPage();
  await opener.goto(`${strangerOrigin}/`);
  const [opened] = await Promise.all([
    opener.waitForEvent("popup"),
    opener.evaluate((url) => { window.victim = window.open(url); }, `${daemon.origins.page}/`),
  ]);
  const victim = new DemoPage(opened);
  await victim.status("registered");
  await victim.tab("Contacts");
  await victim.contactCount();
  const before = daemon.requests.length;
  await opener.evaluate((count) => {
    for (let index = 0; index < count; index++) {
      window.victim.postMessage({ type: "rc-post-message-request", requestId: `forged-${index}`, path: "/authorize", body: { authorized: true } }, "*");
    }
  }, FORGED);
  await victim.phone.getByRole("button", { name: "Refresh contacts" }).click();
  await opened.waitForFunction(() => document.querySelector("#wire .path")?.textContent === "/contacts");
  await victim.contactCount();
  assert.deepEqual(daemon.requests.slice(before).filter(({ path }) => path !== "/contacts"), []);
  assert.equal(daemon.answers.authorized, true);
});
