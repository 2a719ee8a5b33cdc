import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { Demo } from "./support/demo.js";
import { DemoPage } from "./support/demo-page.js";

/** The whole demo, with the real program, as a visitor walks through it. The steps build on each other. */

const demo = new Demo();
let browser;
let page;
let complaints;
/** @type {DemoPage} */
let at;
let known = "";
let number = "";
let chosen = "";

before(async () => {
  const origins = await demo.start();
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${origins.page}/`));
  at = new DemoPage(page);
  await at.status("registered");
});

after(async () => {
  await browser?.close();
  await demo.remove();
});

test("the contacts are there, and Refresh asks again", async () => {
  await at.tab("Contacts");
  const count = await at.contactCount();
  const exchanges = () => page.locator("#wire .path", { hasText: /^\/contacts$/ }).count();
  const asked = await exchanges();
  await at.phone.getByRole("button", { name: "Refresh contacts" }).click();
  await page.waitForFunction((seen) => [...document.querySelectorAll("#wire .path")].filter((cell) => cell.textContent === "/contacts").length > seen, asked);
  assert.equal(await at.contactCount(), count, "an incremental run with nothing new");
});

test("a known number rings: the name is on the card, and the page shows the record", async () => {
  await at.ring("known number");
  known = await at.caller();
  number = await at.callerNumber();
  await at.card.getByRole("button", { name: "Open record" }).click();
  await page.getByRole("heading", { level: 1, name: known }).waitFor();
  await page.locator('#feed [data-kind="open"]').first().waitFor();
  await at.haveCall();
});

test("the dialer finds the contact by name", async () => {
  await at.tab("Phone");
  await at.phone.getByRole("textbox", { name: "Name or number" }).fill(known);
  await at.phone.getByRole("list", { name: "Search results" }).getByText(known, { exact: true }).first().waitFor();
  await at.phone.getByRole("button", { name: "Clear" }).click();
});

test("the call is logged with a note", async () => {
  await at.tab("Calls");
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  const contact = at.form.getByRole("combobox", { name: "Contact" });
  assert.ok((await contact.locator("option:checked").innerText()).startsWith(known));
  await at.saveLog("Wants a quote for forty pieces");
  await at.logged(at.newestCall);
});

test("after a reload of the widget the call is logged still, and its note is in the form", async () => {
  await at.reloadWidget();
  await at.tab("Calls");
  await at.logged(at.newestCall);
  await at.newestCall.getByRole("button", { name: "Edit" }).click();
  assert.equal(await at.form.getByRole("textbox", { name: "Note" }).inputValue(), "Wants a quote for forty pieces");
  await at.form.getByRole("button", { name: "Cancel" }).click();
});

test("a shared number asks who it is, and the choice goes on the log", async () => {
  await at.ring("shared number");
  const choices = at.card.getByRole("radio");
  await choices.nth(1).waitFor();
  assert.equal(await at.card.locator("[data-part=caller]").innerText(), "Who is calling?");
  await choices.nth(1).click();
  chosen = await at.caller();
  await at.haveCall();
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  await at.saveLog("Asked about the delivery");
  await at.logged(at.newestCall);
  await at.reloadWidget();
  await at.tab("Calls");
  await at.newestCall.getByRole("button", { name: "Edit" }).click();
  const contact = at.form.getByRole("combobox", { name: "Contact" });
  assert.ok((await contact.locator("option:checked").innerText()).startsWith(chosen));
  await at.form.getByRole("button", { name: "Cancel" }).click();
});

test("an unknown number shows as such", async () => {
  await at.ring("unknown");
  await at.card.getByRole("heading", { name: "Unknown caller" }).waitFor();
  await at.card.getByRole("button", { name: "Decline" }).click();
  await at.card.waitFor({ state: "detached" });
});

test("an SMS thread is logged", async () => {
  const drawer = at.phone.getByRole("complementary", { name: "Simulator" });
  await drawer.getByRole("button", { name: "more" }).click();
  await drawer.getByRole("button", { name: "Text arrives" }).click();
  await drawer.getByRole("button", { name: "less" }).click();
  await at.phone.getByRole("list", { name: "Threads" }).getByText(known, { exact: true }).click();
  await at.phone.getByRole("heading", { level: 1, name: known }).waitFor();
  await at.phone.getByRole("main").getByRole("button", { name: "Log", exact: true }).click();
  await at.logged(at.phone.getByRole("main"));
});

test("the contact's activities show the call and the text", async () => {
  await at.contact(known, number);
  const activities = at.phone.getByRole("list", { name: "Activities" }).getByRole("listitem");
  await activities.nth(1).waitFor();
  const texts = (await activities.allInnerTexts()).join("\n").toLowerCase();
  assert.match(texts, /call/);
  assert.match(texts, /sms|text|message/);
  await activities.first().getByRole("button").click();
  await page.locator('#feed [data-kind="open"]').nth(1).waitFor();
  // Where no address is configured, the daemon opens the log inside the widget.
  if (await at.form.isVisible()) await at.form.getByRole("button", { name: "Close" }).click();
});

test("Disconnect hides the contacts, Connect brings them back", async () => {
  await at.tab("Settings");
  await at.phone.getByRole("button", { name: "Disconnect" }).click();
  await at.phone.locator("[data-part=account]", { hasText: "Not connected" }).waitFor();
  await at.tab("Contacts");
  await at.phone.getByText("Connect in Settings to see your contacts.").waitFor();
  await at.tab("Settings");
  await at.phone.getByRole("button", { name: "Connect", exact: true }).click();
  await at.phone.getByRole("button", { name: "Disconnect" }).waitFor();
  await at.tab("Contacts");
  await at.contactCount();
});

test("a changed setting is there after a reload of the page", async () => {
  await at.tab("Settings");
  const setting = () => at.phone.getByRole("main").getByRole("switch").last();
  const before = await setting().isChecked();
  const saved = page.locator("#wire .path", { hasText: /^\/settings$/ }).first();
  await setting().setChecked(!before, { force: true });
  await saved.waitFor({ state: "attached" });
  await page.reload();
  await at.status("registered");
  await at.tab("Settings");
  await setting().waitFor({ state: "attached" });
  assert.equal(await setting().isChecked(), !before);
});

test("nobody complained: no policy violation, no console error, in any frame", async () => {
  const policies = await Promise.all([demo.origins.page, demo.origins.widget].map(async (origin) => {
    const response = await fetch(`${origin}/`);
    return response.headers.get("content-security-policy");
  }));
  for (const policy of policies) assert.match(policy ?? "", /default-src 'none'/, "the walk was under a strict policy");
  assert.deepEqual(complaints, []);
});
