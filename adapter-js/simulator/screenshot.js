/**
 * Takes the README's pictures of the demo: `node adapter-js/simulator/screenshot.js OUT.png [CHATS.png]`, the
 * second with the chats beside the phone. TRUNKLINE_BIN names the program, CHROMIUM the browser.
 */

import { launch, openPage } from "../test/browser/support/chromium.js";
import { CrmPanel } from "../test/browser/support/crm-panel.js";
import { Demo } from "../test/browser/support/demo.js";
import { DemoPage } from "../test/browser/support/demo-page.js";
import { WorkspaceFrame } from "../test/browser/support/workspace-frame.js";

const [, , out, chats] = process.argv;
if (!out) {
  console.error("usage: node adapter-js/simulator/screenshot.js OUT.png [CHATS.png]");
  process.exit(2);
}

const demo = new Demo();
let browser;
try {
  const origins = await demo.start();
  browser = await launch();
  // Still: a picture of an animation would be another one each time.
  const { page } = await openPage(browser, `${origins.page}/`, { reducedMotion: "reduce" });
  const at = new DemoPage(page);
  const crm = new CrmPanel(page);
  await at.status("registered");
  await at.tab("Contacts");
  await at.contactCount();
  await at.tab("Calls");
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  await at.saveLog("Asked for a second quote");
  await crm.log("Asked for a second quote").waitFor();
  await crm.delivered(1);
  await crm.on.uncheck();
  const earlier = at.phone.getByRole("list", { name: "Call history" }).getByRole("listitem").nth(1);
  await earlier.getByRole("button", { name: "Log" }).click();
  await at.saveLog("Will call back on Monday");
  await earlier.getByText("Saved, waiting for").waitFor();
  await crm.deliveries.filter({ hasText: "Saved, waiting for" }).waitFor();
  await at.ring("known number");
  await at.caller();
  await at.card.getByRole("button", { name: "Open record" }).click();
  await page.locator("#pop:not([hidden])").waitFor();
  await at.tab("Calls");
  await page.mouse.move(0, 0);
  await page.screenshot({ path: out });
  console.log(`${out} written`);
  if (chats) await pictureOfChats(origins);
} finally {
  await browser?.close();
  await demo.remove();
}

/** A customer who has called, written in the shop's chat, and writes to the agents now. */
async function pictureOfChats(origins) {
  const { page } = await openPage(browser, `${origins.page}/`, { reducedMotion: "reduce", viewport: { width: 1720, height: 900 } });
  const at = new DemoPage(page);
  const desk = new WorkspaceFrame(page);
  await at.status("registered");
  await new CrmPanel(page).on.check();
  await at.ring("known number");
  const customer = await at.caller();
  await at.card.getByRole("button", { name: "Open record" }).click();
  await at.haveCall();
  await at.tab("Calls");
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  await at.saveLog("Asked for a quote");
  await page.getByRole("tab", { name: "Shop" }).click();
  const shop = page.frameLocator("iframe.shop");
  const { customers } = await (await fetch(`${origins.page}/demo.json`)).json();
  if (customers[0].name !== customer) await shop.getByRole("combobox", { name: "Signed in as" }).selectOption(customer);
  await shop.locator('#engage-chat[data-identity="verified"]').waitFor({ state: "attached" });
  await shop.getByRole("button", { name: "Open the chat" }).click();
  await shop.getByText(`${customer}, verified`).waitFor();
  await shop.getByRole("textbox", { name: "Message" }).fill("Do you deliver on Saturdays?");
  await shop.getByRole("button", { name: "Send" }).click();
  await page.locator('#timeline li[data-channel="engage"]').waitFor();
  await desk.open();
  await desk.select(customer);
  await desk.visitorSays("Is the desk lamp in stock?");
  await desk.agentSays("Yes, forty of them.");
  await page.locator('#timeline li[data-channel="roxchat"]').waitFor();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: chats });
  console.log(`${chats} written`);
}
