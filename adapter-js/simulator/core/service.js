import { readSettings } from "./settings.js";

/**
 * The registered third-party service (protocol 2). Registration has no acknowledgement and no
 * transaction: fields are taken in the order below, and where one throws the later ones are lost.
 */
export class Service {
  #warn;
  #sources = new Set();
  /** Values for absent fields of a first registration. */
  state = {
    name: "", displayName: "", info: "", authorized: null, authorizedAccount: "",
    settings: [], buttons: [], showLogModal: false, recordingWithToken: false,
    callLoggerAutoLogSettingHidden: false, callLoggerHideEditLogButton: false, attachmentWithToken: false,
    banner: null,
  };

  /** @param {(text: string, detail?: unknown) => void} warn */
  constructor(warn) {
    this.#warn = warn;
  }

  get registered() {
    return this.state.name !== "";
  }

  /** Contact list sources; a second name adds a second one, so every contact shows twice (protocol 2.3). */
  get sources() {
    return [...this.#sources];
  }

  /** A message without a name is ignored without a word. Throws as the real listener does. */
  register(service) {
    if (!service?.name) return false;
    const { state } = this;
    state.name = service.name;
    state.displayName = service.displayName || service.name;
    state.info = service.info || "";
    this.#contacts(service);
    this.#copy(service, ["contactSearchPath", "contactMatchPath"]);
    // Read once, when the match provider is first added.
    state.contactMatchTtl ??= service.contactMatchTtl;
    state.contactNoMatchTtl ??= service.contactNoMatchTtl;
    this.#copy(service, ["viewMatchedContactPath", "activitiesPath", "activityPath", "activityName"]);
    this.#meetings(service);
    this.#callLogger(service);
    this.#messageLogger(service);
    this.#copy(service, ["feedbackPath"]);
    if (service.settingsPath && service.settings?.length > 0) {
      state.settingsPath = service.settingsPath;
      state.settings = readSettings(service.settings, this.#warn);
    }
    this.#copy(service, ["vcardHandlerPath"]);
    this.#buttons(service);
    this.#copy(service, ["customizedPageInputChangedEventPath", "doNotContactPath", "banner"]);
    this.#authorization(service);
    return true;
  }

  /** Absent paths keep what they were; nothing can be unregistered but by a reload. */
  #copy(service, fields) {
    for (const field of fields) if (service[field]) this.state[field] = service[field];
  }

  #contacts(service) {
    if (!service.contactsPath) return;
    this.#copy(service, ["contactsPath", "contactIcon"]);
    // The trap of protocol 2.3: the same source twice throws, and the rest of the message is lost.
    if (this.#sources.has(service.name)) throw new Error(`contact source exists: ${service.name}`);
    this.#sources.add(service.name);
  }

  #meetings(service) {
    if (service.meetingInvitePath && service.meetingInviteTitle) {
      this.#copy(service, ["meetingInvitePath", "meetingInviteTitle", "meetingUpcomingPath"]);
    }
    this.#copy(service, ["meetingLoggerPath", "meetingLoggerTitle"]);
    // Read by widgets before 1.9.0 only; kept here because the daemon still answers it (protocol 8).
    if (service.conferenceInvitePath && service.conferenceInviteTitle) {
      this.#copy(service, ["conferenceInvitePath", "conferenceInviteTitle"]);
    }
  }

  #callLogger(service) {
    if (service.callLoggerPath) {
      const { state } = this;
      this.#copy(service, ["callLoggerPath", "callLoggerTitle"]);
      // Flags are set from every message that has the path, so leaving one out resets it.
      for (const flag of [
        "showLogModal", "recordingWithToken", "callLoggerAutoSettingReadOnly", "callLoggerAutoSettingReadOnlyValue",
        "callLoggerAutoLogSettingHidden", "callLoggerHideEditLogButton",
      ]) state[flag] = !!service[flag];
      for (const text of ["Label", "Description", "Warning", "ReadOnlyReason"]) {
        state[`callLoggerAutoSetting${text}`] = service[`callLoggerAutoSetting${text}`] || "";
      }
    }
    this.#copy(service, ["callLogEntityMatcherPath", "callLogPageInputChangedEventPath"]);
  }

  #messageLogger(service) {
    if (service.messageLoggerPath) {
      const { state } = this;
      this.#copy(service, ["messageLoggerPath", "messageLoggerTitle"]);
      for (const flag of [
        "attachmentWithToken", "messageLoggerAutoSettingReadOnly", "messageLoggerAutoSettingReadOnlyValue",
        "messageLoggerAutoSettingHidden",
      ]) state[flag] = !!service[flag];
      for (const text of ["Label", "Description", "ReadOnlyReason"]) {
        state[`messageLoggerAutoSetting${text}`] = service[`messageLoggerAutoSetting${text}`] || "";
      }
    }
    this.#copy(service, ["messageLogEntityMatcherPath", "messagesLogPageInputChangedEventPath"]);
  }

  #buttons(service) {
    this.#copy(service, ["buttonEventPath"]);
    if (!service.buttonEventPath || !Array.isArray(service.buttons)) return;
    const whole = (button) => ["id", "type", "icon", "label"].every((key) => typeof button?.[key] === "string");
    this.state.buttons = service.buttons.filter(whole);
  }

  /** Without authorizationPath the service counts as authorized, also on a repeat (protocol 2.3). */
  #authorization(service) {
    const { state } = this;
    if (!service.authorizationPath) {
      state.authorized = true;
      return;
    }
    this.#copy(service, ["authorizationPath"]);
    state.authorized = !!service.authorized;
    state.authorizedAccount = service.authorizedAccount || "";
    state.authorizedTitle = service.authorizedTitle || "Unauthorize";
    state.unauthorizedTitle = service.unauthorizedTitle || "Authorize";
    state.showAuthRedDot = !!service.showAuthRedDot;
    const logo = service.authorizationLogo;
    state.authorizationLogo = /^(https?:\/\/|data:image\/)/.test(logo ?? "") ? logo : "";
    for (const field of ["licenseStatus", "licenseStatusColor", "licenseDescription"]) state[field] = service[field] || "";
  }

  /** `authorizedAccount` left out clears the account (protocol 5). */
  updateAuthorization({ authorized, authorizedAccount }) {
    if (!this.registered) return false;
    this.state.authorized = !!authorized;
    this.state.authorizedAccount = authorizedAccount || "";
    return true;
  }

  /** Replaces all items; an empty list clears them, other than in a registration. */
  updateSettings(items) {
    this.state.settings = readSettings(items ?? [], this.#warn);
  }
}
