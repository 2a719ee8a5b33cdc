import assert from "node:assert/strict";
import test from "node:test";
import { connected } from "./support/connected.js";
import { problem } from "./support/daemon.js";
import { settle } from "./support/page.js";

const alerts = (frame) => frame.of("rc-adapter-message-request").filter(({ path }) => path === "/custom-alert-message");
const dismissals = (frame) => frame.of("rc-adapter-message-request").filter(({ path }) => path === "/dismiss-alert-message");
const refuse = () => problem(507, "database_full", "The disk is full.", "Free some space on the daemon's disk.");

/** A logger that fails at once. */
async function failing(reply = () => problem(422, "invalid_body", "The call has no id.", "Update the daemon.")) {
  const all = await connected();
  all.daemon.on("/settings", reply);
  all.log = async () => {
    all.page.ask(all.frame, "/settings", { settings: [] });
    await settle();
  };
  all.shown = (id) =>
    all.page.say(all.frame, { type: "rc-adapter-message-response", responseId: alerts(all.frame).at(-1).requestId, response: id });
  return all;
}

test("a setting that was not saved: an answer all the same, and words for the operator", async () => {
  const { frame, log, errors } = await failing();
  await log();
  assert.deepEqual(frame.responses.map(({ response }) => response), [{ data: "error" }]);
  assert.deepEqual(alerts(frame).map(({ body }) => body), [
    { level: "danger", ttl: 0, message: "The setting was not saved. The call has no id. Update the daemon. (reference req-1)" },
  ]);
  assert.deepEqual(errors, [
    { code: "invalid_body", message: "The call has no id.", fix: "Update the daemon.", path: "/settings", requestId: "req-1" },
  ]);
});

test("a hundred failures in half a minute are one alert; the next comes after", async () => {
  const { frame, log, time, errors } = await failing();
  for (let n = 0; n < 100; n++) {
    await log();
    await time.advance(250);
  }
  assert.equal(alerts(frame).length, 1);
  assert.equal(errors.length, 100);
  await time.advance(6_000);
  await log();
  assert.equal(alerts(frame).length, 2);
});

test("a later alert takes the earlier one's place, and success takes it away", async () => {
  const { frame, log, shown, time, daemon } = await failing();
  await log();
  shown("alert-1");
  await time.advance(31_000);
  await log();
  assert.deepEqual(dismissals(frame).map(({ body }) => body), [{ id: "alert-1" }]);
  shown("alert-2");
  daemon.on("/settings", () => ({ response: { data: "ok" }, commands: [] }));
  await log();
  await log();
  assert.deepEqual(dismissals(frame).map(({ body }) => body), [{ id: "alert-1" }, { id: "alert-2" }]);
});

test("never dismisses without an id, which would take all alerts away", async () => {
  const { page, frame, log, daemon } = await failing();
  await log();
  const { requestId } = alerts(frame)[0];
  daemon.on("/settings", () => ({ response: { data: "ok" }, commands: [] }));
  await log();
  assert.deepEqual(dismissals(frame), []);
  page.say(frame, { type: "rc-adapter-message-response", responseId: "another", response: "other" });
  page.say(frame, { type: "rc-adapter-message-response", responseId: requestId, response: "alert-1" });
  assert.deepEqual(dismissals(frame).map(({ body }) => body), [{ id: "alert-1" }]);
});

test("trouble that comes back within half a minute is shown at its end, unless it went again", async () => {
  const { frame, log, time, daemon } = await failing();
  const bad = daemon.routes.get("/settings");
  const good = () => ({ response: { data: "ok" }, commands: [] });
  for (const route of [bad, good, bad]) {
    daemon.on("/settings", route);
    await log();
  }
  assert.equal(alerts(frame).length, 1);
  await time.advance(30_000);
  assert.equal(alerts(frame).length, 2);
  for (const route of [good, bad, good]) {
    daemon.on("/settings", route);
    await log();
  }
  await time.advance(60_000);
  assert.equal(alerts(frame).length, 2);
});

test("a full disk is asked again inside the deadline before the operator is told", async () => {
  const { frame, log, time, daemon } = await failing(refuse);
  await log();
  assert.equal(alerts(frame).length, 0);
  await time.advance(5_500);
  assert.ok(daemon.posted("/settings").length > 1);
  assert.match(alerts(frame)[0].body.message, /The disk is full\. Free some space/);
});

test("daemon away: the alert says so; saved late: it is taken back", async () => {
  const { page, frame, time, daemon, shown } = await failing();
  let answer = () => {};
  daemon.on("/settings", () => new Promise((resolve) => (answer = resolve)));
  page.ask(frame, "/settings", { settings: [] });
  await time.advance(5_500);
  assert.match(alerts(frame)[0].body.message, /^The setting was not saved\. Trunkline cannot be reached: it did not answer in time/);
  shown("alert-1");
  answer({ response: { data: "ok" }, commands: [] });
  await settle();
  assert.deepEqual(dismissals(frame).map(({ body }) => body), [{ id: "alert-1" }]);
  assert.equal(frame.responses.length, 1);
});

test("a body too large is told for any path, and never cut", async () => {
  const { page, frame, daemon } = await connected();
  daemon.on("/activities", () => problem(413, "body_too_large", "The request is larger than 1 MiB."));
  const body = { text: "x".repeat(1_200_000) };
  page.ask(frame, "/activities", body);
  await settle();
  assert.equal(daemon.posted("/activities")[0].body, JSON.stringify(body));
  assert.match(alerts(frame)[0].body.message, /too large to be saved\. The request is larger than 1 MiB/);
});

test("a lost token is told once, however long it lasts", async () => {
  const { frame, daemon, time } = await connected();
  daemon.token = "gone";
  daemon.streams[0].end();
  await time.advance(30 * 60_000);
  assert.equal(alerts(frame).length, 1);
});

test("failures without an alert in the table stay quiet in the widget", async () => {
  const { page, frame, daemon, errors } = await connected();
  daemon.down = true;
  page.ask(frame, "/activities", {});
  page.ask(frame, "/contacts", {});
  await settle();
  assert.deepEqual(alerts(frame), []);
  assert.deepEqual(errors.map(({ path, code }) => [path, code]), [["/activities", "unreachable"], ["/contacts", "unreachable"]]);
});

test("an alert outlives a reload of the widget", async () => {
  const { page, frame, log } = await failing();
  await log();
  await page.start(frame);
  assert.equal(alerts(frame).length, 2);
  await page.start(frame);
  assert.equal(alerts(frame).length, 3);
});
