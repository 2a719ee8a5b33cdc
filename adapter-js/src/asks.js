/**
 * What the adapter asks of the widget (`rc-adapter-message-request`, protocol 5) and waits for.
 */

/** RingCentral's own helper gives up then (protocol 7). */
const LIMIT = 5_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {() => string} parts.newId
 * @param {(message: import("./internal.d.ts").Command) => boolean} parts.send false: no widget listens
 */
export function createAsks({ clock, newId, send }) {
  /** @type {Map<string, (response: any) => void>} */
  const open = new Map();
  return {
    /**
     * @param {string} path
     * @param {unknown} body
     * @returns {Promise<any>} undefined: no answer, as when the permission is missing
     */
    ask(path, body) {
      const requestId = newId();
      return new Promise((resolve) => {
        const cancel = clock.after(LIMIT, () => settle(undefined));
        const settle = (/** @type {unknown} */ response) => {
          open.delete(requestId);
          cancel();
          resolve(response);
        };
        open.set(requestId, settle);
        if (!send({ type: "rc-adapter-message-request", requestId, path, body })) settle(undefined);
      });
    },
    /**
     * @param {unknown} responseId
     * @param {unknown} response
     */
    answered(responseId, response) {
      open.get(String(responseId))?.(response);
    },
  };
}
