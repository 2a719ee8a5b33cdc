import assert from "node:assert/strict";
import test from "node:test";

import { phoneTypeOf } from "../../simulator/core/contacts.js";
import { vector } from "../support/daemon.js";
import { settle, short, World } from "./world.js";

const SERVICE = { name: "AcmeDesk", contactsPath: "/contacts" };
const idsOf = (world) => world.phone.contacts.list.map((contact) => contact.id);

/** A phone whose first run has begun. */
function started() {
  const world = new World();
  world.register(SERVICE);
  return world;
}

async function synced() {
  const world = started();
  await world.reply("/contacts", vector("05-contacts-full-page1").response.response);
  await world.reply("/contacts", vector("06-contacts-full-page2").response.response);
  return world;
}

test("vectors 05 and 06: a full run over two pages", async () => {
  const world = started();
  const first = vector("05-contacts-full-page1");
  assert.deepEqual(world.fresh()[0].body, first.request.body);
  await world.reply("/contacts", first.response.response);
  assert.deepEqual(world.fresh()[0].body, first.expect.nextRequest.body);
  assert.equal(world.phone.contacts.syncing, true);
  const { response, expect } = vector("06-contacts-full-page2");
  await world.reply("/contacts", response.response);
  assert.deepEqual(idsOf(world), expect.contacts);
  assert.equal(world.phone.contacts.syncTimestamp, expect.contactSyncTimestamp, "only the token of page 1 counts");
  assert.equal(world.phone.contacts.syncing, expect.contactSyncing);
});

test("vector 07: an incremental run merges by id and drops tombstones", async () => {
  const world = await synced();
  world.fresh();
  const { request, response, expect } = vector("07-contacts-incremental");
  world.phone.receive({ type: "rc-adapter-sync-third-party-contacts" });
  assert.deepEqual(world.fresh()[0].body, request.body);
  await world.reply("/contacts", response.response);
  assert.deepEqual(idsOf(world), expect.contacts);
  assert.equal(world.phone.contacts.syncTimestamp, expect.contactSyncTimestamp);
  assert.equal(world.phone.contacts.list.at(-1).jobTitle, "Head buyer");
});

test("vector 08: a full answer without a token resets, and the next run is a full one", async () => {
  const world = await synced();
  world.phone.contacts.sync();
  const { response, expect } = vector("08-contacts-reset-expired-token");
  await world.reply("/contacts", response.response);
  assert.deepEqual(idsOf(world), expect.contacts);
  assert.equal(world.phone.contacts.syncTimestamp, expect.contactSyncTimestamp);
  world.fresh();
  world.phone.contacts.sync();
  assert.equal(world.fresh()[0].body.syncTimestamp, expect.nextRequestSyncTimestamp);
});

test("vector 09: what bad responses do", async (t) => {
  const [badFull, badIncrement, noToken, tombstone, nothing, , , noPhones, endless] = vector("09-contacts-bad-responses").cases;
  await t.test(badFull.effect, async () => {
    const world = started();
    await world.reply("/contacts", badFull.response);
    assert.deepEqual([idsOf(world), world.phone.contacts.syncTimestamp], [[], "t"]);
  });
  await t.test(badIncrement.effect, async () => {
    const world = await synced();
    world.phone.contacts.sync();
    await world.reply("/contacts", badIncrement.response);
    assert.deepEqual([idsOf(world).length, world.phone.contacts.syncTimestamp], [3, "t9"]);
  });
  await t.test(noToken.effect, async () => {
    const world = await synced();
    world.phone.contacts.sync();
    await world.reply("/contacts", noToken.response);
    assert.deepEqual([idsOf(world), world.phone.contacts.syncTimestamp], [["ct_1001"], null]);
  });
  await t.test(tombstone.effect, async () => {
    const world = started();
    await world.reply("/contacts", tombstone.response);
    assert.deepEqual(world.phone.contacts.shown.map((contact) => contact.name), ["Gone"]);
  });
  for (const response of [nothing.response, undefined]) {
    await t.test(`response ${response}: ${nothing.effect}`, async () => {
      const world = await synced();
      world.phone.contacts.sync();
      await world.reply("/contacts", response);
      assert.deepEqual([idsOf(world).length, world.phone.contacts.syncTimestamp], [3, "tok_41"]);
      assert.equal(world.warnings.length, 1);
    });
  }
  await t.test("timeout: nothing changes, no retry; on page 2 page 1 is thrown away too", async () => {
    const world = started();
    await world.reply("/contacts", vector("05-contacts-full-page1").response.response);
    await world.time.advance(60_000);
    assert.deepEqual([idsOf(world), world.phone.contacts.syncTimestamp, world.phone.contacts.syncing], [[], null, false]);
    assert.equal(world.asked("/contacts").length, 2);
  });
  await t.test("page 2 is not a list: page 1 is stored as complete", async () => {
    const world = started();
    await world.reply("/contacts", vector("05-contacts-full-page1").response.response);
    await world.reply("/contacts", { data: "error" });
    assert.deepEqual([idsOf(world), world.phone.contacts.syncTimestamp], [["ct_1001", "ct_1002"], "tok_41"]);
  });
  await t.test(noPhones.effect, async () => {
    const world = started();
    await world.reply("/contacts", noPhones.response);
    assert.equal(world.phone.contacts.list[0].phoneNumbers, undefined);
  });
  await t.test(endless.effect, async () => {
    const world = started();
    for (let page = 0; page < 50; page++) await world.reply("/contacts", endless.response);
    assert.equal(world.asked("/contacts").length, 51);
    assert.equal(world.phone.contacts.syncing, true);
  });
});

test("a trigger during a run is dropped", async () => {
  const world = started();
  world.phone.contacts.sync("manual");
  world.phone.contacts.sync();
  await world.reply("/contacts", { data: [], syncTimestamp: "t" });
  assert.deepEqual(world.requests.map(short), ["/contacts"]);
  world.phone.contacts.sync("manual");
  assert.deepEqual(world.asked("/contacts").at(-1).body, { page: 1, syncTimestamp: "t", type: "manual" });
});

test("a run of type api is followed by a match of the stale numbers", async () => {
  const world = new World();
  world.routes.set("/contacts", { data: [], syncTimestamp: "t" });
  world.routes.set("/contacts/match", { data: {} });
  world.register({ ...SERVICE, contactMatchPath: "/contacts/match" });
  await settle();
  world.phone.line.ring({ from: "+16505550123" });
  await settle();
  world.fresh();
  world.phone.receive({ type: "rc-adapter-sync-third-party-contacts" });
  await settle();
  assert.deepEqual(world.fresh().map(short), ["/contacts"], "the number is fresh");
  await world.time.advance(300_001);
  world.phone.receive({ type: "rc-adapter-sync-third-party-contacts" });
  await settle();
  assert.deepEqual(world.fresh().map(short), ["/contacts", "/contacts/match:1"]);
});

test("phone types are normalised", () => {
  const pairs = [[undefined, "unknown"], ["mobilePhone", "mobile"], ["Mobile", "other"], ["fax", "fax"]];
  for (const [given, kept] of pairs) assert.equal(phoneTypeOf(given), kept);
});
