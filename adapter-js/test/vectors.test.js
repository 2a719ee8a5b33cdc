import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { firstRegistration, repeatRegistration } from "../src/registration.js";
import { connected } from "./support/connected.js";
import { vector } from "./support/daemon.js";
import { FakePage, settle } from "./support/page.js";

const names = readdirSync(new URL("../../tests/fixtures/protocol/", import.meta.url))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -".json".length))
  .sort();

/** The widget's requests in a vector, each with its response where the vector has one. */
function exchanges(content) {
  const found = [...(content.exchanges ?? [])];
  for (const suffix of ["", "2", "3", "4"]) {
    if (content[`request${suffix}`]) {
      found.push({ request: content[`request${suffix}`], response: content[`response${suffix}`] });
    }
  }
  content.requests?.forEach((request, index) => {
    found.push({ request, response: content.responses?.[index] ?? content.response });
  });
  return found.filter(({ request }) => request.type === "rc-post-message-request");
}

/** The inner response: some vectors leave the envelope out. */
const inner = (response) => (response?.type === "rc-post-message-response" ? response.response : (response ?? { data: "ok" }));

test("there are forty vectors", () => assert.equal(names.length, 40));

let replayed = 0;
for (const name of names) {
  const list = exchanges(vector(name));
  if (list.length === 0) continue;
  replayed += list.length;
  test(`vector ${name}: carried verbatim both ways`, async () => {
    const page = new FakePage();
    for (const { request } of list) page.daemon.manifest.paths[request.path] ??= { fallback: { kind: "answer", response: null } };
    const { frame, daemon, handle } = await connected({ page });
    for (const { request, response } of list) {
      const { path, requestId } = request;
      const expected = inner(response);
      daemon.on(path, () => ({ response: expected, commands: [] }));
      const before = daemon.posted(path).length;
      page.say(frame, structuredClone(request));
      await settle();
      const posted = daemon.posted(path).slice(before);
      assert.equal(posted.length, 1);
      assert.equal(posted[0].url, `https://daemon.example/embeddable${path}`);
      assert.equal(posted[0].headers["Content-Type"], "application/json");
      assert.deepEqual(JSON.parse(posted[0].body), "body" in request ? request.body : null);
      assert.deepEqual(
        frame.responses.filter(({ responseId }) => responseId === requestId),
        [{ type: "rc-post-message-response", responseId: requestId, response: expected }],
      );
    }
    handle.destroy();
  });
}

test("the vectors hold at least fifty exchanges", () => assert.ok(replayed >= 50, String(replayed)));

test("vector 01: messages that are not requests are not forwarded", async () => {
  const { page, frame, daemon } = await connected();
  const { ignored } = vector("01-envelope");
  const before = daemon.requests.length;
  for (const message of ignored) page.say(frame, message);
  await settle();
  assert.equal(daemon.requests.length, before);
});

test("vectors 03 and 04: the first registration and its repeat", () => {
  const first = vector("03-register-full").message;
  assert.deepEqual(firstRegistration(first.service), first);
  assert.deepEqual(repeatRegistration(first.service), vector("04-register-repeat").safeRepeat);
});

test("vector 40: the widget's events register once and ask the daemon nothing", async () => {
  const { page, frame, daemon } = await connected();
  const before = daemon.requests.length;
  for (const event of vector("40-events-and-sequence").events.slice(2)) page.say(frame, event);
  await settle();
  assert.equal(frame.registrations.length, 1);
  assert.deepEqual(daemon.requests.slice(before), []);
});
