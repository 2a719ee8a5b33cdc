import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { launch } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { MediaHost, wav } from "./support/media-host.js";
import { Served } from "./support/served.js";

/** A recording that the real program has fetched and kept, heard in a real browser. The steps build on each other. */

const SECONDS = 90;
/** The operator's at the vendor. */
const TOKEN = "the-operators-token";
const SECRET = "a-secret-of-this-test-alone-0123456789";
const API_KEY = "a-key-of-this-test-alone-0123456789";

const file = wav(SECONDS);
const host = new MediaHost(file, TOKEN);
const served = new Served();
let browser;
let page;
/** @type {DemoPage} */
let at;
let origins;
/** The window with the recording. @type {import("playwright-core").Page} */
let opened;
/** What it was answered: path, status, range asked for and given. */
const answers = [];

before(async () => {
  const { host: place } = new URL(await host.start());
  origins = await served.start(
    `[operators]\nauth = "jwt"\nkeys = [{ kid = "main", secret = "${SECRET}" }]\n[api]\nkeys = ["${API_KEY}"]\n` +
      `[media]\nfetch = true\nallowed_hosts = ["${place}"]\n[service]\ncreate_contact = false\n`,
  );
  browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
  // The demo's page, as one whose operators sign in.
  await context.route(`${origins.page}/host.js`, async (route) => {
    const script = await (await route.fetch()).text();
    return route.fulfill({ contentType: "text/javascript", body: script.replace('tag.type = "module";', '$& tag.dataset.tokenUrl = "/token";') });
  });
  await context.route(`${origins.page}/token`, (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify({ token: token("ann") }) }));
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${origins.page}/`);
  at = new DemoPage(page);
  await at.status("registered");
});

after(async () => {
  await browser?.close();
  await served.stop();
  await host.stop();
});

/** @param {string} operator */
function token(operator) {
  const part = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: "HS256", typ: "JWT", kid: "main" })}.${part({ sub: operator, iat: now, exp: now + 600 })}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

/** @param {string} path @param {object} [body] as the operator's own page; without one, as a program */
async function daemon(path, body) {
  const headers = { Authorization: `Bearer ${body ? token("ann") : API_KEY}`, "Content-Type": "application/json" };
  const answer = await fetch(`${origins.daemon}${path}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200, path);
  return answer.json();
}

/** Asks again until there is something. @param {() => Promise<any>} find */
async function until(find) {
  for (let n = 0; n < 80; n++) {
    const found = await find();
    if (found) return found;
    await page.waitForTimeout(250);
  }
  throw new Error(`not within 20 s: ${find}`);
}

async function newestLog() {
  const { items } = await daemon("/v1/call-logs");
  return items.at(-1);
}

test("a logged call, and its recording that comes later: the daemon fetches and keeps it", async () => {
  await at.ring("unknown");
  await at.haveCall();
  await at.newestCall.getByRole("button", { name: /Log|Edit/ }).first().click();
  await at.saveLog("Wants a quote");
  await at.logged(at.newestCall);
  const { call } = await newestLog();
  const contentUri = `${host.origin}/recording/1?access_token=${TOKEN}`;
  await daemon("/embeddable/callLogger", {
    triggerType: "callLogSync",
    call: { ...call, action: "Phone Call", result: "Accepted", recording: { id: "1", type: "Automatic", contentUri } },
  });
  const stored = await until(async () => (await newestLog()).media?.find(({ state }) => state === "stored"));
  assert.equal(stored.contentType, "audio/wav", JSON.stringify(stored));
  assert.deepEqual(host.asked, [`Bearer ${TOKEN}`]);
});

test("the operator presses Recording: a window opens that plays it", async () => {
  const row = at.newestCall;
  const button = row.getByRole("button", { name: "Recording" });
  if (!(await button.isVisible())) await row.locator(".row-main").click();
  page.context().on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith("/media/md_")) return;
    const { range } = await response.request().allHeaders();
    answers.push({ url: response.url(), status: response.status(), range, given: response.headers()["content-range"] });
  });
  [opened] = await Promise.all([page.waitForEvent("popup"), button.click()]);
  await opened.waitForURL(/\/media\/md_\w+$/);
  const player = opened.locator("video, audio").first();
  await player.waitFor({ state: "attached" });
  const heard = () => player.evaluate((/** @type {HTMLMediaElement} */ element) => ({ ready: element.readyState, duration: element.duration, at: element.currentTime, error: element.error?.message }));
  const loaded = await until(async () => {
    const now = await heard();
    return (now.error || now.ready >= 2) && now;
  });
  assert.equal(loaded.error, undefined);
  assert.ok(Math.abs(loaded.duration - SECONDS) < 0.1, `it is ${loaded.duration} s long`);
  // Towards the end, which nobody has heard yet.
  await player.evaluate((/** @type {HTMLMediaElement} */ element, place) => {
    element.muted = true;
    element.currentTime = place;
    void element.play();
  }, SECONDS - 30);
  const playing = await until(async () => {
    const now = await heard();
    return now.at > SECONDS - 30 && now;
  });
  assert.ok(playing.at < SECONDS && playing.ready >= 2, JSON.stringify(playing));
});

test("it was served in parts, under an address that stays", async () => {
  const parts = await until(async () => {
    const found = answers.filter(({ status }) => status === 206);
    return found.length > 0 && found;
  });
  for (const { range, given } of parts) {
    assert.match(range, /^bytes=\d+-/);
    assert.match(given, new RegExp(`^bytes \\d+-\\d+/${file.length}$`));
  }
  const url = opened.url();
  assert.deepEqual([...new Set(answers.map((answer) => answer.url))], [url]);
  const part = await page.context().request.get(url, { headers: { Range: "bytes=100000-100999" } });
  assert.equal(part.status(), 206);
  assert.equal(part.headers()["content-range"], `bytes 100000-100999/${file.length}`);
  assert.ok((await part.body()).equals(file.subarray(100_000, 101_000)), "these bytes of it");
});

test("the window is opened again by its address alone; a browser that was not let in hears nothing", async () => {
  const again = await page.context().newPage();
  await again.goto(opened.url());
  await until(() => again.locator("video, audio").first().evaluate((/** @type {HTMLMediaElement} */ element) => element.readyState >= 1));
  const stranger = await browser.newContext();
  const elsewhere = await stranger.newPage();
  assert.equal((await elsewhere.goto(opened.url()))?.status(), 401);
  await elsewhere.getByRole("heading", { name: "Who is listening?" }).waitFor();
  assert.equal((await stranger.request.get(opened.url(), { headers: { Range: "bytes=0-9" } })).status(), 401);
});
