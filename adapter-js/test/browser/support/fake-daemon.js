import { createServer } from "node:http";

import { ConnectPage } from "./connect-page.js";
import { FakeAnswers } from "./fake-answers.js";
import { FakeChats } from "./fake-chats.js";
import { listen, sendFile } from "./serve-files.js";
import { end, Sites } from "./sites.js";

const SOURCE = new URL("../../../src/", import.meta.url);

/**
 * A daemon of the test's own, with the demo's three listeners and their policies. It records every
 * request and can be stopped and started again on the same addresses.
 */
export class FakeDaemon {
  answers = new FakeAnswers();
  /** POST requests on widget paths. @type {{path: string, body: any}[]} */
  requests = [];
  origins = /** @type {{daemon: string, page: string, widget: string, workspace?: string, shop?: string}} */ ({ daemon: "", page: "", widget: "" });
  /** Paths whose requests are taken and not answered. @type {Set<string>} */
  hanging = new Set();
  connect = new ConnectPage(() => {
    this.answers.authorized = true;
    this.push([{ type: "rc-adapter-update-authorization-status", authorized: true, authorizedAccount: "operator@example.com" }]);
  });
  chats = new FakeChats(this.answers.contacts);
  #daemon = null;
  #sites = new Sites(this.origins);
  #streams = new Set();

  /** Origins whose frames the page's policy lets in beside the widget's. */
  set otherFrames(origins) {
    this.#sites.otherFrames = origins;
  }

  get shop() {
    return this.#sites.shop;
  }

  /** @param {{chats?: boolean}} [how] chats: with the workspace's and the shop's origins */
  async start(how) {
    await this.#sites.start(how);
    await this.startDaemon();
    return this.origins;
  }

  /** Only the daemon's own listener, on the address it had before. */
  async startDaemon() {
    this.answers.connectUrl = () => `${this.origins.daemon}/connect?ticket=${this.connect.ticket()}`;
    this.#daemon = createServer((request, response) => this.#api(request, response));
    this.origins.daemon = await listen(this.#daemon, Number(new URL(this.origins.daemon || "http://x").port) || 0);
  }

  async stopDaemon() {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
    await end(this.#daemon);
  }

  async stop() {
    await this.stopDaemon();
    await this.#sites.stop();
  }

  /** Commands over the event stream. */
  push(commands) {
    for (const stream of this.#streams) stream.write(`event: commands\ndata: ${JSON.stringify({ commands })}\n\n`);
  }

  posted(path) {
    return this.requests.filter((request) => request.path === path);
  }

  async #api(request, response) {
    const { pathname } = new URL(request.url, "http://x");
    if (this.connect.answer(request.url, request.method, response)) return undefined;
    const { page, shop } = this.origins;
    response.setHeader("Access-Control-Allow-Origin", shop && request.headers.origin === shop ? shop : page);
    response.setHeader("Access-Control-Allow-Headers", "authorization, content-type");
    response.setHeader("Access-Control-Expose-Headers", "x-request-id");
    if (request.method === "OPTIONS") return response.writeHead(204).end();
    if (pathname === "/adapter.js") {
      return response.writeHead(200, { "Content-Type": "text/javascript" }).end('export * from "./adapter/adapter.js";\n');
    }
    if (pathname === "/engage.js") {
      return response.writeHead(200, { "Content-Type": "text/javascript" }).end('export * from "./adapter/engage.js";\n');
    }
    if (pathname.startsWith("/adapter/")) return sendFile(SOURCE, pathname.slice("/adapter/".length), response);
    if (pathname === "/embeddable/service") return json(response, 200, this.answers.manifest);
    if (pathname === "/embeddable/events") return this.#stream(response);
    const path = pathname.replace(/^\/embeddable/, "");
    const body = JSON.parse((await textOf(request)) || "null");
    if (pathname.endsWith("/identities/renew")) {
      const renewed = this.shop.renew(body.grant);
      return renewed ? json(response, 200, renewed) : json(response, 401, { code: "grant_replayed", detail: "This grant was used before." }, "application/problem+json");
    }
    const chats = this.chats.answer(pathname, body);
    if (chats) return json(response, chats.status, chats.body, chats.status === 200 ? "application/json" : "application/problem+json");
    if (this.hanging.has(path)) return undefined;
    this.requests.push({ path, body });
    const answer = this.answers.answer(path, body);
    if (answer) return json(response, 200, answer);
    return json(response, 404, { type: "about:blank", title: "Not found", status: 404, code: "unknown_path", detail: "no such path" }, "application/problem+json");
  }

  #stream(response) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write('event: hello\ndata: {"version":"0.0.0"}\n\n');
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }
}

function json(response, status, value, type = "application/json") {
  response.writeHead(status, { "Content-Type": type }).end(JSON.stringify(value));
}

async function textOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
