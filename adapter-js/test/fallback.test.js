import assert from "node:assert/strict";
import test from "node:test";
import { createLastKnown } from "../src/fallback.js";

const entry = { fallback: { kind: "last-known", keys: ["ids"] } };

test("keeps a bounded number of keys, the ones used last", () => {
  const known = createLastKnown(3);
  const remember = (id) => known.remember("/m", entry, { ids: [id] }, { data: { [id]: [id] } });
  for (const id of ["a", "b", "c"]) remember(id);
  known.answer("/m", entry, { ids: ["a"] });
  remember("d");
  assert.equal(known.size, 3);
  assert.deepEqual(known.answer("/m", entry, { ids: ["a", "b", "c", "d"] }), { data: { a: ["a"], c: ["c"], d: ["d"] } });
});

test("bounded by default as well, also by one huge answer", () => {
  const known = createLastKnown();
  const ids = Array.from({ length: 12_000 }, (_, index) => String(index));
  known.remember("/m", entry, { ids }, { data: {} });
  assert.equal(known.size, 5_000);
});

test("paths do not answer for each other", () => {
  const known = createLastKnown();
  known.remember("/a", entry, { ids: ["1"] }, { data: { 1: ["x"] } });
  assert.deepEqual(known.answer("/b", entry, { ids: ["1"] }), { data: {} });
  assert.equal(known.complete("/b", entry, { ids: ["1"] }), false);
});

test("a key the daemon left out is known to have no match; a bad answer teaches nothing", () => {
  const known = createLastKnown();
  known.remember("/m", entry, { ids: ["1", "2"] }, { data: { 1: ["x"] } });
  for (const bad of [null, undefined, 7, {}, { data: null }, { data: "x" }]) known.remember("/m", entry, { ids: ["1"] }, bad);
  assert.equal(known.complete("/m", entry, { ids: ["1", "2"] }), true);
  assert.deepEqual(known.answer("/m", entry, { ids: ["1", "2"] }), { data: { 1: ["x"] } });
  known.remember("/m", entry, { ids: ["1"] }, { data: {} });
  assert.deepEqual(known.answer("/m", entry, { ids: ["1"] }), { data: {} });
});

test("bodies of any shape are no harm", () => {
  const known = createLastKnown();
  for (const body of [null, undefined, 1, "x", [], {}, { ids: null }, { ids: [1, null, {}] }]) {
    known.remember("/m", entry, body, { data: {} });
    assert.deepEqual(known.answer("/m", entry, body), { data: {} });
  }
  assert.equal(known.answer("/m", {}, {}), null);
});
