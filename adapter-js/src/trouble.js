/**
 * What is wrong between the page and the daemon, told to the page (status and "error" events) and,
 * where the operator must know, to the operator.
 */

/** @typedef {import("./internal.d.ts").Failure} Failure */
/** @typedef {import("./internal.d.ts").PathEntry} PathEntry */

const TOKEN = "Trunkline does not know you";
const TOO_LARGE = "Something was too large to be saved";
/** The daemon's own refusal, and that of a proxy before it. */
const TOO_LARGE_CODES = new Set(["body_too_large", "http_413"]);

/**
 * What the daemon and the page say ends with or without a full stop.
 *
 * @param {(string | null)[]} parts
 */
function sentences(...parts) {
  return parts.filter(Boolean).map((part) => (/[.!?…)]$/.test(part ?? "") ? part : `${part}.`)).join(" ");
}

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./handle.js").ConnectionHandle} parts.handle
 * @param {ReturnType<typeof import("./alerts.js").createAlerts>} parts.alerts
 * @param {() => void} parts.onChange
 */
export function createTrouble({ env, handle, alerts, onChange }) {
  /** @type {{status: "daemon-unreachable" | "unauthorized", message: string} | null} */
  let status = null;
  /** The code that was last written to the console, once and not at each attempt. */
  let logged = "";

  /**
   * @param {Failure} failure
   * @param {string | null} path
   */
  function report(failure, path) {
    const { code, detail, fix, requestId } = failure;
    handle.emit("error", { code, message: detail, fix, path, requestId });
  }

  /**
   * @param {string} topic
   * @param {Failure} failure
   */
  function alert(topic, { detail, fix, requestId }) {
    const message = sentences(topic, detail, fix, requestId === null ? null : `(reference ${requestId})`);
    alerts.raise(topic, { level: "danger", message });
  }

  return {
    get status() {
      return status;
    },
    /**
     * The outcome of any request to the daemon.
     *
     * @param {Failure | null} failure
     */
    health(failure) {
      const before = status;
      if (failure?.kind === "unauthorized") {
        status = { status: "unauthorized", message: failure.detail };
        // Once: it stays until the trouble is over.
        if (before?.status !== "unauthorized") alert(TOKEN, failure);
      } else if (failure?.kind === "unreachable") {
        status = { status: "daemon-unreachable", message: failure.detail };
      } else {
        status = null;
      }
      if (before?.status === "unauthorized" && status === null) alerts.heal(TOKEN);
      if (before?.status !== status?.status) onChange();
    },
    /**
     * A request the widget waited for.
     *
     * @param {string} path
     * @param {PathEntry} entry
     * @param {Failure} failure
     */
    request(path, entry, failure) {
      report(failure, path);
      const topic = entry.fallback?.alert ?? (TOO_LARGE_CODES.has(failure.code) ? TOO_LARGE : null);
      if (topic !== null) alert(topic, failure);
    },
    /**
     * A request the widget waited for, whose loss or keeping is told elsewhere.
     *
     * @param {string} path
     * @param {Failure} failure
     */
    note(path, failure) {
      report(failure, path);
    },
    /**
     * The daemon took a request of this path.
     *
     * @param {string} _path
     * @param {PathEntry} entry
     */
    over(_path, entry) {
      if (entry.fallback?.alert !== undefined) alerts.heal(entry.fallback.alert);
    },
    /**
     * A request of the adapter's own.
     *
     * @param {Failure} failure
     */
    background(failure) {
      report(failure, null);
      if (failure.code === logged) return;
      logged = failure.code;
      env.console.error(`trunkline: ${sentences(failure.detail, failure.fix)}`);
    },
  };
}
