import assert from "node:assert/strict";
import test from "node:test";
import { createDiskStore } from "../src/disk-store.js";
import { createMemoryStore } from "../src/memory-store.js";
import { createQueue } from "../src/queue.js";
import { MOST_CHARACTERS, MOST_POSTS } from "../src/queue-rules.js";
import { alertsOf, answers, Desk } from "./support/keeping.js";

const OWNER = "https://daemon.example/\ndana";
const post = (mark, machine, more = {}) => ({
  ref: `${mark} ${Math.random()}`, owner: OWNER, path: "/callLogger", slots: [`/callLogger\n${mark}`], mark,
  about: mark, machine, at: 1, size: 10, heldUntil: 0, claimedUntil: 0, ...more,
});

test("bounded: the newest of a call's own observations stays, whatever comes", async () => {
  const store = createMemoryStore();
  const displaced = [];
  const queue = createQueue({ store, onDisplaced: (slip) => displaced.push(slip) });
  for (let n = 0; n < MOST_POSTS + 50; n++) assert.ok(await queue.put(post("one call", 1, { at: n }), String(n)));
  const slips = await store.slips(OWNER);
  assert.equal(slips.length, MOST_POSTS);
  assert.deepEqual([slips[0].at, slips.at(-1).at], [0, MOST_POSTS + 49], "the first has the contact, the last the result");
  assert.deepEqual(displaced, [], "nothing is lost by that");
});

test("another operator's posts take nobody's room", async () => {
  const store = createMemoryStore();
  const queue = createQueue({ store, onDisplaced: assert.fail });
  await queue.put(post("a", 0, { size: MOST_CHARACTERS }), "1");
  assert.ok(await queue.put(post("b", 0, { owner: "another", size: MOST_CHARACTERS }), "2"));
  assert.equal(await queue.put(post("c", 0), "3"), null);
  assert.equal((await store.slips(OWNER)).length, 1, "what does not fit leaves nothing behind");
});

test("full of what people wrote: the new log is not taken, and its writer is told, with the words", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  tab.log("old", { note: "the older one" });
  await desk.time.advance(6_000);
  const clock = { now: () => 0, after: () => () => {}, stop() {} };
  await createDiskStore({ factory: desk.disk, clock }).add(post("big", 0, { size: MOST_CHARACTERS }), "{}");
  tab.log("new", { note: "the new one" });
  await desk.time.advance(6_000);
  assert.deepEqual(answers(tab), ["kept", "error"]);
  assert.deepEqual(tab.lost.map(({ code, body }) => [code, body.note]), [["no_room", "the new one"]]);
  const alert = alertsOf(tab).find(({ level }) => level === "danger");
  assert.match(alert.message, /^The call was not saved\. .*this browser has no room left to keep it\. Write it down elsewhere/);
  assert.equal(alert.details[0].items[1].text, "the new one");
  assert.match(await desk.written(), /the older one/);
});

test("full of what machines saw: a person's log goes first, and what went for it is told", async () => {
  const desk = new Desk();
  const tab = await desk.tab();
  desk.daemon.down = true;
  const clock = { now: () => 0, after: () => () => {}, stop() {} };
  const body = JSON.stringify({ triggerType: "presenceUpdate", call: { sessionId: "seen" } });
  await createDiskStore({ factory: desk.disk, clock }).add(post("seen", 1, { size: MOST_CHARACTERS }), body);
  tab.log("new", { note: "the new one" });
  await desk.time.advance(6_000);
  assert.deepEqual(answers(tab), ["kept"]);
  assert.deepEqual(tab.lost.map(({ code, body }) => [code, body.call.sessionId]), [["no_room", "seen"]]);
  assert.match(await desk.written(), /the new one/);
});
