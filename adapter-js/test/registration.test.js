import assert from "node:assert/strict";
import test from "node:test";
import { connectIn } from "../src/connect.js";
import { afterCommand, differBeyondAuthorization, repeatRegistration } from "../src/registration.js";
import { WidgetLoad } from "../src/widget-load.js";
import { connected } from "./support/connected.js";
import { FakeFrame, FakePage, settle } from "./support/page.js";

const paths = (frame) => frame.registrations.map((service) => "contactsPath" in service);

test("registers the daemon's service, whole, at the login event and not before", async () => {
  const page = new FakePage();
  const handle = connectIn({}, page.env, page.daemon.base);
  assert.equal(handle.status, "waiting-for-widget");
  await settle();
  const frame = page.put(new FakeFrame());
  assert.equal(handle.status, "connecting");
  page.say(frame, { type: "rc-adapter-pushAdapterState" });
  await settle();
  assert.equal(frame.registrations.length, 0);
  page.say(frame, { type: "rc-login-status-notify", loggedIn: false });
  await settle();
  assert.deepEqual(frame.registrations, [page.daemon.manifest.service]);
  assert.equal(handle.status, "registered");
});

test("a login later in the same load repeats without contactsPath; a logout does nothing", async () => {
  const { page, frame, daemon } = await connected();
  page.say(frame, { type: "rc-login-status-notify", loggedIn: false });
  await settle();
  assert.deepEqual(paths(frame), [true]);
  page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
  await settle();
  assert.deepEqual(paths(frame), [true, false]);
  assert.deepEqual(frame.registrations[1], repeatRegistration(daemon.manifest.service).service);
});

test("a repeat carries the authorization of now", async () => {
  const { page, frame, daemon } = await connected();
  daemon.on("/authorize", () => ({
    response: { data: "ok" },
    commands: [{ type: "rc-adapter-update-authorization-status", authorized: false }],
  }));
  page.ask(frame, "/authorize", { authorized: true });
  await settle();
  page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
  await settle();
  const repeat = frame.registrations.at(-1);
  assert.equal(repeat.authorized, false);
  assert.equal(repeat.authorizedAccount, "");
  assert.equal(repeat.authorizationPath, "/authorize");
});

test("a repeat long after the start asks the daemon for the settings of now", async () => {
  const { page, frame, daemon, time } = await connected();
  await time.advance(60_000);
  daemon.manifest.service = { ...daemon.manifest.service, settings: [{ id: "x", type: "boolean", name: "x", value: false }] };
  page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
  await settle();
  assert.deepEqual(frame.registrations.at(-1).settings, daemon.manifest.service.settings);
});

test("a daemon that hangs does not hold the registration of a reloaded widget", async () => {
  const { page, frame, daemon, time } = await connected();
  await time.advance(60_000);
  daemon.fetch = () => new Promise(() => {});
  await page.start(frame);
  assert.equal(frame.registrations.length, 1);
  await time.advance(2_000);
  assert.deepEqual(paths(frame), [true, true]);
});

for (const [name, marks] of [
  ["state, then load", (page, frame) => [() => page.say(frame, { type: "rc-adapter-pushAdapterState" }), () => frame.dispatchEvent(new Event("load"))]],
  ["load, then state", (page, frame) => [() => frame.dispatchEvent(new Event("load")), () => page.say(frame, { type: "rc-adapter-pushAdapterState" })]],
]) {
  test(`a load's two marks reset once, and a reload registers anew (${name})`, async () => {
    const page = new FakePage();
    connectIn({}, page.env, page.daemon.base);
    await settle();
    const frame = page.put(new FakeFrame());
    for (const load of [1, 2, 3]) {
      const [first, second] = marks(page, frame);
      first();
      page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
      second();
      page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
      await settle();
      assert.equal(paths(frame).filter(Boolean).length, load, "one registration with contactsPath a load");
    }
  });
}

test("a frame that RCAdapter made anew is registered anew", async () => {
  const { page, frame, handle } = await connected();
  page.remove(frame);
  assert.equal(handle.status, "waiting-for-widget");
  const next = page.put(new FakeFrame());
  assert.equal(handle.status, "connecting");
  await page.start(next);
  assert.deepEqual(paths(next), [true]);
  assert.deepEqual(paths(frame), [true]);
  assert.equal(handle.status, "registered");
});

test("a frame replaced without any observer's word is noticed at its first message", async () => {
  const { page, frame } = await connected();
  frame.remove();
  const next = new FakeFrame().insert();
  page.elements.set("rc-widget-adapter-frame", next);
  await page.start(next);
  assert.deepEqual(paths(next), [true]);
});

test("attached late, with the login event gone: registers after a short wait", async () => {
  const page = new FakePage({ frame: new FakeFrame() });
  const frame = page.elements.get("rc-widget-adapter-frame");
  connectIn({}, page.env, page.daemon.base);
  await page.time.advance(2_900);
  assert.equal(frame.registrations.length, 0);
  await page.time.advance(200);
  assert.deepEqual(paths(frame), [true]);
  await page.time.advance(120_000);
  assert.deepEqual(paths(frame), [true], "once");
});

test("attached late and perhaps unheard: the login event brings the full one and its repeat", async () => {
  const page = new FakePage({ frame: new FakeFrame() });
  const frame = page.elements.get("rc-widget-adapter-frame");
  connectIn({}, page.env, page.daemon.base);
  await page.time.advance(5_000);
  page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
  await settle();
  assert.deepEqual(paths(frame), [true, true, false]);
});

