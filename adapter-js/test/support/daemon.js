import { readFileSync } from "node:fs";

const vectors = new URL("../../../tests/fixtures/protocol/", import.meta.url);

/** One of the protocol's recorded exchanges, shared with the daemon's own tests. */
export function vector(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, vectors), "utf8"));
}

const answer = (response, more) => ({ kind: "answer", response, ...more });

const waiting = (path, keys) => ({
  path,
  keys,
  entity: { id: "waiting", type: "status", status: "pending", message: "Waiting in this browser" },
  lost: { id: "lost", type: "status", status: "failed", message: "Not saved" },
});

const keep = (alert, more) => ({ kind: "keep", response: { data: "kept" }, refused: { data: "error" }, alert, words: ["note"], ...more });

export const PATHS = {
  "/contacts": { deadline: 60000, fallback: answer(null) },
  "/contacts/search": { deadline: 30000, fallback: answer({ data: [] }) },
  "/contacts/match": { deadline: 30000, fallback: { kind: "last-known", keys: ["phoneNumbers"] } },
  "/callLogger/match": { deadline: 30000, fallback: { kind: "last-known", keys: ["sessionIds"], waiting: waiting("/callLogger", "sessionIds") } },
  "/messageLogger/match": {
    deadline: 30000,
    fallback: {
      kind: "last-known",
      keys: ["conversationLogIds", "messageIds"],
      waiting: waiting("/messageLogger", "conversationLogIds"),
    },
  },
  "/callLogger": {
    deadline: 6000,
    fallback: keep("The call was not saved", {
      keys: ["call.sessionId", "call.telephonySessionId"],
      mark: "call.sessionId",
      about: ["call.fromName", "call.from.phoneNumber", "call.toName", "call.to.phoneNumber"],
      machine: { triggerType: ["presenceUpdate", "callLogSync"] },
      unkept: { when: { triggerType: ["viewLog"] }, alert: "The call was not opened" },
      rematch: { type: "rc-adapter-trigger-call-logger-match", field: "sessionIds" },
      sweep: {
        item: "call",
        key: "sessionId",
        with: { triggerType: "callLogSync" },
        lift: ["aiNote", "transcript"],
        matcher: { path: "/callLogger/match", keys: "sessionIds" },
        autoLog: null,
      },
    }),
  },
  "/messageLogger": {
    deadline: 6000,
    fallback: keep("The messages were not saved", {
      keys: ["conversation.conversationId"],
      mark: "conversation.conversationLogId",
      about: ["conversation.type", "conversation.correspondents.0.name", "conversation.correspondents.0.phoneNumber", "conversation.date"],
      machine: { triggerType: ["auto"] },
      unkept: { when: { triggerType: ["openLog"] }, alert: "The messages were not opened" },
    }),
  },
  "/settings": { deadline: 3000, fallback: answer({ data: "error" }, { alert: "The setting was not saved" }) },
  "/activities": { deadline: 3000, fallback: answer({ data: [] }) },
  "/authorize": { fallback: answer({ data: "error" }) },
  "/doNotContact": {
    deadline: 3000,
    fallback: answer({ data: { result: true, mode: "restrict", message: "The list cannot be read now." } }),
  },
};

/** A daemon behind `fetch`: answers by its routes, and keeps what it was asked. */
export class FakeDaemon {
  base = "https://daemon.example/";
  requests = [];
  streams = [];
  /** By path of the widget: a function of (body, request) that gives {response, commands} or a Response. */
  routes = new Map();
  down = false;
  /** The token that is taken; null: none is asked for. */
  token = null;
  refusal = "token_expired";
  manifest = {
    service: vector("03-register-full").message.service,
    operator: { id: "dana", name: "Dana" },
    defaultDeadline: 3000,
    paths: { ...PATHS },
  };

  on(path, route) {
    this.routes.set(path, route);
    return this;
  }

  /** What was posted on one path of the widget. */
  posted(path) {
    return this.requests.filter((request) => request.path === `/embeddable${path}` && request.method === "POST");
  }

  async fetch(url, init) {
    const { pathname } = new URL(url);
    const request = { url, path: pathname, ...init, token: init.headers.Authorization?.replace("Bearer ", "") ?? null };
    this.requests.push(request);
    if (init.signal.aborted) throw init.signal.reason;
    if (this.down) throw new TypeError("Failed to fetch");
    if (this.token !== null && request.token !== this.token) {
      return problem(401, request.token === null ? "token_missing" : this.refusal, "The token is no longer valid.");
    }
    if (pathname === "/embeddable/service") return Response.json(this.manifest);
    if (pathname === "/embeddable/events") return this.#stream(init.signal);
    const path = pathname.replace("/embeddable", "");
    const route = this.routes.get(path) ?? (() => ({ response: { data: "ok" }, commands: [] }));
    const aborted = new Promise((_, reject) => init.signal.addEventListener("abort", () => reject(init.signal.reason)));
    const result = await Promise.race([route(JSON.parse(init.body), request), aborted]);
    return result instanceof Response ? result : Response.json(result);
  }

  #stream(signal) {
    const stream = { ended: false };
    const body = new ReadableStream({
      start(controller) {
        stream.text = (text) => controller.enqueue(new TextEncoder().encode(text));
        stream.end = () => {
          stream.ended = true;
          controller.close();
        };
        signal.addEventListener("abort", () => {
          if (!stream.ended) controller.error(signal.reason);
          stream.ended = true;
        });
      },
      cancel() {
        stream.ended = true;
      },
    });
    stream.hello = () => stream.text('event: hello\ndata: {"version":"0.1.0"}\n\n');
    stream.commands = (...commands) =>
      stream.text(`event: commands\nid: 1\ndata: ${JSON.stringify({ commands })}\n\n`);
    this.streams.push(stream);
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}

/** An error as the daemon answers it. */
export function problem(status, code, detail = "It did not work.", fix = undefined) {
  return new Response(JSON.stringify({ type: "about:blank", title: "x", status, code, detail, fix }), {
    status,
    headers: { "content-type": "application/problem+json", "x-request-id": "req-1" },
  });
}

/** A promise that a test settles. */
export function later() {
  let resolve;
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}
