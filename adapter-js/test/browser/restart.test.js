import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { Demo } from "./support/demo.js";
import { DemoPage } from "./support/demo-page.js";
import { FakeDaemon } from "./support/fake-daemon.js";

/** The daemon goes away under an open page, and comes back. */

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Rings, talks and hangs up with the daemon away; the walk is the same for both daemons. */
async function away(at, known) {
  await at.status("daemon-unreachable");
  await at.ring("known number");
  assert.equal(await at.caller(), known, "the last known match is shown");
  await at.haveCall();
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  await at.saveLog("Said while the service was away");
  await at.newestCall.getByText("Waiting in this browser").waitFor();
  await at.waiting.waitFor();
}

async function back(at) {
  await at.status("registered");
  await at.newestCall.getByText("Logged", { exact: true }).waitFor({ timeout: 40_000 });
  await at.waiting.waitFor({ state: "detached" });
  await at.newestCall.getByRole("button", { name: "Edit" }).click();
  assert.equal(await at.form.getByRole("textbox", { name: "Note" }).inputValue(), "Said while the service was away");
  await at.form.getByRole("button", { name: "Cancel" }).click();
}

async function firstCall(at) {
  await at.tab("Contacts");
  await at.contactCount();
  await at.ring("known number");
  const known = await at.caller();
  await at.haveCall();
  return known;
}

test("the real daemon is stopped and started again", async (t) => {
  const demo = new Demo();
  t.after(() => demo.remove());
  const origins = await demo.start();
  const { page } = await openPage(browser, `${origins.page}/`);
  const at = new DemoPage(page);
  await at.status("registered");
  const known = await firstCall(at);
  await demo.stop();
  await away(at, known);
  await demo.start();
  await back(at);
  await page.context().close();
});

test("contacts that changed while the daemon was away arrive with it", async (t) => {
  const daemon = new FakeDaemon();
  t.after(() => daemon.stop());
  const origins = await daemon.start();
  const { page } = await openPage(browser, `${origins.page}/`);
  const at = new DemoPage(page);
  await at.status("registered");
  const known = await firstCall(at);
  await daemon.stopDaemon();
  await away(at, known);
  await at.tab("Contacts");
  daemon.answers.delta = [{ ...daemon.answers.contacts[0], id: "ct_7", name: "Gil Newcomer" }];
  await daemon.startDaemon();
  await at.phone.getByRole("list", { name: "Contact list" }).getByText("Gil Newcomer").waitFor({ timeout: 40_000 });
  assert.ok(daemon.posted("/contacts").some(({ body }) => body.type === "api"), "the adapter asked for the run");
  await at.tab("Calls");
  await back(at);
  assert.equal(daemon.posted("/callLogger").at(-1).body.note, "Said while the service was away");
  await page.context().close();
});
