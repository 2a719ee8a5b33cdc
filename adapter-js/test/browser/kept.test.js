import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { past } from "../support/phone.js";
import { launch } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { FakeDaemon } from "./support/fake-daemon.js";
import { Served } from "./support/served.js";

/** Logs written while the daemon is away, in a real browser with its own disk. */

const SOURCE = new URL("../../src/", import.meta.url);
const STORE = "trunkline-simulated-cloud";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** @param {{origins: any, kept?: object, noDisk?: boolean}} how `kept`: what the simulated phone finds at its start */
async function context({ origins, kept = past(0, { autoLog: false }), noDisk = false }) {
  const made = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US" });
  await made.addInitScript(([store, value, none]) => {
    try {
      if (localStorage.getItem(store) === null) localStorage.setItem(store, value);
    } catch {
      // A frame without an origin.
    }
    if (none) Object.defineProperty(window, "indexedDB", { value: undefined });
  }, [STORE, JSON.stringify(kept), noDisk]);
  // As with a bundled adapter, a reload of the page needs no daemon for the code.
  await made.route(`${origins.daemon}/adapter**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const headers = { "Access-Control-Allow-Origin": origins.page };
    if (pathname === "/adapter.js") {
      return route.fulfill({ contentType: "text/javascript", headers, body: 'export * from "./adapter/adapter.js";\n' });
    }
    return route.fulfill({ path: new URL(pathname.slice("/adapter/".length), SOURCE).pathname, contentType: "text/javascript", headers });
  });
  return made;
}

async function open(made, origins) {
  const page = await made.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${origins.page}/`);
  return new DemoPage(page);
}

/** One call, with a note. */
async function call(at, note) {
  await at.ring("unknown");
  await at.haveCall();
  await at.newestCall.getByRole("button", { name: /Log|Edit/ }).first().click();
  await at.saveLog(note);
}

/** What was written, without the widget's own later posts of the same calls. */
const notesOf = (daemon) => daemon.posted("/callLogger").map(({ body }) => body.note).filter(Boolean);

/** Asks again until it is so. */
async function until(at, so) {
  for (let n = 0; !so(); n++) {
    assert.ok(n < 160, `not within 40 s: ${so}`);
    await at.page.waitForTimeout(250);
  }
}

const drained = (at) => at.waiting.waitFor({ state: "detached", timeout: 60_000 });

test("the daemon is killed while calls are logged, the page is reloaded, the daemon is back: all there once, with the notes", async (t) => {
  const served = new Served();
  t.after(() => served.stop());
  const origins = await served.start("");
  const made = await context({ origins, kept: past(0) });
  const at = await open(made, origins);
  await at.status("registered");
  await call(at, "before");
  await at.logged(at.newestCall);
  await served.kill();
  for (const note of ["Quoted $150 & <b>", "second", "third"]) await call(at, note);
  await at.waiting.filter({ hasText: /^\D*\d+ logs wait/ }).waitFor();
  await at.page.reload();
  await at.status("daemon-unreachable");
  await served.again();
  await at.status("registered");
  const rows = () => served.rows("select note || '|' || phase || '|' || count(*) from call_log group by session_id order by note");
  const wanted = ["Quoted $150 & <b>|history|1", "before|history|1", "second|history|1", "third|history|1"];
  await until(at, () => rows().length >= 4);
  await drained(at);
  assert.deepEqual(rows(), wanted);
  assert.deepEqual(served.rows("select count(*) from call_log"), ["4"]);
  await made.close();
});

test("200 calls made while no page was open are logged once by opening it, and not again by a reload", async (t) => {
  const served = new Served();
  t.after(() => served.stop());
  const origins = await served.start("");
  const made = await context({ origins, kept: past(200, { now: Date.now() }) });
  const at = await open(made, origins);
  await at.status("registered");
  const count = () => Number(served.rows("select count(*) from call_log")[0]);
  await until(at, () => count() >= 200);
  assert.equal(count(), 200);
  await at.tab("Calls");
  await at.logged(at.newestCall);
  const revisions = served.rows("select max(updated_at) from call_log");
  const posts = [];
  at.page.on("request", (request) => request.url().endsWith("/callLogger") && posts.push(request));
  await at.page.reload();
  const left = await at.page.evaluate(() => new Promise((resolve) => {
    addEventListener("message", ({ data }) => data?.type === "rc-adapter-message-response" && data.response?.calls && resolve(data.response.calls.length));
  }));
  assert.equal(left, 0, "the second sweep finds none");
  assert.deepEqual([count(), posts.length], [200, 0]);
  assert.deepEqual(served.rows("select max(updated_at) from call_log"), revisions, "nothing was posted again");
  await made.close();
});

