import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { World } from "./world.js";

const PAGE = { id: "page1", type: "page", title: "Setup" };
const REGISTER = "rc-adapter-register-customized-page";

function standing(page = PAGE) {
  const world = new World();
  world.register({ name: "AcmeDesk", buttonEventPath: "/button", customizedPageInputChangedEventPath: "/page/inputChanged" });
  world.send = (more) => world.phone.receive({ type: REGISTER, page: more });
  world.go = (path) => world.phone.receive({ type: "rc-adapter-navigate-to", path });
  world.send(page);
  world.go(`/customized/${page.id}`);
  world.fresh();
  return world;
}

test("vector 38: each change is told with the page, all values and the changed key", () => {
  const wanted = vector("38-misc-paths").exchanges.map(({ request }) => request).find(({ path }) => path === "/page/inputChanged");
  const world = standing();
  world.phone.customPages.input("q", "x");
  assert.deepEqual({ ...world.fresh()[0], requestId: "" }, { ...wanted, requestId: "" });
});

test("vector 35: Save and a button of the schema", () => {
  const wanted = vector("35-buttons").requests.map(({ body }) => body);
  const world = standing();
  world.phone.customPages.input("q", "x");
  world.fresh();
  world.phone.customPages.submit();
  world.phone.customPages.press("openSettingsButton");
  assert.deepEqual(world.fresh().map(({ body }) => body), wanted.filter(({ button }) => button.type === "submit" || button.type === "button"));
  assert.equal(world.phone.navigation.path, "/customized/page1", "where to go on is for the host to say");
});

test("Save waits for the required fields", () => {
  const world = standing({ ...PAGE, schema: { required: ["name"], properties: {} }, formData: { name: "" } });
  assert.equal(world.phone.customPages.ready, false);
  world.phone.customPages.submit();
  assert.deepEqual(world.fresh(), []);
  world.phone.customPages.input("name", "Ada");
  assert.equal(world.phone.customPages.ready, true);
});

test("merged by id: what is typed stays unless values are sent", () => {
  const world = standing({ ...PAGE, formData: { q: "old" } });
  world.phone.customPages.input("q", "typed");
  world.send({ id: "page1", title: "New" });
  assert.deepEqual([world.phone.customPages.find("page1").title, world.phone.customPages.open.formData.q], ["New", "typed"]);
  world.send({ id: "page1", formData: { q: "sent" } });
  assert.equal(world.phone.customPages.open.formData.q, "sent");
  assert.equal(world.phone.customPages.find("page1").title, "New");
});

test("what was typed is gone once the page is left", () => {
  const world = standing({ ...PAGE, formData: { q: "old" } });
  world.phone.customPages.input("q", "typed");
  world.go("/contacts");
  assert.equal(world.phone.customPages.open, null);
  world.go("goBack");
  assert.deepEqual([world.phone.navigation.path, world.phone.customPages.open.formData.q], ["/customized/page1", "old"]);
});

test("tabs by priority, hidden ones not; pages are none", () => {
  const world = standing();
  world.send({ id: "b", type: "tab", priority: 40 });
  world.send({ id: "a", type: "tab", priority: 31 });
  world.send({ id: "c", type: "tab", hidden: true });
  world.send({ title: "without an id" });
  assert.deepEqual(world.phone.customPages.tabs.map(({ id }) => id), ["a", "b"]);
  world.go("/customizedTabs/a");
  assert.equal(world.phone.customPages.open.id, "a");
});

test("a page nobody registered is empty", () => {
  const world = standing();
  world.go("/customized/other");
  assert.equal(world.phone.customPages.open, null);
  world.phone.customPages.input("q", "x");
  world.phone.customPages.submit();
  assert.deepEqual(world.fresh(), []);
});
