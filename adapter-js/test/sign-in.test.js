import assert from "node:assert/strict";
import test from "node:test";
import { daemonAddress } from "../src/sign-in.js";
import { connected } from "./support/connected.js";
import { FakeBrowser, FakeDaemon, FakePage, settle } from "./support/page.js";

const URL_ = "https://daemon.example/connect?ticket=one";
const command = (url = URL_) => ({ type: "trunkline-open", kind: "authorize", url, detail: { connectors: [{ id: "hub", name: "HubSpot" }] } });
const alerts = (frame) => frame.of("rc-adapter-message-request").filter(({ path }) => path === "/custom-alert-message");
const dismissed = (frame) => frame.of("rc-adapter-message-request").filter(({ path }) => path === "/dismiss-alert-message").map(({ body }) => body.id);

/** A page whose Connect button answers with the commands given to `press`. */
async function pressing(more) {
  const all = await connected(more);
  all.press = async (...commands) => {
    all.daemon.on("/authorize", () => ({ response: { data: "ok" }, commands }));
    all.page.ask(all.frame, "/authorize", { authorized: false });
    await settle();
  };
  all.shown = (id) => all.page.say(all.frame, { type: "rc-adapter-message-response", responseId: alerts(all.frame).at(-1).requestId, response: id });
  return all;
}

test("a press opens one window of the daemon's, over the middle of the browser's", async () => {
  const { page, frame, press } = await pressing();
  Object.assign(page.window, { screenX: 100, screenY: 50, outerWidth: 1520, outerHeight: 880 });
  await press(command());
  const [{ url, target, features, focused, window }] = page.opened;
  assert.deepEqual([page.opened.length, url, target], [1, URL_, "trunkline-authorize"]);
  assert.equal(features, "popup=yes,width=520,height=680,left=600,top=150");
  assert.ok(focused);
  assert.equal(window.opener, page.window, "without it a second press could not take its window");
  assert.deepEqual(frame.of("trunkline-open"), [], "not for the widget");
});

test("a second press goes into the same window, with its own ticket", async () => {
  const { page, press } = await pressing();
  await press(command());
  await press(command("https://daemon.example/connect?ticket=two"));
  assert.deepEqual(page.opened.map(({ target }) => target), ["trunkline-authorize", "trunkline-authorize"]);
  assert.equal(page.opened[1].url, "https://daemon.example/connect?ticket=two");
});

test("only the daemon's own origin is opened; the operator is told", async () => {
  const base = "https://daemon.example/trunkline/";
  assert.equal(daemonAddress("connect?ticket=a", base), "https://daemon.example/trunkline/connect?ticket=a");
  assert.equal(daemonAddress("/connect", base), "https://daemon.example/connect");
  for (const url of [
    "https://evil.example/connect", "http://daemon.example/connect", "https://daemon.example:444/", "//evil.example/connect",
    "javascript:alert(1)", "https://daemon.example@evil.example/", "https://user@daemon.example/", "blob:https://daemon.example/1", "", null, undefined, 7,
  ]) {
    assert.equal(daemonAddress(url, base), null, String(url));
  }
  const { page, frame, press, handle } = await pressing();
  const seen = [];
  handle.addEventListener("open", (event) => seen.push(event.detail));
  await press(command("https://evil.example/connect?ticket=one"));
  assert.deepEqual([page.opened, seen], [[], []]);
  assert.match(page.warnings.join(), /sign-in address that is not the daemon's own/);
  assert.ok(!page.warnings.join().includes("ticket"));
  assert.match(alerts(frame)[0].body.message, /public_url/);
});

test("the page may take it over", async () => {
  const { page, press, handle } = await pressing();
  const seen = [];
  handle.addEventListener("open", (event) => {
    seen.push(event.detail);
    event.preventDefault();
  });
  await press(command());
  assert.deepEqual(seen, [{ kind: "authorize", url: URL_, detail: { connectors: [{ id: "hub", name: "HubSpot" }] } }]);
  assert.deepEqual(page.opened, []);
});

test("a blocked window becomes a link, a second press brings the fresh one", async () => {
  const { page, frame, press, shown } = await pressing({ page: new FakePage() });
  page.blockWindows = true;
  await press(command());
  shown("alert-1");
  assert.equal(alerts(frame)[0].body.level, "warning");
  assert.deepEqual(alerts(frame)[0].body.details[0].items, [{ id: "trunkline-authorize", type: "link", text: "Open the sign-in page", href: URL_ }]);
  await press(command("https://daemon.example/connect?ticket=two"));
  assert.equal(alerts(frame)[1].body.details[0].items[0].href, "https://daemon.example/connect?ticket=two");
  assert.deepEqual(dismissed(frame), ["alert-1"]);
});

test("the link goes when the window opens after all, or the operator has signed in", async () => {
  for (const end of [
    async ({ page, press }) => {
      page.blockWindows = false;
      await press(command());
    },
    async ({ daemon }) => {
      daemon.streams[0].commands({ type: "rc-adapter-update-authorization-status", authorized: true, authorizedAccount: "ada@crm.example" });
      await settle();
    },
  ]) {
    const all = await pressing({ page: new FakePage() });
    all.page.blockWindows = true;
    await all.press(command());
    all.shown("alert-1");
    await end(all);
    assert.deepEqual(dismissed(all.frame), ["alert-1"]);
  }
});

test("authorized by the stream: told to the widget, and remembered for the next registration", async () => {
  const { page, frame, daemon } = await pressing();
  const status = { type: "rc-adapter-update-authorization-status", authorized: false };
  daemon.streams[0].commands(status);
  await settle();
  assert.deepEqual(frame.of(status.type), [status]);
  daemon.down = true; // what it would say now is not asked
  await page.start(frame);
  assert.equal(frame.registrations.at(-1).authorized, false);
});

test("no tab opens it that did not ask: not from the stream, not from another tab", async () => {
  const browser = new FakeBrowser();
  const daemon = new FakeDaemon();
  const tabs = [];
  for (let n = 0; n < 3; n++) tabs.push(await pressing({ page: new FakePage({ browser, daemon }), focused: n === 1 }));
  daemon.streams[0].commands(command());
  await settle();
  for (const { time } of tabs) await time.advance(1_000);
  assert.deepEqual(tabs.map(({ page }) => page.opened.length), [0, 0, 0]);
  await tabs[2].press(command());
  for (const { time } of tabs) await time.advance(1_000);
  assert.deepEqual(tabs.map(({ page }) => page.opened.length), [0, 0, 1]);
});
