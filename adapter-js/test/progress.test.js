import assert from "node:assert/strict";
import test from "node:test";
import { connected } from "./support/connected.js";
import { settle } from "./support/page.js";

const alerts = (frame) => frame.of("rc-adapter-message-request").filter(({ path }) => path === "/custom-alert-message");
const dismissed = (frame) => frame.of("rc-adapter-message-request").filter(({ path }) => path === "/dismiss-alert-message").map(({ body }) => body.id);
const step = (message, more) => ({ type: "trunkline-progress", id: "sync:hubspot", message, done: false, ...more });

/** Says commands on the stream; the widget answers each alert with an id of its number. */
async function telling(options) {
  const all = await connected();
  let answered = 0;
  all.ids = options?.silent !== true;
  all.tell = async (...commands) => {
    all.daemon.streams[0].commands(...commands);
    await settle();
    if (!all.ids) return;
    for (const { requestId } of alerts(all.frame).slice(answered)) {
      all.page.say(all.frame, { type: "rc-adapter-message-response", responseId: requestId, response: `alert-${++answered}` });
    }
  };
  all.news = [];
  all.handle.addEventListener("progress", (event) => all.news.push(event.detail));
  return all;
}

test("one alert that is replaced as it goes, and one word at its end", async () => {
  const { frame, tell, time, news } = await telling();
  await tell(step("500 so far"));
  await time.advance(1_000);
  await tell(step("1,000 so far"));
  await time.advance(1_000);
  await tell(step("HubSpot: 1,200 contacts", { done: true }));
  assert.deepEqual(alerts(frame).map(({ body }) => body), [
    { level: "info", message: "500 so far", ttl: 60_000 },
    { level: "info", message: "1,000 so far", ttl: 60_000 },
    { level: "success", message: "HubSpot: 1,200 contacts", ttl: 8_000 },
  ]);
  assert.deepEqual(dismissed(frame), ["alert-1", "alert-2"], "the last one goes by itself");
  assert.deepEqual(news.map(({ message, done }) => [message, done]), [["500 so far", false], ["1,000 so far", false], ["HubSpot: 1,200 contacts", true]]);
  assert.deepEqual(news[0], { id: "sync:hubspot", message: "500 so far", done: false, level: "info", detail: {} });
  assert.deepEqual(frame.of("trunkline-progress"), [], "not for the widget");
});

test("a hundred steps within a second: the first, then the newest; the end is not held back", async () => {
  const { frame, tell, time, news } = await telling();
  for (let n = 1; n <= 100; n++) await tell(step(`${n}`));
  assert.deepEqual(alerts(frame).map(({ body }) => body.message), ["1"]);
  await time.advance(1_000);
  assert.deepEqual(alerts(frame).map(({ body }) => body.message), ["1", "100"]);
  await tell(step("101"));
  await tell(step("done", { done: true }));
  await time.advance(60_000);
  assert.deepEqual(alerts(frame).map(({ body }) => body.message), ["1", "100", "done"]);
  assert.equal(news.length, 102);
});

test("an alert whose id comes late is taken away then", async () => {
  const { frame, page, tell, time } = await telling({ silent: true });
  await tell(step("1"));
  await time.advance(1_000);
  await tell(step("2"));
  assert.deepEqual(dismissed(frame), []);
  const [one] = alerts(frame);
  page.say(frame, { type: "rc-adapter-message-response", responseId: one.requestId, response: "alert-1" });
  assert.deepEqual(dismissed(frame), ["alert-1"]);
});

test("two tasks have an alert each; failure stays, no words end it quietly", async () => {
  const { frame, tell } = await telling();
  await tell(step("a"), step("b", { id: "sync:zoho" }));
  await tell(step("HubSpot does not answer", { done: true, level: "danger" }), step("", { id: "sync:zoho", done: true }));
  assert.deepEqual(alerts(frame).map(({ body }) => [body.message, body.level, body.ttl]), [
    ["a", "info", 60_000], ["b", "info", 60_000], ["HubSpot does not answer", "danger", 0],
  ]);
  assert.deepEqual(dismissed(frame), ["alert-1", "alert-2"]);
});

test("a page that shows it itself prevents the alert", async () => {
  const { frame, tell, handle, news } = await telling();
  handle.addEventListener("progress", (event) => event.preventDefault());
  await tell(step("1"));
  await tell(step("2", { done: true }));
  assert.deepEqual([alerts(frame), news.length], [[], 2]);
});

test("after a reload of the widget a task goes on, one that ended is not told again", async () => {
  const { frame, page, tell } = await telling();
  await tell(step("running"), step("x", { id: "other" }), step("over", { id: "other", done: true }));
  const before = alerts(frame).length;
  await page.start(frame);
  assert.deepEqual(alerts(frame).slice(before).map(({ body }) => body.message), ["running"]);
});

test("what is no progress is dropped", async () => {
  const { frame, page, tell, news } = await telling();
  await tell({ type: "trunkline-progress" }, step("x", { id: "" }), step("x", { id: 7 }), step(7), step("y".repeat(1_000), { id: "long", level: "loud" }));
  assert.deepEqual(alerts(frame).map(({ body }) => [body.message.length, body.level]), [[400, "info"]]);
  assert.equal(page.warnings.length, 3);
  assert.equal(news.length, 2);
});
