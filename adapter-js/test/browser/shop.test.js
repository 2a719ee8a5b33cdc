import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { launch, openPage } from "./support/chromium.js";
import { FakeDaemon } from "./support/fake-daemon.js";
import { KEY, sign } from "./support/shop.js";

/** A shop's page with the stand-in chat, which judges tokens by the vendor's rules on its own. */

const daemon = new FakeDaemon();
const START = new Date("2026-01-01T10:00:00Z").getTime();
let browser;
let page;
let complaints;

before(async () => {
  await daemon.start({ chats: true });
  browser = await launch();
});

beforeEach(async () => {
  await page?.context().close();
  daemon.shop.mode = "require";
  daemon.shop.now = () => START;
  daemon.shop.renewals.length = 0;
  ({ page, complaints } = await openPage(browser, "about:blank"));
  await page.clock.install({ time: START });
});

after(async () => {
  await browser?.close();
  await daemon.stop();
});

const chat = () => page.locator("#engage-chat");
const is = (identity, state = "ready") => page.locator(`#engage-chat[data-identity="${identity}"][data-state="${state}"]`).waitFor({ state: "attached" });
const told = (name) => page.evaluate((wanted) => window.engageStandIn.told.filter(([command]) => command === wanted), name);
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
const reasons = () => page.evaluate(() => window.engageStandIn.visitor.reasons);

async function open(query = "") {
  await page.goto(`${daemon.origins.shop}/${query}`);
  await page.locator("#told code").first().waitFor();
}

test("nobody is signed in, and then somebody, from a page with a fragment: loaded anew each time", async () => {
  await open();
  await is("verified");
  await page.getByRole("link", { name: "Chairs" }).click();
  const who = page.getByRole("combobox", { name: "Signed in as" });
  await who.selectOption({ label: "nobody" });
  await page.getByText("The chat does not open. A signed identity is required.").waitFor();
  assert.equal(await who.inputValue(), "");
  await who.selectOption({ label: "Ben Sample" });
  await is("verified");
  assert.equal(await who.inputValue(), "ct_2");
  assert.deepEqual(complaints, []);
});

test("55 minutes on a faked clock: one more _setSignedIdentity, the same uuid, more than an hour left", async () => {
  await open();
  await is("verified");
  assert.equal((await told("_setSignedIdentity")).length, 1);
  daemon.shop.now = () => START + 55 * 60_000;
  await page.clock.runFor("54:50");
  assert.equal(daemon.shop.renewals.length, 0);
  await page.clock.runFor("00:20");
  await page.locator("#told code", { hasText: "renewed" }).waitFor();
  const tokens = (await told("_setSignedIdentity")).map(([, token]) => claims(token));
  assert.equal(tokens.length, 2);
  assert.deepEqual(new Set(tokens.map(({ uuid }) => uuid)), new Set(["uuid-of-ct_1"]));
  assert.ok(tokens[1].exp - (await page.evaluate(() => Date.now())) / 1000 > 3_600);
  assert.equal(daemon.shop.renewals.length, 1);
  await is("verified");
  assert.deepEqual(complaints, []);
});

test("without renewals the visitor would be told to refresh the page", async () => {
  await open();
  await is("verified");
  await chat().getByRole("button", { name: "Open the chat" }).click();
  await page.evaluate(async () => (await import(new URL("engage.js", `${(await (await fetch("demo.json")).json()).daemon}/`).href)).engage.stop());
  await page.clock.runFor("02:00:00");
  assert.equal(await chat().getByRole("alert").count(), 0, "ten seconds of leeway");
  await page.clock.runFor("00:11");
  await chat().getByText("Please refresh the page").waitFor();
});

test("a laptop that slept for longer than the token: renewed when it wakes, the chat goes on", async () => {
  await open();
  await is("verified");
  daemon.shop.now = () => START + 80 * 60_000;
  await page.clock.fastForward("01:20:00");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await page.locator("#told code", { hasText: "renewed" }).waitFor();
  await is("verified");
});

test("two tabs of one visitor: each chat has the newest token, and no grant is used twice", async () => {
  await open();
  await is("verified");
  const other = await page.context().newPage();
  await other.clock.install({ time: START });
  await other.goto(`${daemon.origins.shop}/`);
  await other.locator('#engage-chat[data-identity="verified"]').waitFor({ state: "attached" });
  daemon.shop.now = () => START + 55 * 60_000;
  await Promise.all([page.clock.runFor("55:01"), other.clock.runFor("55:01")]);
  await page.locator("#told code", { hasText: "renewed" }).first().waitFor();
  await other.locator("#told code", { hasText: "renewed" }).first().waitFor();
  const last = (one) => one.evaluate(() => window.engageStandIn.told.filter(([command]) => command === "_setSignedIdentity").at(-1)[1]);
  assert.equal(await last(page), await last(other));
  assert.equal(new Set(daemon.shop.renewals).size, daemon.shop.renewals.length);
  await other.close();
});

