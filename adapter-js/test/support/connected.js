import { connectIn } from "../../src/connect.js";
import { FakeFrame, FakePage, settle } from "./page.js";

/**
 * A page whose frame appears after `connect`, with the widget signed in and registered.
 *
 * @param {object} [how]
 */
export async function connected({ page = new FakePage(), options = {}, loggedIn = true, ...more } = {}) {
  Object.assign(page, more);
  const handle = connectIn(options, page.env, page.daemon.base);
  const errors = [];
  handle.addEventListener("error", (event) => errors.push(event.detail));
  await settle();
  const frame = page.put(new FakeFrame());
  await page.start(frame, { loggedIn });
  return { page, handle, frame, daemon: page.daemon, time: page.time, errors };
}
