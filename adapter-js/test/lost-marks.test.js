import assert from "node:assert/strict";
import test from "node:test";
import { createLostMarks } from "../src/lost-marks.js";
import { withStatus } from "../src/status-entities.js";

const one = (mark, machine = 0) => ({ path: "/p", mark, machine, words: `why ${mark}` });

test("the oldest go first, and what is lost again counts as new", () => {
  const lost = createLostMarks(2);
  for (const mark of ["a", "b", "a", "c"]) lost.add(one(mark));
  assert.deepEqual([...lost.of("/p")], [["a", "why a"], ["c", "why c"]]);
  assert.equal(lost.of("/other").size, 0);
  lost.clear();
  assert.equal(lost.of("/p").size, 0);
});

test("a machine's post heals a machine's loss only", () => {
  const lost = createLostMarks();
  lost.add(one("written"));
  lost.add(one("observed", 2));
  for (const mark of ["written", "observed", "unknown"]) lost.saved({ path: "/p", mark, machine: 1 });
  assert.deepEqual([...lost.of("/p").keys()], ["written"]);
  lost.saved({ path: "/p", mark: "written", machine: 0 });
  assert.equal(lost.of("/p").size, 0);
});

test("an answer has the failed one first, beside what the daemon knows; a daemon that names no such entity gets none", () => {
  const [entity, template] = [{ id: "waiting" }, { id: "lost", status: "failed", message: "Not saved" }];
  const entry = (more) => ({ fallback: { kind: "last-known", keys: ["ids"], waiting: { path: "/p", keys: "ids", entity, ...more } } });
  const marks = () => ({ waits: new Set(["1", "2"]), lost: new Map([["1", "why"], ["3", "no room"]]) });
  const response = { data: { 1: [{ id: "cl_1" }] }, more: true };
  assert.deepEqual(withStatus(entry({ lost: template }), { ids: ["1", 2, "3", "4"] }, response, marks), {
    data: {
      1: [{ id: "cl_1" }, { ...template, message: "Not saved: why" }, entity],
      2: [entity],
      3: [{ ...template, message: "Not saved: no room" }],
    },
    more: true,
  });
  assert.deepEqual(withStatus(entry({}), { ids: ["3"] }, response, marks), response);
});
