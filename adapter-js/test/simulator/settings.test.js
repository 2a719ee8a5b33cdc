import assert from "node:assert/strict";
import test from "node:test";

import { inOrder, readSettings } from "../../simulator/core/settings.js";
import { vector } from "../support/daemon.js";
import { World } from "./world.js";

const quiet = () => {};

test("vector 33: the value changes first, the whole list and the item are sent", () => {
  const world = new World();
  world.register(vector("03-register-full").message.service);
  world.fresh();
  world.phone.actions.changeSetting(["popOnRing"], false);
  const [request] = world.fresh();
  assert.deepEqual(request.body, vector("33-settings-changed").request.body);
  assert.equal(world.phone.service.state.settings[0].value, false, "shown before any answer");
});

test("vector 33: the service refuses by sending the old settings back", async () => {
  const world = new World();
  world.register(vector("03-register-full").message.service);
  world.phone.actions.changeSetting(["popOnRing"], false);
  await world.time.advance(3_000);
  assert.equal(world.phone.service.state.settings[0].value, false, "a failure does not roll back");
  const { rollback } = vector("33-settings-changed");
  world.phone.receive(rollback);
  assert.deepEqual(world.phone.service.state.settings, rollback.settings);
});

test("inside a section the whole section is reported", () => {
  const world = new World();
  world.register(vector("03-register-full").message.service);
  world.fresh();
  world.phone.actions.changeSetting(["crm", "recType"], "Contact");
  const [{ body }] = world.fresh();
  assert.equal(body.setting.id, "crm");
  assert.deepEqual(body.setting.items.map((item) => item.value), ["Contact", ["phone"]]);
});

test("inside a group the item itself is reported", () => {
  const world = new World();
  const item = { id: "in", type: "boolean", name: "In", value: false };
  world.register({ name: "A", settingsPath: "/s", settings: [{ id: "g", type: "group", name: "G", items: [item] }] });
  world.phone.actions.changeSetting(["g", "in"], true);
  assert.deepEqual(world.fresh().at(-1).body.setting, { ...item, value: true });
});

test("a group without items aborts the whole registration", () => {
  const world = new World();
  world.register({ name: "A", settingsPath: "/s", settings: [{ id: "g", type: "group", name: "G" }], doNotContactPath: "/d" });
  assert.equal(world.phone.service.state.doNotContactPath, undefined);
  assert.equal(world.phone.service.state.authorized, null);
});

test("an empty list is ignored in a registration and clears in an update", () => {
  const world = new World();
  world.register({ name: "A", settingsPath: "/s", settings: [{ name: "old", value: true }] });
  world.register({ name: "A", settingsPath: "/s", settings: [] });
  assert.equal(world.phone.service.state.settings.length, 1);
  world.phone.receive({ type: "rc-adapter-update-third-party-settings", settings: [] });
  assert.deepEqual(world.phone.service.state.settings, []);
});

test("the seed protocol's items become booleans and lose their other keys", () => {
  assert.deepEqual(readSettings([{ name: "Old", value: true, more: 1 }], quiet), [{ id: "Old", type: "boolean", name: "Old", value: true }]);
});

test("invalid items are dropped with a warning", () => {
  const dropped = [];
  const bad = [
    null,
    { id: "a", type: "boolean", name: "A", value: "yes" },
    { id: "b", type: "nonsense", name: "B" },
    { id: "c", type: "option", name: "C", options: [{ id: 1, name: "One" }], value: 2 },
    { id: "d", type: "externalLink", name: "D", uri: "javascript:alert(1)" },
    { id: "e", type: "string", name: "E" },
    { id: "f", type: "boolean", value: true },
  ];
  assert.deepEqual(readSettings(bad, (_, item) => dropped.push(item)), []);
  assert.equal(dropped.length, bad.length);
});

test("section items have kinds of their own", () => {
  const items = [
    { id: "s", type: "string", name: "S" },
    { id: "a", type: "array", name: "A", value: ["x"] },
    { id: "t", type: "typography", value: "text" },
    { id: "o", type: "option", name: "O", multiple: true, options: [{ id: 1, name: "One" }], value: [1] },
    { id: "b", type: "button", name: "not here" },
  ];
  const [section] = readSettings([{ id: "x", type: "section", name: "X", items }], quiet);
  assert.deepEqual(section.items.map((item) => item.id), ["s", "a", "t", "o"]);
});

test("order counts inside a group", () => {
  const group = { items: [{ id: "none" }, { id: "two", order: 2 }, { id: "one", order: 1 }, { id: "text", order: "0" }] };
  assert.deepEqual(inOrder(group).map((item) => item.id), ["one", "two", "none", "text"]);
});
