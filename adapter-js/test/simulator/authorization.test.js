import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { ALL_PATHS, manyCalls, settle, short, World } from "./world.js";

const { sequenceWith40Keys: WANTED } = vector("34-authorize");
const SERVICE = { ...ALL_PATHS, authorizationPath: "/authorize", authorized: true };
const STATUS = "rc-adapter-update-authorization-status";

/** 40 numbers and session ids, one conversation; everything is answered at once. */
function prepared() {
  const kept = manyCalls(40);
  const world = new World({ kept });
  world.phone.conversations.remember({ from: kept.calls[0].from.phoneNumber, text: "Hi" });
  for (const path of ["/contacts", "/contacts/match", "/callLogger/match", "/messageLogger/match"]) world.routes.set(path, { data: {} });
  return world;
}

async function requestsOf(world, act) {
  world.fresh();
  act();
  await settle();
  return world.fresh().map(short);
}

test("vector 34: the first registration, authorized", async () => {
  const world = prepared();
  assert.deepEqual(await requestsOf(world, () => world.register(SERVICE)), WANTED["first registration authorized"]);
});

test("vector 34: to false and, with warm caches, to true again", async () => {
  const world = prepared();
  world.register(SERVICE);
  await settle();
  assert.deepEqual(await requestsOf(world, () => world.phone.receive({ type: STATUS, authorized: false })), WANTED["to false"]);
  assert.deepEqual(world.phone.contacts.shown, []);
  assert.deepEqual(await requestsOf(world, () => world.phone.receive({ type: STATUS, authorized: true })), WANTED["to true, caches warm"]);
});

test("vector 34: to true with empty caches", async () => {
  const world = prepared();
  await requestsOf(world, () => world.register({ ...SERVICE, authorized: false }));
  assert.deepEqual(await requestsOf(world, () => world.phone.receive({ type: STATUS, authorized: true })), WANTED["to true, caches empty"]);
});

test("vector 34: a repeated registration, still authorized", async () => {
  const world = prepared();
  world.register(SERVICE);
  await settle();
  const { contactsPath, ...repeat } = SERVICE;
  assert.deepEqual(await requestsOf(world, () => world.register(repeat)), WANTED["repeat registration, still authorized"]);
});

test("a status that says nothing new makes no request", async () => {
  const world = prepared();
  world.register(SERVICE);
  await settle();
  assert.deepEqual(await requestsOf(world, () => world.phone.receive({ type: STATUS, authorized: true })), []);
});

test("a status before any registration is ignored", async () => {
  const world = prepared();
  assert.deepEqual(await requestsOf(world, () => world.phone.receive({ type: STATUS, authorized: true })), []);
  assert.equal(world.phone.service.state.authorized, null);
});

test("vector 34: the button sends the state as it is; an account left out is cleared", async () => {
  const world = prepared();
  world.register({ ...SERVICE, authorized: false });
  world.fresh();
  world.phone.actions.authorize();
  assert.deepEqual(world.fresh()[0].body, vector("34-authorize").request.body);
  world.phone.receive(vector("34-authorize").hostMessages[0]);
  assert.equal(world.phone.service.state.authorizedAccount, "dana@acme.example");
  world.phone.receive({ type: STATUS, authorized: true });
  assert.equal(world.phone.service.state.authorizedAccount, "");
});

test("while unauthorized contacts, search and matchers are silent, loggers and do-not-contact are not", async () => {
  const world = prepared();
  world.register({ ...SERVICE, authorized: false, doNotContactPath: "/doNotContact" });
  world.fresh();
  world.phone.contacts.sync("manual");
  world.phone.search.type("harbor");
  await world.time.advance(800);
  world.phone.matching.trigger();
  world.phone.matching.refreshContact("+16505550200");
  assert.deepEqual(world.fresh().map(short), []);
  world.phone.actions.doNotContact({ phoneNumber: "1" });
  world.phone.logging.clickCall("318220457010", "createLog");
  await settle();
  assert.deepEqual(world.fresh().map(short), ["/doNotContact", "/callLogger"]);
});
