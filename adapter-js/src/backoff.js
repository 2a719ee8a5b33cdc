/**
 * Waiting times between attempts: doubling up to a cap, with full jitter, so that the tabs of a whole
 * office do not come back to a restarted daemon in step.
 */

const FIRST = 500;
const CAP = 30_000;
/** Chance may draw nought many times over. */
const LEAST = 100;

/**
 * @param {number} attempt 0 for the first wait
 * @param {() => number} random in [0, 1)
 * @param {number} [cap] milliseconds
 * @returns {number} milliseconds
 */
export function backoff(attempt, random, cap = CAP) {
  return Math.max(LEAST, random() * Math.min(cap, FIRST * 2 ** Math.min(attempt, 16)));
}