test("the page's mode, and what the visitor gets of it", async () => {
  for (const [mode, identity, state] of [["require", "verified", "ready"], ["accept", "verified", "ready"], ["reject", "anonymous", "ready"]]) {
    daemon.shop.mode = mode;
    await open();
    await page.locator("#verdict[data-identity]").waitFor();
    await is(identity, state);
  }
  daemon.shop.mode = "require";
  await open();
  await page.getByRole("button", { name: "Give a spoilt token" }).click();
  await is("none", "closed");
  assert.deepEqual((await reasons()).sort(), ["alg_unsupported", "exp_missing", "kid_missing", "uuid_missing"]);
});

test("the stand-in judges by the vendor's rules", async () => {
  daemon.shop.mode = "accept";
  await open();
  await is("verified");
  const now = START / 1000;
  const good = { exp: now + 7_200, uuid: "u" };
  const cases = [
    [sign(good), []],
    [sign({ ...good, exp: now + 3_599 }), ["exp_too_soon"]],
    [sign({ ...good, exp: 507_749_400 }), ["exp_past"]],
    [sign({ ...good, exp: String(now) }), ["exp_not_integer"]],
    [sign({ exp: good.exp }), ["uuid_missing"]],
    [sign({ ...good, uuid: " " }), ["uuid_blank"]],
    [sign({ ...good, uuid: 7 }), ["uuid_not_string"]],
    [sign(good, { ...KEY, secret: "76543210fedcba9876543210" }), ["signature_invalid"]],
    [sign(good, { ...KEY, kid: "other" }), ["kid_unknown"]],
    [sign(good, { ...KEY, kid: "Site-Main" }), ["kid_charset"]],
    [sign(good, KEY, { typ: undefined }), ["typ_missing"]],
    [sign(good, KEY, { alg: "none" }), ["alg_unsupported"]],
    [`${sign(good)}x`, ["signature_invalid"]],
    ["a.b", ["token_malformed"]],
  ];
  for (const [token, expected] of cases) {
    const found = await page.evaluate(async (text) => {
      const { judge } = await import(new URL("engage/verify.js", location.href).href);
      return (await judge(text, window.engageStandIn.source.keys, Date.now())).reasons;
    }, token);
    assert.deepEqual(found, expected, JSON.stringify(claimsOf(token)));
  }
});

function claimsOf(token) {
  try {
    return claims(token);
  } catch {
    return token;
  }
}

test("a visitor's name that is a script is a name", async () => {
  const name = "</script><script>alert(1)";
  let alerted = false;
  page.on("dialog", (dialog) => {
    alerted = true;
    void dialog.dismiss();
  });
  daemon.shop.customers[0].name = name;
  try {
    await open();
    await is("verified");
    await chat().getByRole("button", { name: "Open the chat" }).click();
    await chat().getByText(`${name}, verified`).waitFor();
    await page.evaluate((text) => window._chatq.push(["_fillCustomVariable", "custom_name", text]), name);
    assert.deepEqual((await told("_fillCustomVariable")).at(-1), ["_fillCustomVariable", "custom_name", name]);
    assert.equal(alerted, false);
  } finally {
    daemon.shop.customers[0].name = "Ada Sample";
  }
});

test("another page of the shop, and another customer", async () => {
  await open();
  await is("verified");
  await page.getByRole("link", { name: "Cart" }).click();
  await page.getByRole("heading", { level: 1, name: "Cart" }).waitFor();
  await page.locator("#told code", { hasText: "_pageChange" }).waitFor();
  assert.equal((await told("_pageChange")).length, 1);
  assert.deepEqual((await told("_fillCustomVariable")).slice(-2).map(([, name, value]) => [name, value]), [["custom_page", "cart"], ["custom_cart_amount", 48]]);
  await page.getByRole("combobox", { name: "Signed in as" }).selectOption("Ben Sample");
  await page.locator('#engage-chat[data-uuid="uuid-of-ct_2"]').waitFor({ state: "attached" });
});

test("a chat: events of both sides", async () => {
  await open();
  await is("verified");
  await chat().getByRole("button", { name: "Open the chat" }).click();
  await chat().getByRole("textbox", { name: "Message" }).fill("Is it in stock?");
  await chat().getByRole("button", { name: "Send" }).click();
  await chat().getByText("Thank you, we will answer here.").waitFor();
  const names = await page.locator("#told code").allInnerTexts();
  for (const name of ["started", "chat_shown", "chat_engaged", "message_sent", "message_received"]) assert.ok(names.includes(name), name);
  assert.deepEqual(complaints, []);
});
