import assert from "node:assert/strict";
import test from "node:test";
import { heads, makeRoom } from "../src/queue-rules.js";
import { fieldOf, isKept, slipOf, wordsOf } from "../src/slip.js";
import { PATHS } from "./support/daemon.js";

const LIVE = 1;
const RECORD = 2;
const PERSON = 0;

let ids = 0;
const slip = (mark, machine, more = {}) => ({ id: ++ids, path: "/callLogger", slots: [`/callLogger\n${mark}`], mark, machine, size: 10, ...more });
const room = (slips, incoming, posts) => {
  const { superseded, lost, fits } = makeRoom(slips, incoming, { posts, characters: 1_000 });
  const at = (list) => list.map((one) => slips.indexOf(one));
  return { superseded: at(superseded), lost: at(lost), fits };
};

test("of what belongs together only the oldest may go", () => {
  const slips = [slip("a", 1), slip("b", 1), slip("a", 0), slip("c", 1, { slots: ["x", "y"] }), slip("d", 1, { slots: ["y", "z"] }), slip("e", 1, { slots: ["z"] })];
  assert.deepEqual(heads(slips).map((one) => slips.indexOf(one)), [0, 1, 3], "d waits for c, and e for d");
  assert.equal(heads([slip("a", 0, { slots: [] }), slip("b", 0, { slots: [] })]).length, 2, "without a name there is nothing to wait for");
});

test("as long as there is room nothing goes", () => {
  assert.deepEqual(room([slip("a", LIVE), slip("a", LIVE)], slip("a", LIVE), 3), { superseded: [], lost: [], fits: true });
});

test("full: a machine's post that a later one of the same call repeats goes, the oldest of them, but the first of a call last", () => {
  const slips = [slip("a", LIVE), slip("a", LIVE), slip("a", LIVE), slip("b", LIVE), slip("b", LIVE), slip("c", PERSON)];
  assert.deepEqual(room(slips, slip("d", PERSON), 6), { superseded: [1], lost: [], fits: true });
  assert.deepEqual(room(slips, slip("b", LIVE), 5), { superseded: [1, 4], lost: [], fits: true });
  assert.deepEqual(room(slips, slip("d", LIVE), 4), { superseded: [1, 0, 3], lost: [], fits: true });
});

test("a live post does not stand in for the call's record, nor one day of a conversation for another", () => {
  assert.equal(room([slip("a", RECORD)], slip("a", LIVE), 1).fits, false);
  assert.deepEqual(room([slip("a", LIVE)], slip("a", RECORD), 1).superseded, [0]);
  assert.deepEqual(room([slip("a", LIVE)], slip("a", PERSON), 1).superseded, [0]);
  const day = (date) => slip("x", 1, { path: "/messageLogger", mark: `73/${date}`, slots: ["73"] });
  assert.equal(room([day("1/1")], day("1/2"), 1).fits, false);
});

test("a person's post never goes, and comes before what a machine observed, which is then told as lost", () => {
  const people = [slip("a", PERSON), slip("b", PERSON)];
  assert.deepEqual(room(people, slip("c", PERSON), 2), { superseded: [], lost: [], fits: false });
  assert.deepEqual(room([...people, slip("c", LIVE), slip("d", RECORD)], slip("e", PERSON), 4), { superseded: [], lost: [2], fits: true });
  assert.deepEqual(room([...people, slip("c", LIVE)], slip("e", LIVE), 3), { superseded: [], lost: [], fits: false });
  assert.deepEqual(room([slip("c", LIVE, { size: 10 })], slip("e", PERSON, { size: 2_000 }), 9), { superseded: [], lost: [], fits: false }, "nobody goes for one that does not fit even then");
});

test("by characters as by number", () => {
  const slips = [slip("a", LIVE), slip("a", LIVE, { size: 900 }), slip("a", LIVE)];
  assert.deepEqual(room(slips, slip("b", PERSON, { size: 100 }), 99).superseded, [1]);
});

test("a slip has what the daemon's table names, and no more", () => {
  const keep = PATHS["/callLogger"].fallback;
  const body = {
    triggerType: "callLogSync",
    note: "secret",
    call: { sessionId: "1", telephonySessionId: "s-1", fromName: "", from: { phoneNumber: "+1" }, toName: "Dana", to: {} },
  };
  const made = slipOf({ ref: "r", owner: "o", path: "/callLogger", keep, body, size: 9, at: 5 });
  assert.deepEqual(made, {
    ref: "r",
    owner: "o",
    path: "/callLogger",
    slots: ["/callLogger\n1", "/callLogger\ns-1"],
    mark: "1",
    about: "+1 · Dana",
    machine: 2,
    at: 5,
    size: 9,
    heldUntil: 0,
    claimedUntil: 0,
  });
  assert.deepEqual(wordsOf(keep, body), ["secret"]);
  assert.equal(isKept(keep, body), true);
  assert.equal(isKept(keep, { triggerType: "viewLog" }), false);
});

test("bodies of any shape are no harm", () => {
  const keep = PATHS["/messageLogger"].fallback;
  for (const body of [null, undefined, 1, "x", [], {}, { conversation: null }, { conversation: { correspondents: [null] } }, { conversation: { conversationId: {} } }]) {
    const made = slipOf({ ref: "r", owner: "o", path: "/p", keep, body, size: 0, at: 0 });
    assert.deepEqual([made.slots, made.mark, made.machine], [[], null, 0]);
    assert.equal(isKept(keep, body), true);
  }
  assert.equal(fieldOf({ a: 1 }, "constructor.name"), undefined);
  assert.equal(fieldOf({ a: [{ b: 7 }] }, "a.0.b"), 7);
});
