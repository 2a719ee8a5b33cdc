import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import test from "node:test";
import { createClock } from "../src/clock.js";
import { createDaemon } from "../src/daemon.js";
import { createTokens } from "../src/tokens.js";
import { problem } from "./support/daemon.js";
import { FakePage, settle } from "./support/page.js";

function make(getToken = null) {
  const page = new FakePage();
  const clock = createClock(page.env);
  const life = new AbortController();
  const health = [];
  const daemon = createDaemon({
    env: page.env,
    clock,
    base: page.daemon.base,
    tokens: createTokens({ clock, getToken }),
    signal: life.signal,
    onHealth: (failure) => health.push(failure?.kind ?? "well"),
  });
  return { page, life, health, daemon };
}

test("a request leaves no timer and no listener behind, however it ends", async () => {
  const { page, life, daemon } = make();
  for (const route of [
    () => ({ response: 1 }),
    () => problem(500, "bug"),
    () => new Response("no JSON"),
    () => {
      throw new TypeError("Failed to fetch");
    },
  ]) {
    page.daemon.on("/x", route);
    await daemon.post("embeddable/x", "null", 1000);
  }
  assert.equal(page.time.pending, 0);
  assert.equal(getEventListeners(life.signal, "abort").length, 0);
});

test("the limit covers the page's token as well", async () => {
  const { page, daemon, health } = make(() => new Promise(() => {}));
  const outcome = daemon.get("embeddable/service", 2_000);
  await page.time.advance(2_000);
  const { ok, failure } = await outcome;
  assert.deepEqual([ok, failure.code, failure.passing], [false, "timeout", true]);
  assert.deepEqual(health, ["unreachable"]);
});

test("problems keep the daemon's words; the rest gets plain ones", async () => {
  const { page, daemon } = make();
  const told = async (reply) => {
    page.daemon.on("/x", reply);
    const { failure } = await daemon.post("embeddable/x", "null", 1000);
    return [failure.kind, failure.code, failure.passing, failure.requestId];
  };
  assert.deepEqual(await told(() => problem(403, "origin_refused")), ["refused", "origin_refused", false, "req-1"]);
  assert.deepEqual(await told(() => problem(503, "shutting_down")), ["refused", "shutting_down", true, "req-1"]);
  assert.deepEqual(await told(() => new Response("<h1>", { status: 503 })), ["unreachable", "unreachable", true, null]);
  assert.deepEqual(await told(() => new Response("<h1>", { status: 404 })), ["refused", "http_404", false, null]);
  assert.deepEqual(await told(() => Response.json([1], { status: 429 })), ["refused", "http_429", true, null]);
  page.daemon.on("/x", () => problem(500, "long", "x".repeat(5_000)));
  const { failure } = await daemon.post("embeddable/x", "null", 1000);
  assert.equal(failure.detail.length, 400);
});

test("the end of the connection aborts what is under way and reports nothing", async () => {
  const { page, life, daemon, health } = make();
  page.daemon.on("/x", () => new Promise(() => {}));
  const outcome = daemon.post("embeddable/x", "null", 1000);
  await settle();
  life.abort();
  assert.equal((await outcome).ok, false);
  assert.deepEqual(health, []);
});
