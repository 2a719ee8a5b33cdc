import { TIMEOUTS } from "./timeouts.js";
import { changedSetting, withValue } from "./settings.js";

/**
 * Short requests that a click makes and whose answer is not read, and do-not-contact, whose answer
 * decides (protocol 3.9).
 */
export class ServiceActions {
  #requests;
  #service;
  #runtime;
  #changed;

  constructor({ requests, service, runtime, changed }) {
    this.#requests = requests;
    this.#service = service;
    this.#runtime = runtime;
    this.#changed = changed;
  }

  #tell(field, body, timeout = TIMEOUTS.short) {
    const path = this.#service.state[field];
    return path ? this.#requests.tell(path, body, timeout) : Promise.resolve(false);
  }

  /** `authorized` is the state now: false means "connect me", true "disconnect me" (V34). */
  authorize() {
    return this.#tell("authorizationPath", { authorized: this.#service.state.authorized });
  }

  /**
   * The shown value changes first and is never rolled back here; a service refuses by sending the old
   * settings (V33).
   * @param {(string | number)[]} path ids from the root to the item
   */
  changeSetting(path, value) {
    const { state } = this.#service;
    state.settings = withValue(state.settings, path, value);
    this.#changed();
    return this.#tell("settingsPath", { settings: state.settings, setting: changedSetting(state.settings, path) });
  }

  /** @param {{id: string, type: string, label?: string}} button @param {object} [resource] */
  pressButton(button, resource) {
    return this.#tell("buttonEventPath", resource ? { button, resource } : { button });
  }

  inviteToMeeting(meeting) {
    return this.#tell("meetingInvitePath", { meeting });
  }

  inviteToConference(conference) {
    return this.#tell("conferenceInvitePath", { conference });
  }

  logMeeting(meeting) {
    return this.#tell("meetingLoggerPath", { meeting }, TIMEOUTS.meetingLogger);
  }

  /** No body at all; anything but an array is an empty list (V38). */
  async upcomingMeetings() {
    const path = this.#service.state.meetingUpcomingPath;
    if (!path) return [];
    try {
      const response = await this.#requests.send(path, undefined, TIMEOUTS.short);
      const list = response.data;
      return Array.isArray(list) ? list : [];
    } catch (error) {
      this.#runtime.warn("upcoming meetings failed", error);
      return [];
    }
  }

  openVcard(vcardUri) {
    return this.#tell("vcardHandlerPath", { vcardUri });
  }

  showFeedback() {
    return this.#tell("feedbackPath", { show: true });
  }

  /**
   * Fails open: no path, no answer, no `data` all let the call or message through (V36).
   * @param {object} body {phoneNumber, actionType: "call", ...} or {recipients, actionType: "sms"}
   * @returns {Promise<{result: boolean, mode?: string, message?: string}>}
   */
  async doNotContact(body) {
    const path = this.#service.state.doNotContactPath;
    if (!path) return { result: false };
    try {
      const response = await this.#requests.send(path, body, TIMEOUTS.short);
      return response.data ?? { result: false };
    } catch (error) {
      this.#runtime.warn("do-not-contact failed: let through", error);
      return { result: false };
    }
  }
}
