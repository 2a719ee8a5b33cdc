import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { FakeDaemon } from "./support/fake-daemon.js";

/** Connect in the widget's settings, a sign-in window of the daemon's, and the toggle that flips by itself. */

const daemon = new FakeDaemon();
let browser;
let page;
let complaints;
/** @type {DemoPage} */
let at;

before(async () => {
  await daemon.start();
  daemon.answers.authorized = false;
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${daemon.origins.page}/`));
  at = new DemoPage(page);
  await at.status("registered");
  await at.tab("Settings");
});

after(async () => {
  await browser?.close();
  await daemon.stop();
});

const connectButton = () => at.phone.getByRole("button", { name: "Connect", exact: true });
const windows = () => page.context().pages().filter((one) => one !== page);

/** Presses Connect and gives the window that comes of it. */
async function press() {
  const [opened] = await Promise.all([page.waitForEvent("popup"), connectButton().click()]);
  await opened.getByRole("heading", { name: "Sign in to Sample CRM" }).waitFor();
  return opened;
}

test("not connected: a red dot, no account", async () => {
  await at.phone.locator("[data-part=account]", { hasText: "Not connected" }).waitFor();
  await at.phone.getByRole("navigation", { name: "Pages" }).locator(".red-dot").waitFor();
});

test("a press opens the daemon's page in a small window; a second takes the same window", async () => {
  const opened = await press();
  assert.equal(new URL(opened.url()).origin, daemon.origins.daemon);
  const size = await opened.evaluate(() => [window.innerWidth, window.innerHeight]);
  assert.deepEqual(size, [520, 680]);
  const first = opened.url();
  await Promise.all([opened.waitForURL((url) => url.href !== first), connectButton().click()]);
  await opened.getByRole("heading", { name: "Sign in to Sample CRM" }).waitFor();
  assert.equal(windows().length, 1);
});

test("a second tab of the operator's opens nothing", async () => {
  const other = await page.context().newPage();
  const second = new DemoPage(other);
  await other.goto(`${daemon.origins.page}/`);
  await second.status("registered");
  const [opened] = windows().filter((one) => one !== other);
  await opened.close();
  await press();
  assert.equal(windows().filter((one) => one !== other).length, 1);
  daemon.push([{ type: "trunkline-open", kind: "authorize", url: daemon.answers.connectUrl() }]);
  // Commands of the stream come in their order: with the banner the one before is over.
  daemon.push([{ type: "rc-adapter-update-customized-banner", banner: { id: "b", message: "After it", severity: "info" } }]);
  for (const one of [at, second]) await one.phone.getByRole("status").getByText("After it").waitFor();
  assert.equal(windows().filter((one) => one !== other).length, 1);
  await other.close();
});

test("signed in: the window closes, the toggle flips and the contacts come", async () => {
  const [opened] = windows();
  await Promise.all([opened.waitForEvent("close"), opened.getByRole("button", { name: "Allow" }).click()]);
  await at.phone.locator("[data-part=account]", { hasText: "operator@example.com" }).waitFor();
  assert.equal(await at.phone.getByRole("navigation", { name: "Pages" }).locator(".red-dot").count(), 0);
  await at.tab("Contacts");
  assert.equal(await at.contactCount(), 6);
});

test("and still after a reload of the widget", async () => {
  await at.reloadWidget();
  await at.tab("Settings");
  await at.phone.locator("[data-part=account]", { hasText: "operator@example.com" }).waitFor();
});

test("a window that the browser blocks becomes a link that opens it", async () => {
  await at.phone.getByRole("button", { name: "Disconnect" }).click();
  await connectButton().waitFor();
  // What a pop-up blocker does, as far as a page can see it.
  await page.evaluate(() => { window.open = () => null; });
  await connectButton().click();
  const alert = at.phone.getByRole("alert").filter({ hasText: "kept the sign-in window from opening" });
  await alert.getByText("Sign in", { exact: true }).click();
  const [opened] = await Promise.all([page.context().waitForEvent("page"), alert.getByRole("link", { name: "Open the sign-in page" }).click()]);
  await opened.getByRole("button", { name: "Allow" }).click();
  await at.phone.locator("[data-part=account]", { hasText: "operator@example.com" }).waitFor();
  await alert.waitFor({ state: "detached" });
});

test("progress is one alert that is replaced as it goes", async () => {
  const step = (message, more) => daemon.push([{ type: "trunkline-progress", id: "sync", message, done: false, ...more }]);
  const alert = at.phone.getByRole("alert");
  step("Fetching contacts from Sample CRM: 500 so far");
  await alert.getByText("500 so far").waitFor();
  step("Fetching contacts from Sample CRM: 1,000 so far");
  await alert.getByText("1,000 so far").waitFor();
  await alert.getByText("500 so far").waitFor({ state: "detached" });
  step("Sample CRM: 1,200 contacts", { done: true });
  await alert.getByText("1,200 contacts").waitFor();
  await alert.getByText("so far").waitFor({ state: "detached" });
  assert.equal(await alert.count(), 1);
});

test("nobody complained", () => assert.deepEqual(complaints, []));
