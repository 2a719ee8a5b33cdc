/**
 * Shows in the answers of a matcher what waits in this browser: a status entity is no log, but says in
 * the widget why there is none yet (protocol 3.6). The daemon's own entities stay as they are.
 */

/**
 * @param {import("./internal.d.ts").PathEntry} entry
 * @param {unknown} body what the matcher was asked
 * @param {unknown} response
 * @param {(path: string) => Set<string>} marksOf the marks of a path's posts that wait here
 * @returns {unknown}
 */
export function withWaiting({ fallback }, body, response, marksOf) {
  const waiting = fallback?.kind === "last-known" ? fallback.waiting : undefined;
  const marks = waiting === undefined ? new Set() : marksOf(waiting.path);
  if (waiting === undefined || marks.size === 0) return response;
  const asked = list(record(body)[waiting.keys]).filter((key) => marks.has(key));
  if (asked.length === 0) return response;
  const data = record(record(response).data);
  const entitiesOf = (/** @type {string} */ key) => (Object.hasOwn(data, key) ? list(data[key]) : []);
  const shown = asked.map((key) => [String(key), [...entitiesOf(String(key)), waiting.entity]]);
  return { ...record(response), data: Object.fromEntries([...Object.entries(data), ...shown]) };
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function record(value) {
  return value !== null && typeof value === "object" ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function list(value) {
  return Array.isArray(value) ? value : [];
}
