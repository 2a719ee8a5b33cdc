/**
 * What a workspace's frame says (Rox.Chat's page on its postMessage interface): which messages are events
 * to be handed on, and which of them tell how a command ended. Pure functions. What an event means is the
 * daemon's business.
 */

/** The texts of the vendor's page; the daemon may have better ones. */
export const COMMAND_ERRORS = new Map([
  ["operator_cant_start_chat_with_visitor_from_another_department", "You cannot invite visitors from another department to a chat."],
  ["visitor_starting_chat_from_his_side", "The visitor is starting a chat from their side right now."],
  ["visitor_already_in_chat", "The visitor is in a chat already."],
  ["no_tariff_option", "The chat account's tariff does not include outgoing chats."],
  ["unable_to_start_outgoing_chat", "The chat could not be started."],
]);

/** These say that the agent has the session's chat. */
const CONFIRMING = new Set(["visitorSelected", "newMessageAdded"]);
const DOCUMENTED = new Set([...CONFIRMING, "chatClosedByOperator", "visitorAuthorized", "notificationAdded", "notificationRemoved"]);

/** What is looked through for an error's code. */
const DEEPEST = 4;
const MOST_VALUES = 200;
/** Longer strings are not read twice. */
const MOST_TEXT = 1_000_000;

/**
 * @typedef {object} Envelope
 * @property {unknown} raw as it came
 * @property {string | null} event null: it reads as one, and is broken
 * @property {Record<string, unknown>} params
 */

/**
 * @param {unknown} data of a message
 * @returns {unknown} what a JSON string holds; otherwise the data itself
 */
export function unpacked(data) {
  if (typeof data !== "string" || data.length > MOST_TEXT) return data;
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

/**
 * @param {unknown} data of a message
 * @returns {Envelope | null} null: it is none
 */
export function envelopeOf(data) {
  const value = unpacked(data);
  if (typeof value === "string") {
    // The vendor's own samples are broken JSON. The daemon says what is wrong with it.
    const alike = typeof data === "string" && /^\s*\{/.test(value) && /"source"\s*:/.test(value) && /"event"\s*:/.test(value);
    return alike ? { raw: data, event: null, params: {} } : null;
  }
  if (value === null || typeof value !== "object") return null;
  const { source, event, params } = /** @type {Record<string, unknown>} */ (value);
  if (typeof source !== "string" || typeof event !== "string") return null;
  return { raw: data, event, params: isRecord(params) ? params : {} };
}

/**
 * @param {Envelope} envelope
 * @param {{roxchatVisitorId: string, sessionId: string}} command
 */
export function confirms({ event, params }, { roxchatVisitorId, sessionId }) {
  if (event === null || !CONFIRMING.has(event) || params.sessionId !== sessionId) return false;
  return params.roxchatVisitorId === undefined || params.roxchatVisitorId === roxchatVisitorId;
}

/**
 * How an error comes back is not documented: as a string, as {error} or {code}, or inside an event of its
 * own. The documented events are none, whatever a visitor may have written in them.
 *
 * @param {unknown} data of a message
 * @param {{roxchatVisitorId: string, sessionId: string}} command
 * @returns {string | null} one of the five codes
 */
export function errorIn(data, { roxchatVisitorId, sessionId }) {
  const value = unpacked(data);
  const envelope = envelopeOf(value);
  if (envelope?.event && DOCUMENTED.has(envelope.event)) return null;
  /** @type {{code: string | null, others: boolean, left: number}} */
  const found = { code: null, others: false, left: MOST_VALUES };
  look(value, "", 0);
  return found.others ? null : found.code;

  /**
   * @param {unknown} part
   * @param {string} name
   * @param {number} depth
   */
  function look(part, name, depth) {
    if (found.left-- <= 0) return;
    if (typeof part === "string") {
      if (COMMAND_ERRORS.has(part.trim())) found.code ??= part.trim();
      if ((name === "sessionId" && part !== sessionId) || (name === "roxchatVisitorId" && part !== roxchatVisitorId)) found.others = true;
    } else if (part !== null && typeof part === "object" && depth < DEEPEST) {
      for (const [key, inner] of Object.entries(part)) look(inner, key, depth + 1);
    }
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
