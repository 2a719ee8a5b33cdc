import { createServer } from "node:http";

import { listen, sendFile } from "./serve-files.js";

const SIMULATOR = new URL("../../../simulator/", import.meta.url);

/** The demo's two web sites, the CRM page and the phone, with their policies, for any daemon. */
export class Sites {
  /** Origins whose frames the page's policy lets in beside the widget's. @type {string[]} */
  otherFrames = [];
  #origins;
  #servers = [];

  /** @param {{daemon: string, page: string, widget: string}} origins filled in as they are known */
  constructor(origins) {
    this.#origins = origins;
  }

  async start() {
    const page = createServer((request, response) => this.#page(request, response));
    const widget = createServer((request, response) => this.#widget(request, response));
    this.#servers = [page, widget];
    this.#origins.page = await listen(page);
    this.#origins.widget = await listen(widget);
  }

  async stop() {
    await Promise.all(this.#servers.map(end));
  }

  #page(request, response) {
    const { daemon, widget } = this.#origins;
    const policy = `default-src 'none'; script-src 'self' ${daemon}; style-src 'self'; img-src 'self' data:; connect-src 'self' ${daemon}; frame-src ${[widget, ...this.otherFrames].join(" ")}`;
    return this.#files(request, response, "host.html", policy);
  }

  #widget(request, response) {
    const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; frame-ancestors ${this.#origins.page}`;
    return this.#files(request, response, "widget.html", policy);
  }

  #files(request, response, index, policy) {
    const { pathname } = new URL(request.url, "http://x");
    if (pathname === "/demo.json") return response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(this.#origins));
    return sendFile(SIMULATOR, pathname === "/" ? index : pathname.slice(1), response, { "Content-Security-Policy": policy });
  }
}

/** Closes a server and whatever is connected to it. */
export async function end(server) {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
