import assert from "node:assert/strict";
import test from "node:test";

import { vector } from "../support/daemon.js";
import { settle, World } from "./world.js";

function registered(service) {
  const world = new World();
  world.register({ name: "AcmeDesk", ...service });
  world.fresh();
  return world;
}

const entity = vector("14-contact-view").request.body;

test("vector 14: View contact sends the entity itself, but only one of this service", () => {
  const world = registered({ viewMatchedContactPath: "/contacts/view" });
  world.phone.viewContact(entity);
  assert.deepEqual(world.fresh()[0].body, entity);
  world.phone.viewContact({ ...entity, type: "company" });
  assert.deepEqual(world.fresh(), []);
  assert.equal(world.phone.navigation.path, "/contacts/company/ct_1001");
});

test("vector 15: activities, and the click on one with its extra keys", async () => {
  const { request, response, request2 } = vector("15-activities");
  const world = registered({ activitiesPath: "/activities", activityPath: "/activity" });
  world.phone.activities.show(request.body.contact);
  assert.deepEqual(world.fresh()[0].body, request.body);
  assert.equal(world.phone.activities.list, null, "the spinner");
  await world.reply("/activities", response.response);
  world.phone.activities.open(world.phone.activities.list[0]);
  assert.deepEqual(world.fresh()[0].body, request2.body);
});

test("vector 15: without a list the page stays at its spinner", async () => {
  for (const bad of [{ data: {} }, {}, null]) {
    const world = registered({ activitiesPath: "/activities" });
    world.phone.activities.show(entity);
    await world.reply("/activities", bad);
    assert.equal(world.phone.activities.list, null);
  }
  const world = registered({ activitiesPath: "/activities" });
  world.phone.activities.show(entity);
  await world.time.advance(3_000);
  assert.equal(world.phone.activities.list, null);
});

test("vector 35: buttons of settings, alerts and banner", () => {
  const world = registered({ buttonEventPath: "/button", banner: { id: "b1", message: "m", closable: true } });
  const wanted = vector("35-buttons").requests.map(({ body }) => body);
  const find = (type, more = {}) => wanted.find(({ button }) => button.type === type && Object.entries(more).every(([key, value]) => button[key] === value));
  world.phone.actions.pressButton({ id: "resync", type: "setting", label: "Run", name: "Resync contacts" });
  world.phone.actions.pressButton({ id: "2", type: "linkInAlertDetail" });
  world.phone.closeBanner();
  const sent = world.fresh().map(({ body }) => body);
  assert.deepEqual(sent, [find("setting"), find("linkInAlertDetail"), find("customizedBanner", { dismissed: true })]);
  assert.equal(world.phone.service.state.banner, null);
});

test("vector 35: a contact button carries the contact with the number it stands beside", () => {
  const world = registered({ buttonEventPath: "/button" });
  const wanted = vector("35-buttons").requests.map(({ body }) => body).find(({ button }) => button.type === "contactAction");
  world.phone.actions.pressButton(wanted.button, wanted.resource);
  assert.deepEqual(world.fresh()[0].body, wanted);
});

test("vector 36: typed and picked numbers, and the recipients of a text", async () => {
  const { request, request2 } = vector("36-donotcontact");
  const { contactId, name, contactType, entityType, phoneType, phoneNumber } = request.body;
  const row = { contactId, name, type: contactType, entityType, phoneType };
  const world = registered({ doNotContactPath: "/doNotContact" });
  world.phone.calling.call(phoneNumber, row, () => false);
  assert.deepEqual(world.fresh()[0].body, request.body);
  world.phone.calling.text(phoneNumber, "Hi", row, () => false);
  const { recipients, actionType } = world.fresh()[0].body;
  assert.deepEqual([recipients, actionType], [[request2.body.recipients[0]], "sms"]);
});

test("vector 36: restrict blocks with an alert, another mode asks, a failure lets through", async () => {
  const cases = [
    [{ data: { result: true, mode: "restrict", message: "No" } }, false, 1],
    [{ data: { result: true, mode: "warn" } }, true, 0],
    [{ data: { result: false } }, true, 0],
    [{}, true, 0],
    [null, true, 0],
  ];
  for (const [response, called, alerts] of cases) {
    const world = registered({ doNotContactPath: "/doNotContact" });
    world.routes.set("/doNotContact", response);
    const session = await world.phone.calling.call("+16505550123", null, () => true);
    assert.equal(session !== null, called, JSON.stringify(response));
    assert.equal(world.phone.alerts.list.length, alerts);
  }
});

test("vector 36: a no to the question does not call", async () => {
  const world = registered({ doNotContactPath: "/doNotContact" });
  world.routes.set("/doNotContact", { data: { result: true, mode: "warn", message: "Sure?" } });
  assert.equal(await world.phone.calling.call("+16505550123", null, (message) => message !== "Sure?"), null);
});

test("vector 38: meetings, vCard and feedback", async () => {
  const bodies = Object.fromEntries(vector("38-misc-paths").exchanges.map(({ request }) => [request.path, request]));
  const world = registered({
    meetingInvitePath: "/meeting/invite", meetingInviteTitle: "Invite", meetingUpcomingPath: "/meeting/upcoming",
    meetingLoggerPath: "/meetingLogger", meetingLoggerTitle: "Log", vcardHandlerPath: "/vcard", feedbackPath: "/feedback",
  });
  const { actions } = world.phone;
  actions.inviteToMeeting(bodies["/meeting/invite"].body.meeting);
  const upcoming = actions.upcomingMeetings();
  actions.logMeeting(bodies["/meetingLogger"].body.meeting);
  actions.openVcard(bodies["/vcard"].body.vcardUri);
  actions.showFeedback();
  for (const request of world.fresh()) assert.deepEqual({ ...request, requestId: "" }, { ...bodies[request.path], requestId: "" });
  await world.reply("/meeting/upcoming", { data: "no list" });
  assert.deepEqual(await upcoming, []);
});

test("meeting paths need their titles, upcoming meetings the invitation", () => {
  const world = registered({ meetingInvitePath: "/meeting/invite", meetingUpcomingPath: "/meeting/upcoming" });
  assert.deepEqual([world.phone.service.state.meetingInvitePath, world.phone.service.state.meetingUpcomingPath], [undefined, undefined]);
});

test("the conference invitation of old widgets", () => {
  const world = registered({ conferenceInvitePath: "/conference/invite", conferenceInviteTitle: "Invite" });
  world.phone.actions.inviteToConference({ participantCode: "1" });
  assert.deepEqual(world.fresh()[0].body, { conference: { participantCode: "1" } });
});
