import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { settle, World } from "./world.js";

test("vector 02: a name is enough, and counts as authorized", () => {
  const world = new World();
  const { message, expectState } = vector("02-register-minimal");
  world.phone.receive(message);
  const { state } = world.phone.service;
  assert.equal(state.authorized, expectState.authorized);
  assert.equal(state.authorizedAccount, expectState.authorizedAccount);
  assert.equal(!!state.callLoggerPath, expectState.callLoggerRegistered);
  assert.equal(!!state.messageLoggerPath, expectState.messageLoggerRegistered);
  assert.deepEqual(world.posted, [], "a registration is not acknowledged");
});

test("without a name nothing happens", () => {
  const world = new World();
  world.register({ contactsPath: "/contacts" });
  world.register(undefined);
  assert.equal(world.phone.service.registered, false);
});

test("vector 03: every field of a full registration is taken", async () => {
  const world = new World();
  const { service } = vector("03-register-full").message;
  world.register(service);
  const { state } = world.phone.service;
  for (const [field, value] of Object.entries(service)) assert.deepEqual(state[field], value, field);
  assert.deepEqual(world.warnings, []);
});

test("vector 04: the safe repeat takes effect, contactsPath stays", async () => {
  const world = new World();
  world.register(vector("03-register-full").message.service);
  const { service } = vector("04-register-repeat").safeRepeat;
  world.register({ ...service, callLoggerTitle: "New title" });
  assert.equal(world.phone.service.state.callLoggerTitle, "New title");
  assert.equal(world.phone.service.state.contactsPath, "/contacts");
  assert.deepEqual(world.warnings, []);
});

test("vector 04: a repeat with contactsPath throws in the listener and loses its later fields", () => {
  const world = new World();
  world.register(vector("03-register-full").message.service);
  const [withContacts] = vector("04-register-repeat").unsafe;
  world.register({ ...withContacts.service, displayName: "Renamed" });
  assert.equal(world.phone.service.state.callLoggerPath, "/callLogger");
  assert.equal(world.phone.service.state.displayName, "Renamed", "fields before contacts are taken");
  assert.match(world.warnings[0][0], /listener/);
});

test("vector 04: a repeat without authorizationPath makes the service authorized", () => {
  const world = new World();
  world.register({ ...vector("03-register-full").message.service, authorized: false });
  assert.equal(world.phone.service.state.authorized, false);
  world.register(vector("04-register-repeat").unsafe[1].service);
  assert.equal(world.phone.service.state.authorized, true);
});

test("vector 04: another name shows every contact twice", async () => {
  const world = new World();
  world.routes.set("/contacts", { data: [{ id: "1", name: "A", phoneNumbers: [] }], syncTimestamp: "t" });
  world.register({ name: "AcmeDesk", contactsPath: "/contacts" });
  await settle();
  world.register(vector("04-register-repeat").unsafe[2].service);
  await settle();
  assert.equal(world.phone.contacts.shown.length, 2);
});

test("logger flags are reset by a message that has the path without them", () => {
  const world = new World();
  world.register({ name: "A", callLoggerPath: "/l", showLogModal: true });
  world.register({ name: "A", callLoggerTitle: "kept flags" });
  assert.equal(world.phone.service.state.showLogModal, true);
  world.register({ name: "A", callLoggerPath: "/l" });
  assert.equal(world.phone.service.state.showLogModal, false);
});

test("match lives are read once", () => {
  const world = new World();
  world.register({ name: "A", contactNoMatchTtl: 1_000 });
  world.register({ name: "A", contactNoMatchTtl: 9_000 });
  assert.equal(world.phone.service.state.contactNoMatchTtl, 1_000);
});

test("a locked auto log setting is forced when the logger becomes ready, not later", () => {
  const world = new World();
  const locked = { name: "A", callLoggerPath: "/l", callLoggerAutoSettingReadOnly: true, callLoggerAutoSettingReadOnlyValue: true };
  world.register(locked);
  assert.equal(world.phone.callLogger.autoLog, true);
  world.register({ ...locked, callLoggerAutoSettingReadOnlyValue: false });
  assert.equal(world.phone.callLogger.autoLog, true);
});

test("buttons with a missing text are dropped", () => {
  const world = new World();
  const good = { id: "a", type: "callAction", icon: "apps", label: "A" };
  world.register({ name: "A", buttonEventPath: "/b", buttons: [good, { ...good, label: undefined }, null] });
  assert.deepEqual(world.phone.service.state.buttons, [good]);
});

test("the authorization logo must be http(s) or an inlined image", () => {
  const world = new World();
  world.register({ name: "A", authorizationPath: "/a", authorizationLogo: "javascript:alert(1)" });
  assert.equal(world.phone.service.state.authorizationLogo, "");
});