test("attached late and surely heard, as a request shows: the login event brings the repeat alone", async () => {
  const page = new FakePage({ frame: new FakeFrame() });
  const frame = page.elements.get("rc-widget-adapter-frame");
  connectIn({}, page.env, page.daemon.base);
  await page.time.advance(5_000);
  page.ask(frame, "/contacts", { page: 1, syncTimestamp: null });
  page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
  await settle();
  assert.deepEqual(paths(frame), [true, false]);
});

test("attached while the widget loads: one registration, at its login event", async () => {
  const page = new FakePage({ frame: new FakeFrame() });
  const frame = page.elements.get("rc-widget-adapter-frame");
  connectIn({}, page.env, page.daemon.base);
  await page.time.advance(2_000);
  frame.dispatchEvent(new Event("load"));
  await page.time.advance(6_000);
  assert.equal(frame.registrations.length, 0);
  await page.start(frame);
  await page.time.advance(60_000);
  assert.deepEqual(paths(frame), [true]);
});

test("attached late, reloaded later: registered in full again", async () => {
  for (const order of [["load", "state"], ["state", "load"]]) {
    const page = new FakePage({ frame: new FakeFrame() });
    const frame = page.elements.get("rc-widget-adapter-frame");
    connectIn({}, page.env, page.daemon.base);
    await page.time.advance(5_000);
    page.ask(frame, "/contacts", { page: 1, syncTimestamp: null });
    for (const mark of order) {
      if (mark === "load") frame.dispatchEvent(new Event("load"));
      else page.say(frame, { type: "rc-adapter-pushAdapterState" });
    }
    page.say(frame, { type: "rc-login-status-notify", loggedIn: true });
    await settle();
    assert.deepEqual(paths(frame), [true, true], order.join());
  }
});

test("an adapter that replaces another in the same load repeats, and answers what is asked meanwhile", async () => {
  const page = new FakePage({ frame: new FakeFrame() });
  const frame = page.elements.get("rc-widget-adapter-frame");
  connectIn({}, page.env, page.daemon.base);
  page.ask(frame, "/activities", { contact: {} }, "early");
  await settle();
  assert.deepEqual(frame.responses.map(({ responseId }) => responseId), ["early"]);
  await page.time.advance(5_000);
  assert.deepEqual(paths(frame), [false]);
});

test("a daemon that comes up late registers then", async () => {
  const page = new FakePage();
  page.daemon.down = true;
  const handle = connectIn({}, page.env, page.daemon.base);
  const seen = [];
  handle.addEventListener("status", ({ detail }) => seen.push(detail.status));
  const frame = page.put(new FakeFrame());
  await page.start(frame);
  await page.time.advance(10_000);
  assert.equal(handle.status, "daemon-unreachable");
  const tries = page.daemon.requests.length;
  assert.ok(tries >= 4 && tries <= 8, `${tries} tries in ten seconds`);
  page.daemon.down = false;
  await page.time.advance(30_000);
  assert.deepEqual(paths(frame), [true]);
  assert.deepEqual(seen, ["connecting", "daemon-unreachable", "connecting", "registered"]);
  assert.equal(handle.status, "registered");
});

test("a description that cannot be used is said in the console and asked for again", async () => {
  const page = new FakePage();
  const good = page.daemon.manifest;
  page.daemon.manifest = { service: { name: "" } };
  connectIn({}, page.env, page.daemon.base);
  await settle();
  assert.match(page.warnings.join(), /service description/);
  page.daemon.manifest = good;
  const frame = page.put(new FakeFrame());
  await page.start(frame);
  await page.time.advance(5_000);
  assert.deepEqual(paths(frame), [true]);
});

test("every order of marks and logins keeps to one full registration a load", () => {
  // All orders of one load's events, seen from the start; a second load follows.
  for (const order of [["state", "load", "login"], ["state", "login", "load"], ["load", "state", "login"], ["load", "login", "state"], ["login", "state", "load"], ["login", "load", "state"]]) {
    const load = new WidgetLoad();
    load.appeared({ late: false });
    for (let round = 0; round < 2; round++) {
      let full = 0;
      for (const mark of order) {
        if (mark === "state") load.stateSeen();
        if (mark === "load") load.loadSeen();
        if (mark !== "login") continue;
        if (load.plan() !== "repeat") full++;
        load.posted({ ready: true });
      }
      if (order[0] !== "login" || round === 0) assert.equal(full, 1, `${order} in load ${round}`);
    }
  }
});

test("what a command changed in the widget stays in the service", () => {
  const service = { name: "A", authorized: true, authorizedAccount: "x", settings: [1] };
  const apply = (command) => afterCommand(service, command);
  assert.deepEqual(apply({ type: "rc-adapter-update-third-party-settings", settings: [2] }).settings, [2]);
  assert.equal(apply({ type: "rc-adapter-refresh-license-status", licenseStatus: "gone" }).licenseStatus, "gone");
  assert.equal(apply({ type: "rc-adapter-refresh-license-status", licenseStatus: "gone" }).type, undefined);
  assert.deepEqual(apply({ type: "rc-adapter-update-customized-banner", banner: null }).banner, null);
  assert.equal(apply({ type: "rc-adapter-navigate-to", path: "/x" }), service);
  assert.equal(differBeyondAuthorization(service, { ...service, authorized: false }), false);
  assert.equal(differBeyondAuthorization(service, { ...service, settings: [] }), true);
});
