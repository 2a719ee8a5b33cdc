import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { launch } from "./support/chromium.js";
import { listen } from "./support/serve-files.js";
import { Served } from "./support/served.js";
import { sign } from "./support/shop.js";

/** The snippets of the real daemon inside a page: what goes in comes out of `_chatq`, whatever it looks like. */

const HOSTILE = [
  "</script><script>alert(1)", "</ScRiPt ><img src=x onerror=alert(1)>", "<!--<script>", "-->", "]]>", "'\"`&amp;\\", "${alert(1)}",
  "\u2028alert(1)\u2029", "\\u003c", "</script>\n<script>alert(1)//", "О'Генри 石渡 😀",
];
const SITE = `[engage.sites.shop]
domain = "acme"
source_token = "5f1e0c2b9a8d7c6b5a493827"
origins = ["https://shop.example"]
keys = [{ id = "site_main", alg = "HS256", secret = "0123456789abcdef01234567" }]
`;

const served = new Served();
let html = "";
const shop = createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html));
let origin = "";
let browser;
let page;
let alerts = 0;

before(async () => {
  await served.start(SITE);
  origin = await listen(shop);
  browser = await launch();
  page = await browser.newPage();
  page.on("dialog", (dialog) => {
    alerts++;
    void dialog.dismiss();
  });
  // The vendor's loader is somewhere else.
  await page.route((url) => url.origin !== origin, (route) => route.abort());
});

beforeEach(() => {
  alerts = 0;
});

after(async () => {
  await browser?.close();
  shop.closeAllConnections();
  shop.close();
  await served.stop();
});

async function snippet(kind, values) {
  const response = await fetch(`${served.origins.daemon}/v1/engage/sites/shop/snippets/${kind}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(values) });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

/** The page's queue with this code in it. */
async function queueOf(code) {
  html = `<!doctype html><meta charset="utf-8"><title>shop</title><body>${code}<p id="end">end</p>`;
  await page.goto(origin);
  assert.equal(await page.locator("#end").innerText(), "end", "the page after the code is whole");
  return page.evaluate(() => window._chatq ?? null);
}

test("an unsigned identity", async () => {
  for (const text of HOSTILE) {
    const identity = { uuid: "u-1", firstname: text, extra_values: { note: text } };
    const { code } = await snippet("unsigned", { identity });
    assert.deepEqual(await queueOf(code), [["_setIdentity", identity]], text);
    assert.equal(alerts, 0, text);
  }
});

test("custom variables", async () => {
  for (const text of HOSTILE) {
    const { code } = await snippet("variables", { variables: { custom_name: text, custom_cart_amount: 58, custom_vip: true } });
    const queue = await queueOf(code);
    assert.deepEqual(new Map(queue.map(([, name, value]) => [name, value])), new Map(Object.entries({ custom_name: text, custom_cart_amount: 58, custom_vip: true })), text);
    assert.ok(queue.every(([command]) => command === "_fillCustomVariable"));
    assert.equal(alerts, 0, text);
  }
});

test("a signed identity", async () => {
  for (const text of HOSTILE) {
    const token = sign({ exp: 4_102_444_800, uuid: "u-1", firstname: text });
    const { code } = await snippet("signed", { token });
    assert.deepEqual(await queueOf(code), [["_setSignedIdentity", token]], text);
    assert.equal(alerts, 0, text);
  }
});

test("the embedded mode, and the minimal loader", async () => {
  const { code } = await snippet("embedded", { parentNodeId: "messaging-container" });
  assert.deepEqual(await queueOf(code), [["_setConfiguration", { embedded: true, parentNodeId: "messaging-container" }]]);
  assert.equal(await page.locator("#messaging-container").count(), 1, "the element comes with it");
  const { code: minimal } = await snippet("minimal", {});
  const asked = page.waitForRequest((request) => request.url().includes("dimelochat.com"));
  await queueOf(minimal);
  assert.equal(new URL((await asked).url()).pathname, "/chat/5f1e0c2b9a8d7c6b5a493827/loader.js");
});

test("the frame: variables stand in its address, and stay what they are", async () => {
  for (const text of HOSTILE) {
    const { code } = await snippet("iframe", { token: sign({ exp: 4_102_444_800, uuid: "u-1" }), variables: { custom_name: text } });
    html = `<!doctype html><meta charset="utf-8"><body>${code}<p id="end">end</p>`;
    await page.goto(origin);
    const src = await page.locator("iframe").getAttribute("src");
    assert.equal(new URL(src).searchParams.get("custom_name"), text);
    assert.equal(alerts, 0, text);
  }
});
