/**
 * Takes the README's picture of the demo: `node adapter-js/simulator/screenshot.js OUT.png`.
 * TRUNKLINE_BIN names the program, CHROMIUM the browser.
 */

import { launch, openPage } from "../test/browser/support/chromium.js";
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
  await at.status("registered");
  await at.tab("Contacts");
  await at.contactCount();
  await at.tab("Calls");
  await at.newestCall.getByRole("button", { name: "Log" }).click();
  await at.saveLog("Asked for a second quote");
  await at.logged(at.newestCall);
  await at.ring("known number");
  await at.caller();
  await at.card.getByRole("button", { name: "Open record" }).click();
  await page.locator("#pop:not([hidden])").waitFor();
  await at.tab("Calls");
  await page.locator("#wire-panel summary").click();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: out });
  console.log(`${out} written`);
} finally {
  await browser?.close();
  await demo.remove();
}
