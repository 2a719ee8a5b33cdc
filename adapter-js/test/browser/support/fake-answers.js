import { PATHS as TABLE } from "../../support/daemon.js";

/**
 * What the stand-in daemon knows and answers: enough of each path for the walk, kept in memory. It is
 * no model of the daemon's storage; it is the double that can be told to fail.
 */

const person = (id, name, company, jobTitle, phoneNumbers) => ({
  id, name, type: "Trunkline", company, jobTitle, emails: [`${name.toLowerCase().replaceAll(" ", ".")}@example.com`],
  phoneNumbers: phoneNumbers.map(([phoneNumber, phoneType]) => ({ phoneNumber, phoneType })),
});

export const contacts = () => [
  person("ct_1", "Ada Sample", "Sample Tools", "Buyer", [["+12025550101", "mobile"]]),
  person("ct_2", "Ben Sample", "Sample Tools", "Engineer", [["+12025550102", "direct"]]),
  person("ct_3", "Cleo Example", "Example Foods", "Owner", [["+12025550103", "mobile"]]),
  person("ct_4", "Dan Example", "Example Foods", "Clerk", [["+12025550104", "mobile"]]),
  person("ct_5", "Eve Placeholder", "Placeholder Ltd", "Front desk", [["+12025550199", "business"]]),
  person("ct_6", "Finn Placeholder", "Placeholder Ltd", "Sales", [["+12025550199", "business"]]),
];

const PATHS = {
  "/contacts": { deadline: 60_000, fallback: { kind: "answer", response: null } },
  "/contacts/search": { deadline: 30_000, fallback: { kind: "answer", response: { data: [] } } },
  "/contacts/match": { deadline: 30_000, fallback: { kind: "last-known", keys: ["phoneNumbers"] } },
  "/contacts/view": { deadline: 3_000, fallback: { kind: "answer", response: { data: "error" } } },
  "/activities": { deadline: 3_000, fallback: { kind: "answer", response: { data: [] } } },
  "/activity": { deadline: 3_000, fallback: { kind: "answer", response: { data: "error" } } },
  "/callLogger": TABLE["/callLogger"],
  "/callLogger/match": TABLE["/callLogger/match"],
  "/messageLogger": TABLE["/messageLogger"],
  "/messageLogger/match": TABLE["/messageLogger/match"],
  "/authorize": { deadline: 3_000, fallback: { kind: "answer", response: { data: "error" }, alert: "The account was not switched" } },
  "/settings": { deadline: 3_000, fallback: { kind: "answer", response: { data: "error" }, alert: "The setting was not saved" } },
};

const ok = (commands = []) => ({ response: { data: "ok" }, commands });

export class FakeAnswers {
  contacts = contacts();
  /** What an incremental contacts run answers. @type {any[]} */
  delta = [];
  authorized = true;
  operator = "local";
  /** Where a press of Connect leads; null: it is a switch without a sign-in. @type {(() => string) | null} */
  connectUrl = null;
  settings = [{ id: "popOnRing", type: "boolean", name: "Open the record when it rings", value: true }];
  /** @type {Map<string, any>} */
  calls = new Map();
  /** @type {Map<string, any>} */
  messages = new Map();

  get manifest() {
    return {
      service: {
        name: "Trunkline", displayName: "Trunkline", info: "Contacts and logs from the test double",
        contactsPath: "/contacts", contactSearchPath: "/contacts/search", contactMatchPath: "/contacts/match",
        viewMatchedContactPath: "/contacts/view", activitiesPath: "/activities", activityPath: "/activity",
        callLoggerPath: "/callLogger", callLoggerTitle: "Log the call", showLogModal: true, callLogEntityMatcherPath: "/callLogger/match",
        messageLoggerPath: "/messageLogger", messageLoggerTitle: "Log the conversation", messageLogEntityMatcherPath: "/messageLogger/match",
        authorizationPath: "/authorize", authorizedTitle: "Disconnect", unauthorizedTitle: "Connect", showAuthRedDot: true,
        authorized: this.authorized, authorizedAccount: this.authorized ? "operator@example.com" : "",
        settingsPath: "/settings", settings: this.settings,
      },
      operator: { id: this.operator, name: null },
      defaultDeadline: 3_000,
      paths: PATHS,
    };
  }

