/**
 * Shows in the answers of a matcher what waits in this browser, and what was lost on its way: a status
 * entity is no log, but says in the widget why there is none yet (protocol 3.6). The daemon's own
 * entities stay as they are.
 */

/**
 * @param {import("./internal.d.ts").PathEntry} entry
 * @param {unknown} body what the matcher was asked
 * @param {unknown} response
 * @param {import("./internal.d.ts").MarksOf} marksOf
 * @returns {unknown}
 */
export function withStatus({ fallback }, body, response, marksOf) {
  const waiting = fallback?.kind === "last-known" ? fallback.waiting : undefined;
  if (waiting === undefined) return response;
  const { waits, lost } = marksOf(waiting.path);
  if (waits.size === 0 && lost.size === 0) return response;
  const data = record(record(response).data);
  const shown = list(record(body)[waiting.keys]).flatMap((asked) => {
    const key = String(asked);
    const entities = [];
    if (lost.has(key) && waiting.lost) entities.push({ ...waiting.lost, message: `${waiting.lost.message}: ${lost.get(key)}` });
    if (waits.has(key)) entities.push(waiting.entity);
    if (entities.length === 0) return [];
    return [[key, [...(Object.hasOwn(data, key) ? list(data[key]) : []), ...entities]]];
  });
  if (shown.length === 0) return response;
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
