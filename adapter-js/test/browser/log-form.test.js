import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { Served } from "./support/served.js";

/** Fields of an administrator's own in the log form, with the real program. The steps build on each other. */

const FIELDS = `
[[service.call_fields]]
id = "disposition"
type = "option"
name = "Outcome"
required = true
options = [{ id = "won", name = "She ordered" }, { id = "lost", name = "Lost" }]
[[service.call_fields]]
id = "reason"
type = "string"
name = "Reason"
[[service.call_fields]]
id = "urgent"
type = "boolean"
name = "Urgent"
[[service.message_fields]]
id = "topic"
type = "string"
name = "Topic"
`;

const served = new Served();
let browser;
let page;
let complaints;
let origins;
/** @type {DemoPage} */
let at;

before(async () => {
  origins = await served.start(FIELDS);
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${origins.page}/`));
  at = new DemoPage(page);
  await at.status("registered");
});

after(async () => {
  await browser?.close();
  await served.stop();
});

const field = (role, name) => at.form.getByRole(role, { name });
const save = () => field("button", "Save");

/** The newest call log, once it is as wanted: the click alone has made it, the form comes later. */
async function saved(wanted) {
  for (let n = 0; n < 40; n++) {
    const { items } = await (await fetch(`${origins.daemon}/v1/call-logs`)).json();
    if (wanted(items.at(-1)?.formData ?? {})) return items.at(-1);
    await page.waitForTimeout(250);
  }
  throw new Error(`not within 10 s: ${wanted}`);
}

test("the form asks for them; what is required is missing until it is answered", async () => {
  await at.ring("unknown");
  await at.haveCall();
  await at.newestCall.getByRole("button", { name: /Log|Edit/ }).first().click();
  await field("combobox", "Outcome").waitFor();
  assert.equal(await save().isDisabled(), true);
  await field("combobox", "Outcome").selectOption({ label: "She ordered" });
  await field("textbox", "Reason").fill("Price & <b>");
  await field("textbox", "Note").fill("Two engines");
  await save().click();
  await at.form.waitFor({ state: "detached" });
  await at.logged(at.newestCall);
  const { formData, note } = await saved((form) => "disposition" in form);
  assert.deepEqual([note, formData.disposition, formData.reason, formData.urgent], ["Two engines", "won", "Price & <b>", false]);
});

test("opened again it shows the answers", async () => {
  await at.newestCall.getByRole("button", { name: "Edit" }).first().click();
  await field("combobox", "Outcome").waitFor();
  assert.equal(await field("combobox", "Outcome").locator("option:checked").innerText(), "She ordered");
  assert.equal(await field("textbox", "Reason").inputValue(), "Price & <b>");
  await field("checkbox", "Urgent").check();
  await save().click();
  await at.form.waitFor({ state: "detached" });
  const { formData } = await saved((form) => form.urgent === true);
  assert.deepEqual([formData.disposition, formData.urgent], ["won", true]);
});

test("nobody complained", () => assert.deepEqual(complaints, []));
