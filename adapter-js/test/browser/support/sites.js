import { createServer } from "node:http";

import { listen, sendFile } from "./serve-files.js";
import { Shop } from "./shop.js";

const SIMULATOR = new URL("../../../simulator/", import.meta.url);

/** The demo's web sites with their policies, for any daemon: the CRM page, the phone, the agents' workspace and the shop. */
export class Sites {
  /** Origins whose frames the page's policy lets in beside the widget's. @type {string[]} */
  otherFrames = [];
  #origins;
  #servers = [];

  shop = new Shop();

  /** @param {{daemon: string, page: string, widget: string, workspace?: string, shop?: string}} origins filled in as they are known */
  constructor(origins) {
    this.#origins = origins;
  }

  /** @param {{chats?: boolean}} how chats: the workspace and the shop, too */
  async start({ chats = false } = {}) {
    const make = async (name, serve) => {
      const server = createServer(serve);
      this.#servers.push(server);
      this.#origins[name] = await listen(server);
    };
    await make("page", (request, response) => this.#page(request, response));
    await make("widget", (request, response) => this.#framed(request, response, "widget.html"));
    if (!chats) return;
    await make("workspace", (request, response) => this.#framed(request, response, "workspace/workspace.html"));
    await make("shop", (request, response) => this.#shop(request, response));
  }

  async stop() {
    await Promise.all(this.#servers.map(end));
  }

  #page(request, response) {
    const { daemon, widget, workspace, shop } = this.#origins;
    const frames = [widget, workspace, shop, ...this.otherFrames].filter(Boolean).join(" ");
    const policy = `default-src 'none'; script-src 'self' ${daemon}; style-src 'self'; img-src 'self' data:; connect-src 'self' ${daemon}; frame-src ${frames}`;
    return this.#files(request, response, "host.html", policy);
  }

  #framed(request, response, index) {
    const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'self'; frame-ancestors ${this.#origins.page}`;
    return this.#files(request, response, index, policy);
  }

  async #shop(request, response) {
    const { daemon, page } = this.#origins;
    if (await this.shop.answer(request, response)) return undefined;
    const policy = `default-src 'none'; script-src 'self' ${daemon}; style-src 'self'; img-src 'self' data:; connect-src 'self' ${daemon}; frame-ancestors 'self' ${page}`;
    return this.#files(request, response, "shop/shop.html", policy);
  }

  #files(request, response, index, policy) {
    const { pathname } = new URL(request.url, "http://x");
    if (pathname === "/demo.json") return response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ ...this.#origins, ...this.shop.addresses(this.#origins.daemon) }));
    return sendFile(SIMULATOR, pathname === "/" ? index : pathname.slice(1), response, { "Content-Security-Policy": policy });
  }
}

/** Closes a server and whatever is connected to it. */
export async function end(server) {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
