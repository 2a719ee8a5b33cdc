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
 * @property {number} [ttl] milliseconds; 0, and without it: it stays, so that an operator on the phone
 *   sees it afterwards
 *
 * @typedef {object} Standing
 * @property {Alert} alert
 * @property {number} shownAt
 * @property {boolean} healed
 * @property {boolean} unwanted to be taken away as soon as its id is known
 * @property {unknown} id the widget's id of the alert, once it is known
 * @property {(() => void) | null} postponed
 */

const APART = 30_000;
/** Alerts whose ids a widget that answers nothing may owe. */
const MOST_AWAITED = 50;

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
   * By the request whose answer will bring the alert's id.
   *
   * @type {Map<string, Standing>}
   */
  const awaited = new Map();

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
      body: { ttl: 0, ...alert },
    };
    if (!send(message)) {
      unsent.set(topic, alert);
      return;
    }
    if (before) {
      before.postponed?.();
      dismiss(before);
    }
    /** @type {Standing} */
    const standing = { alert, shownAt: clock.now(), healed: false, unwanted: false, id: undefined, postponed: null };
    topics.set(topic, standing);
    awaited.set(requestId, standing);
    for (const oldest of awaited.keys()) {
      if (awaited.size <= MOST_AWAITED) break;
      awaited.delete(oldest);
    }
  }

  /** @param {Standing} standing */
  function dismiss(standing) {
    standing.unwanted = true;
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
    /**
     * Shows an alert at once, in the place of the topic's earlier one: for news, not for trouble that
     * repeats itself.
     *
     * @param {string} topic
     * @param {Alert} alert
     */
    replace: show,
    /**
     * The same for a topic's last word, which a reload of the widget does not bring back.
     *
     * @param {string} topic
     * @param {Alert} alert
     */
    conclude(topic, alert) {
      show(topic, alert);
      topics.delete(topic);
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
      const standing = awaited.get(String(responseId));
      if (standing === undefined) return;
      awaited.delete(String(responseId));
      standing.id = response;
      if (standing.unwanted) dismiss(standing);
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
      awaited.clear();
    },
  };
}
