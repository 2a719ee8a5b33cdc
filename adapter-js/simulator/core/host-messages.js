/** The host -> widget messages (protocol 5) this stand-in understands; the rest are ignored without a word. */
export class HostMessages {
  #phone;
  #requests;
  #hostRequests;
  #warn;
  #changed;

  constructor({ phone, requests, hostRequests, warn, changed }) {
    this.#phone = phone;
    this.#requests = requests;
    this.#hostRequests = hostRequests;
    this.#warn = warn;
    this.#changed = changed;
  }

  /** What throws in here is an uncaught error of the real widget's listener: the page goes on. */
  receive(message) {
    const handler = Object.hasOwn(this.#handlers, message?.type) ? this.#handlers[message.type] : undefined;
    if (!handler) return;
    try {
      handler(message);
    } catch (error) {
      this.#warn(`error in the listener of ${message.type}`, error);
    }
    this.#changed();
  }

  #handlers = {
    "rc-post-message-response": (message) => this.#requests.receive(message),
    "rc-adapter-message-request": (message) => this.#hostRequests.receive(message),
    "rc-adapter-register-third-party-service": ({ service }) => this.#register(service),
    "rc-adapter-update-authorization-status": (message) => {
      const before = this.#phone.service.state.authorized;
      if (this.#phone.service.updateAuthorization(message)) this.#authorizationNow(before, false);
    },
    "rc-adapter-refresh-license-status": ({ licenseStatus, licenseStatusColor, licenseDescription }) => {
      Object.assign(this.#phone.service.state, { licenseStatus, licenseStatusColor, licenseDescription });
    },
    "rc-adapter-sync-third-party-contacts": () => {
      this.#phone.contacts.sync("api").then(() => this.#phone.matching.refreshContacts());
    },
    "rc-adapter-trigger-contact-match": ({ phoneNumbers }) => this.#phone.matching.triggerContacts(phoneNumbers),
    "rc-adapter-trigger-call-logger-match": ({ sessionIds }) => this.#phone.matching.triggerCallLogs(sessionIds),
    "rc-adapter-update-third-party-settings": ({ settings }) => this.#phone.service.updateSettings(settings),
    "rc-adapter-update-call-log-page": ({ page }) => this.#phone.form.updatePage("call", page),
    "rc-adapter-update-messages-log-page": ({ page }) => this.#phone.form.updatePage("messages", page),
    "rc-adapter-update-customized-banner": ({ banner }) => {
      this.#phone.service.state.banner = banner && !banner.hidden ? banner : null;
    },
    "rc-adapter-register-customized-page": ({ page }) => this.#phone.customPages.register(page),
    "rc-adapter-navigate-to": ({ path }) => this.#phone.navigation.go(path),
    "rc-adapter-set-call-contact-matches-select": ({ telephonySessionId, contactId }) => {
      this.#phone.logging.preselect(telephonySessionId, contactId);
    },
    "rc-adapter-update-auto-log-settings": ({ call, message }) => {
      if (typeof call === "boolean") this.#phone.logging.setAutoLog("call", call);
      if (typeof message === "boolean") this.#phone.logging.setAutoLog("message", message);
    },
    "rc-adapter-new-call": ({ phoneNumber, toCall }) => {
      this.#phone.navigation.go("/dialer");
      this.#phone.search.type(phoneNumber ?? "");
      if (toCall && phoneNumber) this.#phone.calling.call(phoneNumber, null, () => false);
    },
  };

  #register(service) {
    const { state } = this.#phone.service;
    const before = state.authorized;
    const repeat = this.#phone.service.registered;
    const hadLogger = { call: !!state.callLoggerPath, message: !!state.messageLoggerPath };
    if (!this.#phone.service.register(service)) return;
    if (!hadLogger.call && state.callLoggerPath) this.#phone.logging.forceReadOnlyAutoLog("call");
    if (!hadLogger.message && state.messageLoggerPath) this.#phone.logging.forceReadOnlyAutoLog("message");
    this.#authorizationNow(before, repeat);
  }

  /** The requests that follow, in the order of protocol 2.4. */
  #authorizationNow(before, repeat) {
    const { authorized } = this.#phone.service.state;
    if (!authorized || (before === true && !repeat)) return;
    this.#phone.contacts.sync();
    if (before === null) this.#phone.matching.trigger();
    else this.#phone.matching.refresh();
  }
}