test("two tabs log while the daemon is away, one is closed: each log arrives once", async (t) => {
  const daemon = new FakeDaemon();
  t.after(() => daemon.stop());
  const origins = await daemon.start();
  const made = await context({ origins });
  const [one, two] = [await open(made, origins), await open(made, origins)];
  await one.status("registered");
  await two.status("registered");
  await daemon.stopDaemon();
  await call(one, "from one");
  await call(two, "from two");
  await two.waiting.filter({ hasText: "2 logs wait" }).waitFor();
  await one.page.close();
  await daemon.startDaemon();
  await two.status("registered");
  await drained(two);
  assert.deepEqual(notesOf(daemon).sort(), ["from one", "from two"]);
  await made.close();
});

test("the page goes away in the middle of a save: the next one brings it", async (t) => {
  const daemon = new FakeDaemon();
  t.after(() => daemon.stop());
  const origins = await daemon.start();
  const made = await context({ origins });
  const at = await open(made, origins);
  await at.status("registered");
  daemon.hanging.add("/callLogger");
  const asked = at.page.waitForRequest((request) => request.url().endsWith("/callLogger"));
  await call(at, "the last word");
  await asked;
  await at.page.goto("about:blank");
  daemon.hanging.clear();
  const again = await open(made, origins);
  await again.status("registered");
  await until(again, () => daemon.posted("/callLogger").length > 0);
  assert.deepEqual(notesOf(daemon), ["the last word"]);
  await made.close();
});

test("what another operator left in this browser is not sent, and waits for them", async (t) => {
  const daemon = new FakeDaemon();
  t.after(() => daemon.stop());
  const origins = await daemon.start();
  const made = await context({ origins });
  daemon.answers.operator = "dana";
  const dana = await open(made, origins);
  await dana.status("registered");
  await daemon.stopDaemon();
  await call(dana, "Dana's");
  await dana.waiting.waitFor();
  await dana.page.close();
  daemon.answers.operator = "sam";
  await daemon.startDaemon();
  const sam = await open(made, origins);
  await sam.status("registered");
  const notes = () => notesOf(daemon);
  // A queue of Sam's own fills and empties beside Dana's.
  await daemon.stopDaemon();
  await call(sam, "Sam's");
  await sam.waiting.filter({ hasText: "1 log waits" }).waitFor();
  await daemon.startDaemon();
  await drained(sam);
  assert.deepEqual(notes(), ["Sam's"]);
  await sam.page.close();
  daemon.answers.operator = "dana";
  const again = await open(made, origins);
  await again.status("registered");
  await until(again, () => notes().length >= 2);
  assert.deepEqual(notes(), ["Sam's", "Dana's"]);
  await made.close();
});

test("a browser without a disk for pages: kept as long as the page is open, and said so", async (t) => {
  const daemon = new FakeDaemon();
  t.after(() => daemon.stop());
  const origins = await daemon.start();
  const made = await context({ origins, noDisk: true });
  const at = await open(made, origins);
  const warned = at.page.waitForEvent("console", { predicate: (message) => /beyond the life of the page/.test(message.text()) });
  await at.status("registered");
  await daemon.stopDaemon();
  await call(at, "in memory");
  await warned;
  const alert = at.phone.getByRole("alert").filter({ hasText: "on this page only since" });
  await alert.waitFor();
  await daemon.startDaemon();
  await at.logged(at.newestCall);
  await alert.waitFor({ state: "detached" });
  assert.deepEqual(notesOf(daemon), ["in memory"]);
  await made.close();
});
