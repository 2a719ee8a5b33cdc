import assert from "node:assert/strict";
import test from "node:test";
import { backoff } from "../src/backoff.js";
import { connected } from "./support/connected.js";
import { settle } from "./support/page.js";

const services = (daemon) => daemon.requests.filter(({ path }) => path === "/embeddable/service").length;
const syncs = (frame) => frame.of("rc-adapter-sync-third-party-contacts").length;

test("commands of the stream reach the widget", async () => {
  const { frame, daemon } = await connected();
  daemon.streams[0].hello();
  daemon.streams[0].text(": keep-alive\n\n");
  daemon.streams[0].commands({ type: "rc-adapter-trigger-contact-match", phoneNumbers: ["+1"] }, { type: "rc-adapter-new-call", phoneNumber: "+1" });
  await settle();
  assert.deepEqual(frame.of("rc-adapter-trigger-contact-match"), [{ type: "rc-adapter-trigger-contact-match", phoneNumbers: ["+1"] }]);
  assert.equal(frame.of("rc-adapter-new-call").length, 0);
  assert.equal(services(daemon), 1, "the first connection follows the description at once");
  assert.equal(syncs(frame), 0);
});

test("a broken event does not end the stream", async () => {
  const { page, frame, daemon } = await connected();
  daemon.streams[0].text("event: commands\ndata: {nonsense\n\nevent: commands\ndata: null\n\nevent: novelty\ndata: 1\n\n");
  daemon.streams[0].commands({ type: "rc-adapter-navigate-to", path: "/x" });
  await settle();
  assert.equal(frame.of("rc-adapter-navigate-to").length, 1);
  assert.equal(daemon.streams.length, 1);
  assert.ok(page.warnings.length > 0);
});

test("after a reconnection the widget is brought up to date", async () => {
  const { frame, daemon, time } = await connected();
  daemon.streams[0].hello();
  await settle();
  daemon.streams[0].end();
  daemon.manifest = structuredClone(daemon.manifest);
  daemon.manifest.service.authorized = false;
  daemon.manifest.service.authorizedAccount = "";
  await time.advance(3_000);
  assert.equal(daemon.streams.length, 2);
  daemon.streams[1].hello();
  await settle();
  assert.equal(services(daemon), 2);
  assert.deepEqual(frame.received.slice(1).map(({ message }) => message), [
    { type: "rc-adapter-update-authorization-status", authorized: false, authorizedAccount: "" },
    { type: "rc-adapter-sync-third-party-contacts" },
  ]);
  daemon.streams[1].end();
  await time.advance(3_000);
  daemon.streams[2].hello();
  await settle();
  assert.equal(frame.of("rc-adapter-update-authorization-status").length, 1, "told once");
  assert.equal(syncs(frame), 2);
});

test("a service that changed meanwhile is repeated without contactsPath", async () => {
  const { frame, daemon, time } = await connected();
  daemon.streams[0].end();
  daemon.manifest = structuredClone(daemon.manifest);
  daemon.manifest.service.callLoggerTitle = "Another title";
  await time.advance(3_000);
  daemon.streams[1].hello();
  await settle();
  assert.deepEqual(frame.registrations.map((service) => "contactsPath" in service), [true, false]);
  assert.equal(frame.registrations[1].callLoggerTitle, "Another title");
  assert.equal(syncs(frame), 1);
});

test("a service with another name waits for a reload", async () => {
  const { page, frame, daemon, time } = await connected();
  daemon.streams[0].end();
  daemon.manifest = structuredClone(daemon.manifest);
  daemon.manifest.service.name = "Another";
  await time.advance(3_000);
  daemon.streams[1].hello();
  await settle();
  assert.equal(frame.registrations.length, 1);
  assert.match(page.warnings.join(), /reload the page/);
});

test("waits double up to half a minute, with jitter, and start over after a hello", () => {
  const most = () => 0.999999;
  assert.deepEqual([0, 1, 2, 5, 6, 7, 500].map((n) => Math.round(backoff(n, most))), [500, 1000, 2000, 16000, 30000, 30000, 30000]);
  assert.equal(backoff(9, () => 0), 100);
});

test("a daemon that stays away is not stormed, and found again", async () => {
  const { daemon, time, handle } = await connected();
  daemon.streams[0].hello();
  await settle();
  const before = daemon.requests.length;
  daemon.down = true;
  daemon.streams[0].end();
  await time.advance(10 * 60_000);
  const tries = daemon.requests.length - before;
  assert.ok(tries > 20 && tries < 60, `${tries} tries in ten minutes`);
  assert.equal(handle.status, "daemon-unreachable");
  daemon.down = false;
  await time.advance(30_000);
  assert.equal(handle.status, "registered");
  assert.equal(daemon.streams.length, 2);
});

test("a stream that fell silent is given up and joined again", async () => {
  const { daemon, time } = await connected();
  daemon.streams[0].hello();
  await time.advance(40_000);
  daemon.streams[0].text(": keep-alive\n\n");
  await time.advance(40_000);
  assert.equal(daemon.streams.length, 1);
  await time.advance(10_000);
  assert.equal(daemon.streams[0].ended, true);
  assert.equal(daemon.streams.length, 2);
});

test("an expired token ends in a new one, not in a lost stream", async () => {
  let n = 0;
  const { daemon, time, handle } = await connected({ options: { getToken: async () => `t${++n}` } });
  daemon.token = "t2";
  daemon.streams[0].end();
  await time.advance(3_000);
  assert.equal(daemon.streams.length, 2);
  assert.equal(n, 2);
  assert.equal(handle.status, "registered");
});
