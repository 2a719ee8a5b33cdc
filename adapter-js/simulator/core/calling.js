/** Outgoing calls and texts: each asks do-not-contact first (protocol 3.9, V36). */
export class Calling {
  #phone;

  /** @param {import("./phone.js").Phone} phone */
  constructor(phone) {
    this.#phone = phone;
  }

  /**
   * @param {string} phoneNumber as typed: it is not normalised
   * @param {object | null} row the search result it was picked from
   * @param {(message: string) => boolean} confirm for a mode other than "restrict"
   * @returns {Promise<string | null>} the session id, null when it was not called
   */
  async call(phoneNumber, row, confirm) {
    const allowed = await this.#allowed({ ...recipientOf(phoneNumber, row), actionType: "call" }, confirm);
    return allowed ? this.#phone.line.dial({ to: phoneNumber, toName: row?.name ?? "" }) : null;
  }

  async text(phoneNumber, text, row, confirm) {
    const allowed = await this.#allowed({ recipients: [recipientOf(phoneNumber, row)], actionType: "sms" }, confirm);
    if (allowed) this.#phone.conversations.send({ to: phoneNumber, text });
    return allowed;
  }

  async #allowed(body, confirm) {
    const { result, mode, message } = await this.#phone.actions.doNotContact(body);
    if (!result) return true;
    const reason = message || "This contact does not want to be contacted";
    if (mode !== "restrict") return confirm(reason);
    this.#phone.alerts.show({ message: reason, level: "danger" });
    return false;
  }
}

function recipientOf(phoneNumber, row) {
  if (!row) return { phoneNumber };
  const { contactId, name, type, entityType, phoneType } = row;
  return { phoneNumber, contactId, name, contactType: type, entityType, phoneType };
}
