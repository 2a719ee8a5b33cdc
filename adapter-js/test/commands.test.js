import assert from "node:assert/strict";
import test from "node:test";
import { isAllowed } from "../src/commands.js";
import { webAddress } from "../src/open.js";
import { connected } from "./support/connected.js";
import { settle } from "./support/page.js";

async function command(...commands) {
  const all = await connected();
  all.done = [];
  all.handle.addEventListener("command", ({ detail }) => all.done.push(detail.command.type));
  all.give = async (...more) => {
    all.daemon.on("/authorize", () => ({ response: { data: "ok" }, commands: more }));
    all.page.ask(all.frame, "/authorize", {});
    await settle();
  };
  if (commands.length > 0) await all.give(...commands);
  return all;
}

test("the allow-list, to the letter", () => {
  for (const type of [
    "rc-adapter-update-authorization-status",
    "rc-adapter-sync-third-party-contacts",
    "rc-adapter-trigger-contact-match",
    "rc-adapter-trigger-call-logger-match",
    "rc-adapter-update-third-party-settings",
    "rc-adapter-update-call-log-page",
    "rc-adapter-update-messages-log-page",
    "rc-adapter-navigate-to",
    "rc-adapter-register-customized-page",
    "rc-adapter-update-customized-banner",
    "rc-adapter-set-call-contact-matches-select",
    "rc-adapter-refresh-license-status",
    "trunkline-open",
    "trunkline-progress",
  ]) assert.equal(isAllowed({ type }), true, type);
  for (const value of [
    null, undefined, 1, "rc-adapter-navigate-to", [], {}, { type: 1 }, { type: "rc-adapter-new-call" }, { type: "rc-adapter-control-call" },
    { type: "rc-adapter-register-third-party-service" }, { type: "rc-adapter-logout" }, { type: "rc-adapter-new-sms" },
    { type: "rc-post-message-response" }, { type: "constructor" }, { type: "rc-adapter-message-request" },
    { type: "rc-adapter-message-request", path: "/unlogged-calls" }, { type: "rc-adapter-message-request", path: ["/custom-alert-message"] },
  ]) assert.equal(isAllowed(value), false, JSON.stringify(value));
});

test("what is not allowed is dropped with a warning that names the type alone; the rest goes on", async () => {
  const { page, frame, done } = await command(
    { type: "rc-adapter-new-call", phoneNumber: "+16505550199" },
    null,
    { type: "rc-adapter-navigate-to", path: "/x", extra: [1] },
  );
  assert.deepEqual(frame.of("rc-adapter-navigate-to"), [{ type: "rc-adapter-navigate-to", path: "/x", extra: [1] }]);
  assert.deepEqual(done, ["rc-adapter-navigate-to"]);
  assert.equal(page.warnings.length, 2);
  assert.ok(!page.warnings.join().includes("6505550199"));
});

test("commands that are no list are none", async () => {
  const { page, frame, daemon } = await connected();
  for (const commands of [undefined, null, "x", { 0: { type: "rc-adapter-navigate-to" } }]) {
    daemon.on("/authorize", () => ({ response: 1, commands }));
    page.ask(frame, "/authorize", {});
    await settle();
  }
  assert.equal(frame.responses.length, 4);
  assert.equal(frame.of("rc-adapter-navigate-to").length, 0);
});

test("an alert of the daemon gets a request id of its own", async () => {
  const alert = { type: "rc-adapter-message-request", path: "/custom-alert-message", body: { message: "m", level: "info" } };
  const { frame } = await command(alert, alert);
  const [one, two] = frame.of("rc-adapter-message-request");
  assert.deepEqual({ ...one, requestId: null }, { ...alert, requestId: null });
  assert.ok(one.requestId && two.requestId && one.requestId !== two.requestId);
});

const open = (url) => ({ type: "trunkline-open", kind: "contact", url, detail: { id: "7" } });

test("opens a record in a window without an opener", async () => {
  const { page, frame } = await command(open("https://crm.example/contacts/7"));
  assert.equal(page.opened.length, 1);
  assert.equal(page.opened[0].url, "https://crm.example/contacts/7");
  assert.equal(page.opened[0].window.opener, null);
  assert.deepEqual(frame.of("trunkline-open"), [], "not for the widget");
});

test("the page may open it itself", async () => {
  const all = await command();
  const seen = [];
  all.handle.addEventListener("open", (event) => {
    seen.push(event.detail);
    event.preventDefault();
  });
  await all.give(open("https://crm.example/7"));
  assert.deepEqual(seen, [{ kind: "contact", url: "https://crm.example/7", detail: { id: "7" } }]);
  assert.deepEqual(all.page.opened, []);
});

test("only http and https addresses are opened", async () => {
  assert.equal(webAddress("https://a.example/?q=1#x"), "https://a.example/?q=1#x");
  for (const url of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "blob:https://a/1", "/relative", "", 7, null, undefined]) {
    assert.equal(webAddress(url), null, String(url));
  }
  const { page, handle } = await command();
  const seen = [];
  handle.addEventListener("open", (event) => seen.push(event.detail.url));
  assert.deepEqual(page.opened, []);
  const bad = await command(open("javascript:alert(1)"), open(null));
  assert.deepEqual(bad.page.opened, []);
  assert.deepEqual(bad.done, ["trunkline-open", "trunkline-open"]);
});

test("a blocked window becomes an alert with a link", async () => {
  const all = await command();
  all.page.blockWindows = true;
  await all.give(open("https://crm.example/7"));
  const [{ path, body }] = all.frame.of("rc-adapter-message-request");
  assert.equal(path, "/custom-alert-message");
  assert.equal(body.level, "warning");
  assert.deepEqual(body.details[0].items, [{ id: "trunkline-open", type: "link", text: "Open", href: "https://crm.example/7" }]);
});
