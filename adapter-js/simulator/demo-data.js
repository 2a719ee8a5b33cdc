/**
 * What the demo's phone has behind it: some calls and two threads with people of the synced list, made
 * once, so that no page is empty. Numbers that belong to nobody are from the 555-01xx range.
 */

export const UNKNOWN_NUMBER = "+12025550143";

/** By list: the widget draws often, and lists may be long. @type {WeakMap<any[], Map<string, any[]>>} */
const indexed = new WeakMap();

/** @returns {Map<string, any[]>} contacts by number, fax numbers left out */
function byNumber(contacts) {
  const known = indexed.get(contacts);
  if (known) return known;
  const numbers = new Map();
  indexed.set(contacts, numbers);
  // People of a CRM first: what is logged with them goes on to it.
  const [behind, here] = [contacts.filter(({ source }) => source), contacts.filter(({ source }) => !source)];
  for (const contact of [...behind, ...here]) {
    for (const { phoneNumber, phoneType } of contact.phoneNumbers ?? []) {
      if (phoneType === "fax") continue;
      const owners = numbers.get(phoneNumber);
      if (owners) owners.push(contact);
      else numbers.set(phoneNumber, [contact]);
    }
  }
  return numbers;
}

function pick(contacts, fits) {
  for (const [number, owners] of byNumber(contacts)) if (fits(owners)) return { number, owners };
  return null;
}

/** A number with exactly one owner: one of the preferred where there is any. @param {any[]} contacts @param {string[]} [preferred] ids */
export const knownNumber = (contacts, preferred = []) =>
  pick(contacts, (owners) => owners.length === 1 && preferred.includes(owners[0].id)) ?? pick(contacts, (owners) => owners.length === 1);

/** A number several contacts have. */
export const sharedNumber = (contacts) => pick(contacts, (owners) => owners.length > 1);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * @param {any[]} contacts the synced list
 * @param {{number: string, name: string}} own
 * @param {number} now
 * @returns {{calls: any[], texts: {from?: string, to?: string, text: string, at: number}[]}}
 */
export function behind(contacts, own, now) {
  const single = [...byNumber(contacts)].filter(([, owners]) => owners.length === 1).map(([number]) => number);
  // The first is left for "Ring: known number", so that its history starts with the visitor's own call.
  const [, a, b, c] = single;
  if (!c) return { calls: [], texts: [] };
  const calls = [
    record(own, 1, now - 25 * MINUTE, "Inbound", a, 312),
    record(own, 2, now - 2 * HOUR, "Outbound", b, 94),
    record(own, 3, now - 3 * HOUR, "Inbound", UNKNOWN_NUMBER, 0),
    record(own, 4, now - 27 * HOUR, "Inbound", c, 641),
  ];
  const texts = [
    { from: b, text: "Could you send the quote again?", at: now - 26 * HOUR },
    { to: b, text: "Of course, it is on its way.", at: now - 26 * HOUR + 4 * MINUTE },
    { from: b, text: "Got it. We would like to go ahead.", at: now - 50 * MINUTE },
    { from: a, text: "Running ten minutes late, sorry!", at: now - 90 * MINUTE },
  ];
  return { calls, texts };
}

/** A call as the call log has it. */
function record(own, index, startTime, direction, number, duration) {
  const inbound = direction === "Inbound";
  const ours = { phoneNumber: own.number, name: own.name, extensionId: "260918004" };
  const result = duration > 0 ? (inbound ? "Accepted" : "Call connected") : (inbound ? "Missed" : "No Answer");
  const telephonySessionId = `s-demo${index}z${startTime}z0000`;
  return {
    id: `Ldemo${index}z${startTime}`,
    sessionId: `3182204570${index}${String(startTime).slice(-5)}`,
    telephonySessionId,
    partyId: `p-${telephonySessionId.slice(2)}-2`,
    type: "Voice",
    transport: "VoIP",
    direction,
    action: inbound ? "Phone Call" : "VoIP Call",
    result,
    reason: result,
    internalType: "Local",
    startTime,
    duration,
    durationMs: duration * 1000,
    lastModifiedTime: new Date(startTime + duration * 1000).toISOString(),
    extension: { id: "260918004" },
    from: inbound ? { phoneNumber: number } : ours,
    to: inbound ? ours : { phoneNumber: number },
    fromName: inbound ? "" : own.name,
    toName: inbound ? own.name : "",
    transferredFrom: null,
  };
}

/**
 * Calls of a time when no page was open.
 *
 * @param {any[]} contacts
 * @param {{number: string, name: string}} own
 * @param {number} now
 */
export function whileClosed(contacts, own, now) {
  const number = knownNumber(contacts)?.number ?? UNKNOWN_NUMBER;
  return [0, 1, 2].map((index) => record(own, 7 + index, now - (2 + index) * MINUTE, index === 1 ? "Outbound" : "Inbound", number, 45));
}
