import assert from "node:assert/strict";
import test from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { createDiskStore } from "../src/disk-store.js";
import { createMemoryStore } from "../src/memory-store.js";

const clock = { now: () => 0, after: () => () => {}, stop() {} };
const stores = {
  disk: () => createDiskStore({ factory: new IDBFactory(), clock }),
  memory: () => createMemoryStore(),
};
const slip = (owner, more = {}) => ({ owner, path: "/p", slots: [], mark: null, about: "", machine: 0, at: 1, size: 2, heldUntil: 0, claimedUntil: 0, ...more });

for (const [kind, make] of Object.entries(stores)) {
  test(`${kind}: an operator's posts in their order, with their bodies`, async () => {
    const store = make();
    const ids = [];
    for (const [owner, body] of [["a", "1"], ["b", "2"], ["a", "3"]]) ids.push(await store.add(slip(owner), body));
    assert.ok(ids[0] < ids[1] && ids[1] < ids[2]);
    assert.deepEqual((await store.slips("a")).map(({ id }) => id), [ids[0], ids[2]]);
    assert.deepEqual(await store.slips("nobody"), []);
    assert.equal(await store.body(ids[1]), "2");
    assert.equal(await store.body(99), null);
    await store.remove([ids[0], 99]);
    assert.deepEqual((await store.slips("a")).map(({ id }) => id), [ids[2]]);
    assert.equal(await store.body(ids[0]), null);
    const next = await store.add(slip("a"), "4");
    assert.ok(next > ids[2], "an id is not given twice");
  });

  test(`${kind}: a claim is one tab's until it lapses; a hold is changed`, async () => {
    const store = make();
    const id = await store.add(slip("a", { heldUntil: 9 }), "1");
    assert.deepEqual(await Promise.all([store.claim(id, 0, 100), store.claim(id, 0, 100)]), [true, false]);
    assert.equal(await store.claim(id, 99, 200), false);
    assert.equal(await store.claim(id, 100, 200), true);
    assert.equal(await store.claim(99, 0, 100), false, "one that is gone");
    await store.hold(id, 0);
    await store.hold(99, 0);
    const [found] = await store.slips("a");
    assert.deepEqual([found.heldUntil, found.claimedUntil], [0, 200]);
  });
}

test("the disk is shared by the tabs, and outlives them", async () => {
  const factory = new IDBFactory();
  const one = createDiskStore({ factory, clock });
  const two = createDiskStore({ factory, clock });
  const id = await one.add(slip("a"), "1");
  assert.equal(await two.body(id), "1");
  one.close();
  assert.equal((await createDiskStore({ factory, clock }).slips("a")).length, 1);
});

test("a disk that does not open rejects what is to be kept, and has nothing in it", async () => {
  const none = createDiskStore({ factory: null, clock });
  assert.deepEqual(await none.slips("a"), []);
  await assert.rejects(none.add(slip("a"), "1"), /no IndexedDB/);
  const hanging = createDiskStore({ factory: /** @type {any} */ ({ open: () => ({}) }), clock: { ...clock, after: (_, run) => (setImmediate(run), () => {}) } });
  await assert.rejects(hanging.add(slip("a"), "1"), /does not open/);
});

test("a full disk rejects, and what was there stays", async () => {
  const factory = new IDBFactory();
  const store = createDiskStore({ factory, clock });
  const id = await store.add(slip("a"), "1");
  await assert.rejects(store.add(slip("a", { id }), "2"), "a constraint stands in for the quota: the transaction is given up");
  assert.deepEqual((await store.slips("a")).map(({ id }) => id), [id]);
  assert.equal(await store.body(id), "1");
});
