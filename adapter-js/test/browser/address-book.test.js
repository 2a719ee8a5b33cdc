import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { Radicale } from "./support/radicale.js";
import { Served } from "./support/served.js";

/**
 * The whole way with real servers at both ends: Connect, the daemon's sign-in page, contacts of a CardDAV
 * address book, another client's edit, and a contact made from a call. The steps build on each other.
 */

const NUMBER = "+12025550143";

const book = new Radicale();
const served = new Served();
let browser;
let page;
let complaints;
/** @type {DemoPage} */
let at;

before(async () => {
  await book.start();
  await book.put("ada", "Ada Lovelace", "+16505550100");
  await book.put("emmy", "Emmy Noether", "+16505550101");
  const origins = await served.start(`[numbers]\ndefault_region = "US"\n[connectors.books]\nkind = "carddav"\nname = "Customers"\nurl = "${book.origin}/"\nsync_seconds = 86400\n`);
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${origins.page}/`));
  at = new DemoPage(page);
  await at.status("registered");
});

after(async () => {
  await browser?.close();
  await served.stop();
  await book.stop();
});

const list = () => at.phone.getByRole("list", { name: "Contact list" });
const refresh = () => at.phone.getByRole("button", { name: "Refresh contacts" }).click();

test("nobody has signed in: a red dot and no contacts", async () => {
  await at.phone.getByRole("navigation", { name: "Pages" }).locator(".red-dot").waitFor();
  await at.tab("Contacts");
  await at.phone.getByText("Connect in Settings to see your contacts.").waitFor();
});

test("Connect opens the sign-in page; the toggle flips by itself and the contacts come", async () => {
  await at.tab("Settings");
  const connect = at.phone.getByRole("button", { name: "Connect", exact: true });
  const [opened] = await Promise.all([page.waitForEvent("popup"), connect.click()]);
  await opened.getByRole("heading", { name: "Customers" }).waitFor();
  assert.equal(new URL(opened.url()).origin, served.origins.daemon);
  assert.ok(!opened.url().includes("ticket"), "the ticket is gone from the address");
  await opened.getByLabel("Name").fill("alice");
  await opened.getByLabel("Password").fill("wrong");
  await opened.getByRole("button", { name: "Sign in" }).click();
  await opened.getByRole("alert").waitFor();
  await opened.getByLabel("Name").fill("alice");
  await opened.getByLabel("Password").fill("pw");
  await Promise.all([opened.waitForEvent("close"), opened.getByRole("button", { name: "Sign in" }).click()]);
  await at.phone.getByRole("button", { name: "Disconnect" }).waitFor();
  await at.phone.locator("[data-part=account]", { hasText: "alice" }).waitFor();
  await at.tab("Contacts");
  await list().getByText("Ada Lovelace").waitFor();
  assert.equal(await at.contactCount(), 2);
});

test("what another client edits and deletes is in the list and in the match", async () => {
  await book.put("ada", "Ada King", NUMBER);
  await book.remove("emmy");
  await refresh();
  await list().getByText("Ada King").waitFor();
  await list().getByText("Emmy Noether").waitFor({ state: "detached" });
  await at.ring("unknown");
  assert.equal(await at.caller(), "Ada King");
  await at.haveCall();
});

test("a contact made from a call is a card of the address book", async () => {
  await book.remove("ada");
  await at.tab("Contacts");
  await refresh();
  await list().waitFor({ state: "detached" });
  await at.tab("Calls");
  const row = at.newestCall;
  await row.locator(".row-main").click();
  await row.getByRole("button", { name: "Create contact" }).click();
  const form = at.phone.getByRole("form", { name: "Create contact" });
  const place = form.getByRole("combobox", { name: "Address book" });
  assert.equal(await place.locator("option:checked").innerText(), "Customers");
  assert.equal(await form.getByRole("note").count(), 0, "nobody has the number any more");
  await form.getByRole("textbox", { name: "Name" }).fill("Sophie Germain");
  await form.getByRole("button", { name: "Save" }).click();
  await at.phone.getByRole("alert").getByText("Sophie Germain was added to Customers").waitFor();
  await row.getByText("Sophie Germain", { exact: true }).waitFor();
  const cards = await book.cards();
  assert.match(cards, /FN[^:]*:Sophie Germain/);
  assert.match(cards.replaceAll(/[^+\d]/g, ""), /12025550143/);
});

test("Disconnect forgets the sign-in", async () => {
  await at.tab("Settings");
  await at.phone.getByRole("button", { name: "Disconnect" }).click();
  await at.phone.locator("[data-part=account]", { hasText: "Not connected" }).waitFor();
  await at.tab("Contacts");
  await at.phone.getByText("Connect in Settings to see your contacts.").waitFor();
});

test("nobody complained", () => assert.deepEqual(complaints, []));
