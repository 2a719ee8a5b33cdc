/** A call counts as unlogged only when it has been over for this long (protocol 7). */
const SETTLED_AFTER = 20_000;
/** AI notes are fetched one by one, so only so many calls of an answer have theirs (protocol 7). */
const WITH_NOTES = 10;

/** What the host may ask the widget (`rc-adapter-message-request`, protocol 5 and V39). */
export class HostRequests {
  #runtime;
  #alerts;
  #line;
  #logger;
  #matching;

  constructor({ runtime, alerts, line, logger, matching }) {
    this.#runtime = runtime;
    this.#alerts = alerts;
    this.#line = line;
    this.#logger = logger;
    this.#matching = matching;
  }

  receive({ requestId, path, body }) {
    const handler = this.#handlers[path];
    // A body that is needed and missing throws in the real widget: no answer at all.
    if (handler && !body) return;
    const response = handler ? handler(body) : { data: "no matched path" };
    this.#runtime.post({ type: "rc-adapter-message-response", responseId: requestId, response });
  }

  #handlers = {
    "/custom-alert-message": (body) => this.#alerts.show(body),
    "/dismiss-alert-message": ({ id }) => {
      this.#alerts.dismiss(id);
      return "ok";
    },
    "/unlogged-calls": ({ perPage = 100, page = 1 }) => {
      const calls = this.#line.history.filter((record) => this.#unlogged(record));
      const from = (page - 1) * perPage;
      return {
        calls: calls.slice(from, from + perPage).map((record, index) => this.#withNotes(record, index < WITH_NOTES)),
        hasMore: calls.length > from + perPage,
      };
    },
    "/get-call-log": ({ sessionId, telephonySessionId }) => {
      if (!sessionId && !telephonySessionId) return { error: "sessionId or telephonySessionId is required" };
      const record = this.#line.history.find((entry) => {
        return entry.sessionId === sessionId || entry.telephonySessionId === telephonySessionId;
      });
      return { call: record ? this.#withNotes(record) : null };
    },
  };

  /** Judged by the match cache alone: bad matches make logged calls turn up here (V39). */
  #unlogged(record) {
    if (!record.action) return false;
    const ended = record.startTime + record.duration * 1000;
    if (this.#runtime.now() - ended <= SETTLED_AFTER) return false;
    return this.#matching.callLogs.entities(record.sessionId).every((entity) => entity.type === "status");
  }

  #withNotes(record, fetched = true) {
    const call = this.#logger.describe(this.#line.shape(record.sessionId));
    const { aiNote = null, transcript = null } = fetched ? record : {};
    return { ...call, aiNote, transcript };
  }
}
