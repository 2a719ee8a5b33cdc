/**
 * Which requests the browser is asked to finish after the page is gone. It does so for 64 KB at a time
 * (Fetch standard, 4.6); what exceeds them is refused, so the sum is kept below.
 */

const BUDGET = 60_000;
const encoder = new TextEncoder();

export function createKeepalive() {
  let used = 0;
  return {
    /**
     * @param {string} body
     * @returns {(() => void) | null} gives the room back; null: there is none
     */
    take(body) {
      const size = body.length > BUDGET ? Infinity : encoder.encode(body).length;
      if (used + size > BUDGET) return null;
      used += size;
      let taken = true;
      return () => {
        if (taken) used -= size;
        taken = false;
      };
    },
  };
}
