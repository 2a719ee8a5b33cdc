import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { Demo } from "./support/demo.js";
import { DemoPage } from "./support/demo-page.js";

/** A contact from an unknown caller, with the real program. The steps build on each other. */

const NAME = "Ada Lovelace";

const demo = new Demo();
let browser;
let page;
let complaints;
let count = 0;
/** @type {DemoPage} */
let at;

before(async () => {
  const origins = await demo.start();
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${origins.page}/`));
  at = new DemoPage(page);
  await at.status("registered");
  await at.tab("Contacts");
  count = await at.contactCount();
});

after(async () => {
  await browser?.close();
  await demo.remove();
});

const form = () => at.phone.getByRole("form", { name: "Create contact" });
const field = (name) => form().getByRole("textbox", { name });

/** Opens the newest call and presses Create contact. */
async function create() {
  await at.tab("Calls");
  const row = at.newestCall;
  if (!(await row.getByRole("button", { name: "Create contact" }).isVisible())) await row.locator(".row-main").click();
  await row.getByRole("button", { name: "Create contact" }).click();
  await form().waitFor();
}

test("an unknown number has called: the form comes with it", async () => {
  await at.ring("unknown");
  await at.card.getByRole("heading", { name: "Unknown caller" }).waitFor();
  await at.haveCall();
  await create();
  assert.equal(await field("Phone number").inputValue(), "+12025550143");
  assert.equal(await form().getByRole("button", { name: "Save" }).isDisabled(), true, "a name is missing");
  const places = form().getByRole("combobox", { name: "Address book" });
  assert.deepEqual(await places.locator("option").allInnerTexts(), ["Address book", "Sample CRM"]);
  assert.equal(await places.locator("option:checked").innerText(), "Sample CRM");
});

test("what is wrong is said in the form, and nothing typed is lost", async () => {
  await field("Name").fill(NAME);
  await field("Company").fill("Analytical Engines");
  await form().getByRole("combobox", { name: "Kind of number" }).selectOption("mobile");
  await field("E-mail").fill("ada");
  await form().getByRole("button", { name: "Save" }).click();
  await form().getByRole("note").getByText("no e-mail address").waitFor();
  assert.equal(await field("Company").inputValue(), "Analytical Engines");
  await field("E-mail").fill("ada@example.com");
  await form().getByRole("note").waitFor({ state: "detached" });
});

test("saved by a double click: one contact, named on the call", async () => {
  await form().getByRole("button", { name: "Save" }).dblclick();
  await at.phone.getByRole("alert").getByText(`${NAME} was added to Sample CRM`).first().waitFor();
  await at.newestCall.getByText(NAME, { exact: true }).waitFor();
  await at.tab("Contacts");
  await at.phone.locator("[data-part=contact-count]", { hasText: (count + 1).toLocaleString("en-US") }).waitFor();
  await at.phone.getByRole("searchbox", { name: "Filter contacts" }).fill(NAME);
  const rows = at.phone.getByRole("list", { name: "Contact list" }).getByRole("listitem");
  await rows.first().getByText(NAME).waitFor();
  assert.equal(await rows.count(), 1);
});

test("the next ring shows the name at once", async () => {
  await at.ring("unknown");
  assert.equal(await at.caller(), NAME);
  await at.haveCall();
});

test("a number that is known already is said, and typing another one takes it back", async () => {
  await create();
  await form().getByRole("note").getByText(`is already ${NAME} (Analytical Engines)`).waitFor();
  await field("Phone number").fill("+1202555014");
  await form().getByRole("note").waitFor({ state: "detached" });
  await field("Phone number").pressSequentially("3");
  await form().getByRole("note").getByText("is already").waitFor();
  assert.equal(await field("Phone number").inputValue(), "+12025550143", "no keystroke is lost");
  await form().getByRole("button", { name: "Back" }).click();
  await at.phone.getByRole("heading", { level: 1, name: "Calls" }).waitFor();
});

test("a texter becomes a contact too, of the address book", async () => {
  const drawer = at.phone.getByRole("complementary", { name: "Simulator" });
  await drawer.getByRole("button", { name: "more" }).click();
  await drawer.getByRole("textbox", { name: "Number that rings" }).fill("+15005550006");
  await drawer.getByRole("button", { name: "Text arrives" }).click();
  await drawer.getByRole("button", { name: "less" }).click();
  await at.phone.getByRole("list", { name: "Threads" }).getByText("+1 (500) 555-0006").click();
  await at.phone.getByRole("main").getByRole("button", { name: "Create contact" }).click();
  await field("Name").fill("Charles Babbage");
  await form().getByRole("combobox", { name: "Address book" }).selectOption({ label: "Address book" });
  await form().getByRole("button", { name: "Save" }).click();
  await at.phone.getByRole("heading", { level: 1, name: "Charles Babbage" }).waitFor();
});

test("nobody complained", () => assert.deepEqual(complaints, []));
