import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { CrmPanel } from "./support/crm-panel.js";
import { Demo } from "./support/demo.js";
import { DemoPage } from "./support/demo-page.js";

/** The demo's CRM is switched off and on again, with the real program. The steps build on each other. */

const demo = new Demo();
let browser;
let page;
let complaints;
/** @type {DemoPage} */
let at;
/** @type {CrmPanel} */
let crm;
let known = "";

before(async () => {
  const origins = await demo.start();
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${origins.page}/`));
  at = new DemoPage(page);
  crm = new CrmPanel(page);
  await at.status("registered");
  await at.tab("Contacts");
  await at.contactCount();
  await at.tab("Calls");
});

after(async () => {
  await browser?.close();
  await demo.remove();
});

/** A call of the known customer, with a note. */
async function call(note) {
  await at.ring("known number");
  known = await at.caller();
  await at.haveCall();
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  await at.saveLog(note);
  await at.logged(at.newestCall);
}

/** Writes another note on a call of the history, 0 the newest. */
async function rewrite(index, note) {
  const row = at.phone.getByRole("list", { name: "Call history" }).getByRole("listitem").nth(index);
  await row.getByRole("button", { name: "Edit" }).click();
  await at.saveLog(note);
}

test("a logged call appears in the CRM once, on its contact", async () => {
  await call("Wants a quote");
  await crm.log("Wants a quote").waitFor();
  await crm.log("Wants a quote").getByText(known, { exact: true }).waitFor();
  await crm.delivered(1);
  assert.equal(await crm.logs.count(), 1);
  await at.newestCall.getByText("Saved").waitFor({ state: "detached" });
});

test("the switch works by keyboard, and says what it is", async () => {
  await crm.loses.focus();
  await page.keyboard.press("Tab");
  assert.ok(await crm.on.evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Space");
  await crm.says("It refuses everything (503)");
  assert.equal(await crm.on.isChecked(), false);
  assert.equal(await crm.loses.isDisabled(), true);
});

test("while it is off, calls and notes are saved and say that they wait", async () => {
  await call("First while it was off");
  await at.newestCall.getByText("Saved, waiting for Sample CRM").waitFor();
  await call("Second while it was off");
  await at.newestCall.getByText("Saved, waiting for Sample CRM").waitFor();
  await rewrite(0, "Second, corrected");
  await rewrite(2, "Wants two quotes");
  await crm.deliveries.filter({ hasText: "Saved, waiting for Sample CRM" }).nth(2).waitFor();
  await page.getByText("3 wait", { exact: true }).waitFor();
  assert.equal(await crm.logs.count(), 1, "nothing came to it");
  await crm.log("Wants a quote").waitFor();
});

test("switched on again, all are there once, with the last note", async () => {
  await crm.on.check();
  await crm.says("It answers as it should");
  await crm.delivered(3);
  for (const note of ["Wants two quotes", "First while it was off", "Second, corrected"]) {
    assert.equal(await crm.log(note).count(), 1, note);
  }
  assert.equal(await crm.logs.count(), 3);
  assert.equal(await crm.log("Second while it was off").count(), 0);
  assert.equal(await at.phone.getByText("Saved, waiting").count(), 0, "the phone knows it too");
});

test("a CRM that writes and then loses its answers has each call once", async () => {
  await crm.loses.check();
  await crm.says("It writes, and answers 500 at first");
  await call("Said to somebody who does not answer");
  await crm.log("Said to somebody who does not answer").waitFor();
  // The daemon does not know, looks it up, and does not write it again.
  await crm.delivered(4);
  assert.equal(await crm.logs.count(), 4);
  await crm.loses.uncheck();
  await crm.says("It answers as it should");
  await rewrite(0, "And now it does");
  await crm.log("And now it does").waitFor();
  await crm.delivered(4);
  assert.equal(await crm.logs.count(), 4);
  const tally = await page.locator("#crm-tally").innerText();
  assert.match(tally, /made 4, .* refused [1-9]\d*, answers lost [1-9]/);
});

test("the demo is started again: the CRM remembers, and a note still finds its log", async () => {
  await demo.stop();
  await demo.start();
  await at.status("registered");
  await crm.delivered(4);
  await rewrite(0, "Written after the restart");
  await crm.log("Written after the restart").waitFor();
  assert.equal(await crm.logs.count(), 4);
});

test("another site can neither see the CRM nor switch it", async () => {
  const { page: origin } = demo.origins;
  const body = JSON.stringify({ mode: "off" });
  const json = { "Content-Type": "application/json" };
  const foreign = { Origin: "https://elsewhere.example" };
  const put = (headers, text = body) => fetch(`${origin}/crm/mode`, { method: "PUT", headers, body: text });
  assert.equal((await put({ ...json, ...foreign })).status, 403);
  assert.equal((await put({ "Content-Type": "text/plain" })).status, 415);
  assert.equal((await put(json, JSON.stringify({ mode: "gone" }))).status, 422);
  assert.equal((await fetch(`${origin}/crm.json`, { headers: foreign })).status, 403);
  assert.equal((await (await fetch(`${origin}/crm.json`)).json()).crm.mode, "on");
});

test("nobody complained of a policy or a fault", () => {
  // The page asked while the demo was away.
  const others = complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED") && !text.includes("ERR_INCOMPLETE_CHUNKED_ENCODING"));
  assert.deepEqual(others, []);
});
