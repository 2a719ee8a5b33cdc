/**
 * Takes the README's picture of the demo: `node adapter-js/simulator/screenshot.js OUT.png`.
 * TRUNKLINE_BIN names the program, CHROMIUM the browser.
 */

import { launch, openPage } from "../test/browser/support/chromium.js";
import { CrmPanel } from "../test/browser/support/crm-panel.js";
import { Demo } from "../test/browser/support/demo.js";
import { DemoPage } from "../test/browser/support/demo-page.js";

const [, , out] = process.argv;
if (!out) {
  console.error("usage: node adapter-js/simulator/screenshot.js OUT.png");
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
} finally {
  await browser?.close();
  await demo.remove();
}
