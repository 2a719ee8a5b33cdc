import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { CrmPanel } from "./support/crm-panel.js";
import { Demo } from "./support/demo.js";
import { DemoPage } from "./support/demo-page.js";
import { WorkspaceFrame } from "./support/workspace-frame.js";

/** The demo's chats with the real program: phone, agents' workspace and web chat on one page, one timeline. The steps build on each other. */

const demo = new Demo();
let browser;
let page;
let complaints;
/** @type {DemoPage} */
let at;
/** @type {WorkspaceFrame} */
let desk;
/** @type {CrmPanel} */
let crm;
/** Whom phone, workspace and shop know. @type {string[]} */
let everybody = [];
let customer = "";
let other = "";

const lines = () => page.locator("#timeline li[data-kind]");
const chat = (text) => page.locator('#timeline li[data-channel="roxchat"]').filter({ hasText: text });
const said = () => page.locator("#chat-said");

before(async () => {
  const origins = await demo.start();
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${origins.page}/`));
  at = new DemoPage(page);
  desk = new WorkspaceFrame(page);
  crm = new CrmPanel(page);
  await at.status("registered");
  const { customers } = await (await fetch(`${origins.page}/demo.json`)).json();
  everybody = customers.map(({ name }) => name);
});

after(async () => {
  await browser?.close();
  await demo.remove();
});

test("a call of a customer is the first line of the timeline", async () => {
  await at.ring("known number");
  customer = await at.caller();
  assert.ok(everybody.slice(0, 2).includes(customer), "the phone and the workspace know the same people");
  other = everybody.find((name) => name !== customer);
  await at.card.getByRole("button", { name: "Open record" }).click();
  await page.getByRole("heading", { level: 1, name: customer }).waitFor();
  await at.haveCall();
  await at.tab("Calls");
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  await at.saveLog("Asked for a lamp");
  await page.locator('#timeline li[data-kind="call"]').filter({ hasText: "Asked for a lamp" }).waitFor();
});

test("a call from a number of several people opens nobody's record", async () => {
  await at.ring("shared number");
  const asked = page.waitForResponse((response) => response.url().includes("/owners.json") && response.ok());
  await at.haveCall();
  await asked;
  assert.equal(await page.locator("#name").innerText(), customer);
});

test("the agent opens another visitor's chat and then the customer's: the record follows", async () => {
  await desk.open();
  await desk.select(other);
  await page.getByRole("heading", { level: 1, name: other }).waitFor();
  await desk.select(customer);
  await page.getByRole("heading", { level: 1, name: customer }).waitFor();
  await page.locator("#pop", { hasText: "Opened by the chat" }).waitFor();
});

test("an unknown visitor's chat is not taken for the record beside it, and the record comes back with all its facts", async () => {
  await page.locator("#facts dt", { hasText: "e-mail" }).waitFor();
  await desk.select("Visitor of the shop");
  await page.locator("#pop", { hasText: "The visitor is not known" }).waitFor();
  await desk.select(customer);
  await page.locator("#pop", { hasText: "Opened by the chat" }).waitFor();
  assert.equal(await page.locator("#facts dt", { hasText: "e-mail" }).count(), 1);
});

test("the chat is a line beside the call, in one order", async () => {
  await desk.visitorSays("Is the desk lamp in stock?");
  await desk.agentSays("Yes, forty of them.");
  await chat("2 messages").waitFor();
  assert.deepEqual(await lines().evaluateAll((all) => all.map((line) => line.dataset.kind)), ["chat", "call"]);
});

test("the same text twice is two messages", async () => {
  await desk.visitorSays("ok");
  await desk.visitorSays("ok");
  await chat("4 messages").waitFor();
});

test("the close makes one log in the CRM; a late message and a second close write it again", async () => {
  await desk.close();
  const log = crm.log("Yes, forty of them.");
  await log.waitFor({ timeout: 30_000 });
  await desk.visitorSays("Greetings!");
  await chat("5 messages").waitFor();
  await desk.close();
  await crm.log("Greetings!").waitFor({ timeout: 30_000 });
  assert.equal(await log.count(), 1);
});

test("the line leads to the transcript", async () => {
  const [transcript] = await Promise.all([page.waitForEvent("popup"), chat("5 messages").getByRole("link").click()]);
  await transcript.getByText("Is the desk lamp in stock?").waitFor();
  await transcript.getByText("Yes, forty of them.").waitFor();
  // Ink on paper, whatever the screen is like.
  await transcript.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await transcript.evaluate(() => getComputedStyle(document.body).color), "rgb(0, 0, 0)");
  await transcript.close();
});

test("a chat is started from the record, and refused with the vendor's code", async () => {
  const button = page.getByRole("button", { name: "Start a chat" });
  await button.click();
  await page.locator("#feed strong", { hasText: "start a chat: confirmed" }).waitFor();
  await desk.more();
  await desk.choose("Outgoing chat", "visitor already in chat");
  await button.click();
  await page.locator("#feed strong", { hasText: "start a chat: error" }).waitFor();
  await said().filter({ hasText: "chat" }).waitFor();
  await desk.choose("Outgoing chat", "starts");
});

test("a record whose visitor was never seen: the button says why not", async () => {
  await page.evaluate(async () => {
    const { showRecord } = await import(new URL("host/record.js", location.href).href);
    const { customers } = await (await fetch("demo.json")).json();
    showRecord(customers[3]);
  });
  await said().filter({ hasText: "No visit of this contact to the site is known" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Start a chat" }).isDisabled(), true);
});

test("an unknown visitor signs in: the alias is known from then on", async () => {
  await desk.open();
  await desk.select("Visitor of the shop");
  await desk.visitorSays("Greetings!");
  await desk.frame.getByRole("button", { name: "Signs in" }).click();
  await desk.select(everybody[2]);
  await page.getByRole("heading", { level: 1, name: everybody[2] }).waitFor();
  await chat("1 message").waitFor();
});

test("the shop beside them: the daemon's token is good by the vendor's rules", async () => {
  await page.getByRole("tab", { name: "Shop" }).click();
  const shop = page.frameLocator("iframe.shop");
  await shop.locator('#engage-chat[data-identity="verified"]').waitFor({ state: "attached" });
  await shop.getByText("The chat opens. The signature proves who this is.").waitFor();
  await shop.getByRole("button", { name: "Open the chat" }).click();
  await shop.getByText(`${everybody[0]}, verified`).waitFor();
});

test("the web chat is a line of the same timeline, put there by the vendor's webhook and API", async () => {
  const shop = page.frameLocator("iframe.shop");
  await shop.getByRole("textbox", { name: "Message" }).fill("Do you deliver on Saturdays?");
  await shop.getByRole("button", { name: "Send" }).click();
  await shop.getByText("Thank you for writing. How can we help?").waitFor();
  await page.evaluate(async () => {
    const { showRecord } = await import(new URL("host/record.js", location.href).href);
    const { customers } = await (await fetch("demo.json")).json();
    showRecord(customers[0]);
  });
  const line = page.locator('#timeline li[data-channel="engage"]');
  await line.filter({ hasText: "2 messages" }).waitFor({ timeout: 30_000 });
  await shop.getByRole("button", { name: "Close the chat" }).click();
  await shop.getByRole("button", { name: "The agent closes the chat" }).click();
  await crm.log("Do you deliver on Saturdays?").waitFor({ timeout: 30_000 });
  const [transcript] = await Promise.all([page.waitForEvent("popup"), line.getByRole("link").click()]);
  await transcript.getByText("Do you deliver on Saturdays?").waitFor();
  await transcript.close();
});

test("55 minutes on a faked clock: the real daemon renews, with the same uuid", async () => {
  const tab = await page.context().newPage();
  await tab.clock.install();
  await tab.goto(`${demo.origins.shop}/`);
  await tab.locator('#engage-chat[data-identity="verified"]').waitFor({ state: "attached" });
  const uuids = () => tab.evaluate(() => window.engageStandIn.told.filter(([name]) => name === "_setSignedIdentity").map(([, token]) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).uuid));
  await tab.clock.fastForward("55:30");
  await tab.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await tab.locator("#told code", { hasText: "renewed" }).waitFor();
  const all = await uuids();
  assert.equal(new Set(all).size, 1);
  await tab.close();
});

test("nobody complained: no policy violation, no console error, in any frame", () => assert.deepEqual(complaints, []));
