import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { settle, World } from "./world.js";

const { request, response, expect } = vector("10-contacts-search");

function ready(route = response.response) {
  const world = new World();
  world.routes.set("/contacts/search", route);
  world.register({ name: "AcmeDesk", contactSearchPath: "/contacts/search" });
  return world;
}

test("vector 10: asked once, 800 ms after the last keystroke; filtered again, one row a number", async () => {
  const world = ready();
  world.phone.search.type("har");
  await world.time.advance(799);
  world.phone.search.type("harb");
  await world.time.advance(799);
  assert.deepEqual(world.requests, []);
  await world.time.advance(1);
  assert.deepEqual(world.requests.map(({ body }) => body), [request.body]);
  assert.deepEqual(world.phone.search.rows, expect.rows, "a hit on the company is lost");
});

test("two characters are too few", async () => {
  const world = ready();
  world.phone.search.type("ha");
  await world.time.advance(5_000);
  assert.deepEqual(world.requests, []);
});

test("an answer is kept for five minutes, a failure too", async () => {
  let answers = { data: "error" };
  const world = ready(() => answers);
  const search = async () => {
    world.phone.search.type("harb");
    await world.time.advance(800);
  };
  await search();
  answers = response.response;
  await search();
  assert.deepEqual([world.requests.length, world.phone.search.rows.length], [1, 0]);
  await world.time.advance(300_000);
  await search();
  assert.deepEqual([world.requests.length, world.phone.search.rows.length], [2, 1]);
});

test("a number without phoneType breaks the whole search", async () => {
  const broken = { data: [...response.response.data, { id: "x", name: "Harb", phoneNumbers: [{ phoneNumber: "1" }] }] };
  const world = ready(broken);
  world.phone.search.type("harb");
  await world.time.advance(800);
  assert.deepEqual(world.phone.search.rows, []);
  assert.equal(world.warnings.length, 1);
});

test("an answer to an older text is not shown", async () => {
  const world = ready(() => undefined);
  world.phone.search.type("harb");
  await world.time.advance(800);
  const [first] = world.requests;
  world.phone.search.type("harbo");
  world.answer(first, response.response);
  await settle();
  assert.deepEqual(world.phone.search.rows, []);
});
