/**
 * A version 4 UUID, the form of every `requestId` the widget sends (protocol 1.2).
 * @param {() => number} random yields [0, 1), so that a test can repeat an id
 */
export function uuidV4(random) {
  const part = (count) => hex(random, count);
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${part(8)}-${part(4)}-4${part(3)}-${variant}${part(3)}-${part(12)}`;
}

/** Decimal digits, for session and conversation ids. @param {() => number} random */
export function digits(random, count) {
  const first = 1 + Math.floor(random() * 9);
  return String(first) + Array.from({ length: count - 1 }, () => Math.floor(random() * 10)).join("");
}

/** Lower-case hexadecimal text. @param {() => number} random */
export function hex(random, count) {
  return Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join("");
}
