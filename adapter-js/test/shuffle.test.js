import assert from "node:assert/strict";
import test from "node:test";
import { problem } from "./support/daemon.js";
import { Desk, LogDaemon, settle } from "./support/keeping.js";

/** Seeded, so that a failure can be seen again. */
function chance(seed) {
  let state = seed;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return { random, pick: (list) => list[Math.floor(random() * list.length)] };
}

const TROUBLES = [
  () => problem(503, "shutting_down"),
  () => problem(507, "database_full"),
  () => problem(500, "bug"),
  () => problem(429, "rate_limited"),
  () => new Response("<html>", { status: 502 }),
  () => { throw new TypeError("Failed to fetch"); },
  // It was taken, but the answer got lost.
  (take) => (take(), new Promise(() => {})),
];

for (const seed of [1, 7, 1_234, 99_991]) {
  test(`20 operators, 50 tabs on one computer, a daemon that comes and goes (seed ${seed})`, async () => {
    const { random, pick } = chance(seed);
    const daemon = new LogDaemon();
    const names = Array.from({ length: 20 }, (_, n) => `operator-${n}`);
    daemon.operators = new Map(names.map((name) => [`token-${name}`, name]));
    const take = daemon.routes.get("/callLogger");
    daemon.on("/callLogger", (body, request) => {
      if (daemon.well || random() < 0.3) return take(body, request);
      return pick(TROUBLES)(() => take(body, request));
    });
    const desk = new Desk(daemon);
    const open = async (name) => Object.assign(await desk.tab({ options: { getToken: () => `token-${name}` } }), { name });
    const tabs = [];
    for (let n = 0; n < 50; n++) tabs.push(await open(names[n % 20]));

    /** By operator and call: the notes in the order in which they were written. */
    const written = new Map();
    let notes = 0;
    for (let step = 0; step < 120; step++) {
      daemon.well = random() < 0.4;
      daemon.down = !daemon.well && random() < 0.4;
      const at = Math.floor(random() * tabs.length);
      const tab = tabs[at];
      // A call is one tab's: across tabs nothing says what came first.
      const call = `call-${at}-${Math.floor(random() * 2)}`;
      for (let repeat = 0; repeat < 3; repeat++) {
        const note = `note ${++notes}`;
        const key = `${tab.name} ${call}`;
        written.set(key, [...(written.get(key) ?? []), note]);
        tab.log(call, { note });
      }
      if (random() < 0.3) await desk.time.advance(random() * 8_000);
      if (random() < 0.1) {
        const gone = Math.floor(random() * tabs.length);
        tabs[gone].page.window.dispatchEvent(new Event("pagehide"));
        await settle();
        tabs[gone].kill();
        tabs[gone] = await open(tabs[gone].name);
      }
    }
    daemon.down = false;
    daemon.well = true;
    await desk.time.advance(10 * 60_000);

    assert.equal(await desk.written(), "[]");
    const arrived = new Map();
    for (const [who, call, note] of daemon.taken) {
      const key = `${who} ${call}`;
      const list = arrived.get(key) ?? [];
      // What was sent twice because its answer got lost changes nothing at the daemon.
      if (!list.includes(note)) list.push(note);
      arrived.set(key, list);
    }
    assert.deepEqual(new Map([...arrived].sort()), new Map([...written].sort()), "every note, by its own operator, in its order");
    for (const [key, list] of written) {
      const [who, call] = key.split(" ");
      assert.equal(daemon.taken.findLast(([by, id]) => by === who && id === call)[2], list.at(-1), "the last word is the last");
    }
    assert.ok(tabs.every(({ lost, handle }) => lost.length === 0 && handle.waiting.count === 0));
    for (const { handle } of tabs) handle.destroy();
  });
}
