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
let refs = 0;
const slip = (owner, more = {}) => ({ ref: `ref ${++refs}`, owner, path: "/p", slots: [], mark: null, about: "", machine: 0, at: 1, size: 2, heldUntil: 0, claimedUntil: 0, ...more });

for (const [kind, make] of Object.entries(stores)) {
  test(`${kind}: an operator's posts in their order, with their bodies`, async () => {
    const store = make();
    const slips = [];
    for (const [owner, body] of [["a", "1"], ["b", "2"], ["a", "3"]]) {
      const made = slip(owner);
      slips.push({ ...made, id: await store.add(made, body) });
    }
    const [one, two, three] = slips;
    assert.ok(one.id < two.id && two.id < three.id);
    assert.deepEqual(await store.slips("a"), [one, three]);
    assert.deepEqual(await store.slips("nobody"), []);
    assert.equal(await store.body(two), "2");
    assert.equal(await store.body({ ...two, id: 99, ref: "none" }), null);
    await store.remove([one, { ...one, id: 99, ref: "none" }]);
    assert.deepEqual(await store.slips("a"), [three]);
    assert.equal(await store.body(one), null);
    assert.ok((await store.add(slip("a"), "4")) > three.id, "an id is not given twice");
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
  const made = slip("a");
  await one.add(made, "1");
  assert.equal(await two.body(made), "1");
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
  const made = slip("a");
  await store.add(made, "1");
  await assert.rejects(store.add(slip("a", { ref: made.ref }), "2"), "a constraint stands in for the quota: the transaction is given up");
  assert.equal((await store.slips("a")).length, 1);
  assert.equal(await store.body(made), "1");
});
