/**
 * Logs that could not be saved: each is told to the page, with what was in it, and to the operator in an
 * alert that no later success takes back. Words the operator wrote are given back in it.
 */

import { wordsOf } from "./slip.js";

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").NewSlip} NewSlip */

/** What fits an alert; the page gets all. */
const MOST_SHOWN = 10;
const MAX_WORDS = 2_000;

/**
 * @param {object} parts
 * @param {() => string} parts.newId
 * @param {import("./handle.js").ConnectionHandle} parts.handle
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @param {(path: string) => import("./internal.d.ts").KeepFallback | null} parts.keepOf
 */
export function createLosses({ newId, handle, alerts, keepOf }) {
  /** @type {Map<string, {count: number, titles: unknown[]}>} by the words of the alert */
  const standing = new Map();

  /**
   * @param {NewSlip} slip
   * @param {string} json
   * @param {Failure} failure
   */
  return (slip, json, failure) => {
    const { path, at, about } = slip;
    const { code, detail, fix, requestId } = failure;
    const body = JSON.parse(json);
    handle.emit("lost", { path, body, at, about, code, message: detail, fix, requestId });

    const keep = keepOf(path);
    const topic = keep?.alert ?? "A log was not saved";
    const group = standing.get(topic) ?? { count: 0, titles: [] };
    standing.set(topic, group);
    group.count++;
    const words = keep === null ? [] : wordsOf(keep, body);
    const texts = [`${topic}: ${detail}`, ...words.map((text) => text.slice(0, MAX_WORDS))];
    group.titles = [
      { title: `${new Date(at).toLocaleString()}${about === "" ? "" : `, ${about}`}`, items: texts.map((text) => ({ id: newId(), type: "text", text })) },
      ...group.titles,
    ].slice(0, MOST_SHOWN);
    const parts = [
      group.count === 1 ? `${topic}.` : `${topic} (${group.count} times).`,
      about === "" ? null : `${about}.`,
      detail,
      fix,
      requestId === null ? null : `(reference ${requestId})`,
    ];
    alerts.replace(topic, { level: "danger", message: parts.filter(Boolean).join(" "), details: group.titles });
  };
}
