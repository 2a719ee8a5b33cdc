import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { DemoPage } from "./support/demo-page.js";
import { FakeDaemon } from "./support/fake-daemon.js";

/** What a daemon says over its event stream shows in the widget. */

const daemon = new FakeDaemon();
let browser;
let page;
let complaints;
/** @type {DemoPage} */
let at;

before(async () => {
  await daemon.start();
  browser = await launch();
  ({ page, complaints } = await openPage(browser, `${daemon.origins.page}/`));
  at = new DemoPage(page);
  await at.status("registered");
});

after(async () => {
  await browser?.close();
  await daemon.stop();
});

test("a banner with words only: markup in it is text", async () => {
  const message = "<img src=x onerror=alert(1)> Maintenance until 18:00";
  daemon.push([{ type: "rc-adapter-update-customized-banner", banner: { id: "b", message, severity: "warning", closable: true } }]);
  await at.phone.getByRole("status").getByText(message).waitFor();
  await at.phone.getByRole("status").getByRole("button", { name: "Close" }).click();
});

test("a lost authorization: red dot, no contacts; and back", async () => {
  daemon.push([{ type: "rc-adapter-update-authorization-status", authorized: false }]);
  await at.phone.getByText("Trunkline: not connected").waitFor();
  await at.phone.getByRole("navigation", { name: "Pages" }).locator(".red-dot").waitFor();
  daemon.push([{ type: "rc-adapter-update-authorization-status", authorized: true, authorizedAccount: "operator@example.com" }]);
  await at.tab("Contacts");
  assert.equal(await at.contactCount(), 6);
});

test("a contact that appears upstream is in the list after a sync command", async () => {
  const added = { ...daemon.answers.contacts[0], id: "ct_7", name: "Gil Newcomer" };
  daemon.answers.delta = [added];
  daemon.push([{ type: "rc-adapter-sync-third-party-contacts" }]);
  await at.phone.getByRole("list", { name: "Contact list" }).getByText("Gil Newcomer").waitFor();
});

test("a form of the daemon's own replaces the widget's", async () => {
  await at.ring("known number");
  await at.haveCall();
  const { call } = await page.evaluate(() => new Promise((resolve) => {
    const frame = /** @type {HTMLIFrameElement} */ (document.getElementById("rc-widget-adapter-frame"));
    addEventListener("message", ({ data }) => data?.responseId === "probe" && resolve({ call: data.response.calls?.[0] ?? null }));
    frame.contentWindow.postMessage({ type: "rc-adapter-message-request", requestId: "probe", path: "/unlogged-calls", body: {} }, new URL(frame.src).origin);
  }));
  assert.ok(call, "the page may ask the widget too");
  const schema = { type: "object", required: ["outcome"], properties: { outcome: { type: "string", title: "Outcome", oneOf: [{ const: "spoke", title: "Spoke" }] }, note: { type: "string", title: "Note" } } };
  daemon.push([
    { type: "rc-adapter-update-call-log-page", page: { title: "How did it go?", schema, uiSchema: { submitButtonOptions: { submitText: "Keep" } }, formData: { note: "" } } },
    { type: "rc-adapter-navigate-to", path: `/log/call/${call.sessionId}` },
  ]);
  await at.form.getByRole("heading", { name: "How did it go?" }).waitFor();
  assert.equal(await at.form.getByRole("button", { name: "Keep" }).isDisabled(), true, "a required field is empty");
  await at.form.getByRole("combobox", { name: "Outcome" }).selectOption("spoke");
  await at.form.getByRole("button", { name: "Keep" }).click();
  await at.form.waitFor({ state: "detached" });
  const posts = () => daemon.posted("/callLogger").filter(({ body }) => body.triggerType === "logForm");
  await page.locator("#wire .path", { hasText: "/callLogger" }).first().waitFor({ state: "attached" });
  assert.deepEqual(posts().at(-1).body.formData, { note: "", outcome: "spoke" });
});

test("a note being typed keeps its focus when an alert comes", async () => {
  const { sessionId } = daemon.posted("/callLogger").at(-1).body.call;
  daemon.push([{ type: "rc-adapter-navigate-to", path: `/log/call/${sessionId}` }]);
  const note = at.form.getByRole("textbox", { name: "Note" });
  await note.pressSequentially("Half of a");
  daemon.push([{ type: "rc-adapter-message-request", path: "/custom-alert-message", body: { message: "Something happened", level: "info", ttl: 0 } }]);
  await at.phone.getByRole("alert").waitFor();
  await page.keyboard.type(" sentence");
  assert.equal(await note.inputValue(), "Half of a sentence");
});

test("nobody complained", () => assert.deepEqual(complaints, []));