  /** @returns {{response: any, commands: any[]} | null} null: no such path */
  answer(path, body) {
    return Object.hasOwn(this.#handlers, path) ? this.#handlers[path](body) : null;
  }

  #handlers = {
    "/contacts": ({ syncTimestamp }) => {
      const data = syncTimestamp ? this.delta : this.contacts;
      return { response: { data, nextPage: null, syncTimestamp: "1" }, commands: [] };
    },
    "/contacts/search": ({ searchString }) => {
      const wanted = searchString.toLowerCase();
      return { response: { data: this.contacts.filter(({ name }) => name.toLowerCase().includes(wanted)) }, commands: [] };
    },
    "/contacts/match": ({ phoneNumbers }) => this.#data(phoneNumbers, (number) => {
      return this.contacts.filter((contact) => contact.phoneNumbers.some((entry) => entry.phoneNumber === number));
    }),
    "/contacts/view": (entity) => ok([{ type: "trunkline-open", kind: "contact", url: null, detail: entity }]),
    "/activities": ({ contact }) => {
      const calls = [...this.calls.values()].filter((log) => log.contact === contact.id);
      const texts = [...this.messages.values()].filter((log) => log.contact === contact.id);
      const data = [
        ...calls.map((log) => ({ id: log.id, subject: `${log.call.direction} call`, time: log.call.startTime })),
        ...texts.map((log) => ({ id: log.id, subject: `${log.conversation.type}: ${log.conversation.messages[0].subject}`, time: log.conversation.creationTime })),
      ];
      return { response: { data }, commands: [] };
    },
    "/activity": ({ activity }) => ok([{ type: "trunkline-open", kind: "activity", url: null, detail: activity }]),
    "/callLogger": (body) => {
      const { call, formData, fromEntity, toEntity, triggerType } = body;
      const before = this.calls.get(call.sessionId);
      if (triggerType === "viewLog") return ok([{ type: "rc-adapter-navigate-to", path: `/log/call/${call.sessionId}` }]);
      const contact = formData?.contactId ?? fromEntity?.id ?? toEntity?.id ?? before?.contact;
      this.calls.set(call.sessionId, { id: `cl_${call.sessionId}`, ...before, call, contact, note: formData?.note ?? before?.note ?? "" });
      return ok();
    },
    "/callLogger/match": ({ sessionIds }) => this.#data(sessionIds, (id) => {
      const log = this.calls.get(id);
      return log ? [{ id: log.id, type: "callLog", note: log.note, contact: log.contact, contactId: log.contact }] : [];
    }),
    "/messageLogger": ({ conversation, correspondentEntity }) => {
      const { conversationLogId } = conversation;
      const before = this.messages.get(conversationLogId);
      const contact = correspondentEntity?.id ?? before?.contact;
      this.messages.set(conversationLogId, { id: `ml_${conversationLogId}`, conversation, contact });
      return ok();
    },
    "/messageLogger/match": ({ conversationLogIds }) => this.#data(conversationLogIds, (id) => {
      const log = this.messages.get(id);
      return log ? [{ id: log.id }] : [];
    }),
    "/authorize": ({ authorized }) => {
      if (!authorized && this.connectUrl) {
        return ok([{ type: "trunkline-open", kind: "authorize", url: this.connectUrl(), detail: { connectors: [{ id: "crm", name: "Sample CRM" }] } }]);
      }
      this.authorized = !authorized;
      const authorizedAccount = this.authorized ? "operator@example.com" : undefined;
      return ok([{ type: "rc-adapter-update-authorization-status", authorized: this.authorized, authorizedAccount }]);
    },
    "/settings": ({ settings }) => {
      this.settings = settings;
      return ok();
    },
  };

  #data(keys, find) {
    return { response: { data: Object.fromEntries(keys.map((key) => [key, find(key)])) }, commands: [] };
  }
}
