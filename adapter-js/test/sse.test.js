import assert from "node:assert/strict";
import test from "node:test";
import { createEventParser } from "../src/sse.js";

/** Feeds a text in pieces of one length. */
function parse(text, size = text.length || 1) {
  const events = [];
  const take = createEventParser((event) => events.push(event));
  for (let at = 0; at < text.length; at += size) take(text.slice(at, at + size));
  return events;
}

const text =
  ': comment\n\nevent: hello\r\ndata: {"version":"0.1.0"}\r\n\r\nid: 7\nevent:commands\ndata: {"a":\ndata: 1}\nretry: 5\n\ndata\n\nevent: lost\ndata: unfinished';

test("events come out the same wherever the stream is cut", () => {
  const expected = [
    { type: "hello", data: '{"version":"0.1.0"}' },
    { type: "commands", data: '{"a":\n1}' },
    { type: "message", data: "" },
  ];
  for (let size = 1; size <= text.length; size++) assert.deepEqual(parse(text, size), expected, `pieces of ${size}`);
});

test("a lone CR ends a line; an event without data is none", () => {
  assert.deepEqual(parse("event: a\rdata: 1\r\revent: b\n\ndata: 2\n\n"), [
    { type: "a", data: "1" },
    { type: "message", data: "2" },
  ]);
});

test("an endless line or event is given up", () => {
  const take = createEventParser(() => {});
  assert.throws(() => {
    for (let n = 0; n < 6; n++) take("x".repeat(1024 * 1024));
  }, RangeError);
  const lines = createEventParser(() => {});
  assert.throws(() => {
    for (let n = 0; n < 6; n++) lines(`data: ${"x".repeat(1024 * 1024)}\n`);
  }, RangeError);
});
