/**
 * Alerts in the widget (protocol 5, `/custom-alert-message`): the one place where the operator learns
 * that something failed, since no response has an error field (protocol 1.4). One alert a topic at a
 * time, not more than one in half a minute, taken away when the trouble is over.
 */

/**
 * @typedef {object} Alert
 * @property {"info" | "success" | "warning" | "danger"} level
 * @property {string} message
 * @property {unknown[]} [details] links, as protocol 5 has them
 *
 * @typedef {object} Standing
 * @property {Alert} alert
 * @property {number} shownAt
 * @property {boolean} healed
 * @property {string | null} requestId the request whose answer will bring the alert's id
 * @property {unknown} id the widget's id of the alert, once it is known
 * @property {(() => void) | null} postponed
 */

const APART = 30_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {() => string} parts.newId
 * @param {(message: import("./internal.d.ts").Command) => boolean} parts.send false: no widget listens
 */
export function createAlerts({ clock, newId, send }) {
  /** @type {Map<string, Standing>} */
  const topics = new Map();
  /**
   * Raised while no widget listened.
   *
   * @type {Map<string, Alert>}
   */
  const unsent = new Map();

  /**
   * @param {string} topic
   * @param {Alert} alert
   */
  function show(topic, alert) {
    const before = topics.get(topic);
    const requestId = newId();
    const message = {
      type: "rc-adapter-message-request",
      requestId,
      path: "/custom-alert-message",
      // ttl 0: it stays, so that an operator on the phone sees it afterwards.
      body: { ...alert, ttl: 0 },
    };
    if (!send(message)) {
      unsent.set(topic, alert);
      return;
    }
    if (before) dismiss(before);
    topics.set(topic, { alert, shownAt: clock.now(), healed: false, requestId, id: undefined, postponed: null });
  }

  /** @param {Standing} standing */
  function dismiss(standing) {
    // Without an id the widget would take away every alert, RingCentral's own included (protocol 5).
    if (standing.id === undefined || standing.id === null) return;
    send({
      type: "rc-adapter-message-request",
      requestId: newId(),
      path: "/dismiss-alert-message",
      body: { id: standing.id },
    });
    standing.id = undefined;
  }

  return {
    /**
     * @param {string} topic what the alert is about; alerts of one topic replace each other
     * @param {Alert} alert
     */
    raise(topic, alert) {
      const standing = topics.get(topic);
      const wait = standing ? standing.shownAt + APART - clock.now() : 0;
      if (!standing || wait <= 0) return show(topic, alert);
      if (!standing.healed || standing.postponed) return;
      standing.postponed = clock.after(wait, () => show(topic, alert));
    },
    /** @param {string} topic */
    heal(topic) {
      unsent.delete(topic);
      const standing = topics.get(topic);
      if (!standing) return;
      standing.postponed?.();
      standing.postponed = null;
      standing.healed = true;
      dismiss(standing);
    },
    /**
     * The widget's answer to a message request: the id of the alert it shows.
     *
     * @param {unknown} responseId
     * @param {unknown} response
     */
    answered(responseId, response) {
      for (const standing of topics.values()) {
        if (standing.requestId !== responseId) continue;
        standing.requestId = null;
        standing.id = response;
        if (standing.healed) dismiss(standing);
      }
    },
    /** A widget listens now: shows what was raised before. */
    flush() {
      const held = [...unsent];
      unsent.clear();
      for (const [topic, alert] of held) show(topic, alert);
    },
    /** The widget was reloaded: its alerts are gone, what still holds is shown again. */
    reset() {
      for (const [topic, standing] of topics) {
        standing.postponed?.();
        if (!standing.healed) unsent.set(topic, standing.alert);
      }
      topics.clear();
    },
  };
}
