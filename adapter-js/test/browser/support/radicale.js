import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { listen } from "./serve-files.js";
import { end } from "./sites.js";

/** Where `make tools` puts it. */
const PYTHON = fileURLToPath(new URL("../../../../.tools/venv/bin/python", import.meta.url));
const BOOK = "/alice/book/";
const MAKE_BOOK = `<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>
<resourcetype><collection/><C:addressbook/></resourcetype><displayname>Customers</displayname></prop></set></mkcol>`;

/** A port nobody listens on. */
export async function freePort() {
  const server = createServer();
  const origin = await listen(server);
  await end(server);
  return Number(new URL(origin).port);
}

/** A real CardDAV server with one person, `alice`, whose password is `pw`, and another client of it. */
export class Radicale {
  origin = "";
  #process = null;
  #folder = "";

  async start() {
    this.#folder = await mkdtemp(join(tmpdir(), "trunkline-radicale-"));
    const port = await freePort();
    const config = `[server]\nhosts = 127.0.0.1:${port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = people\nhtpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = store\n`;
    await writeFile(join(this.#folder, "config"), config);
    await writeFile(join(this.#folder, "people"), "alice:pw\n");
    const running = spawn(PYTHON, ["-m", "radicale", "--config", "config"], { cwd: this.#folder, stdio: ["ignore", "ignore", "pipe"] });
    this.#process = running;
    await new Promise((resolve, reject) => {
      let words = "";
      running.stderr.on("data", (chunk) => {
        words = (words + chunk).slice(-4_000);
        if (words.includes("server ready")) resolve(undefined);
      });
      running.once("error", reject);
      running.once("exit", (code) => reject(new Error(`Radicale ended with ${code}: ${words}`)));
    });
    this.origin = `http://127.0.0.1:${port}`;
    await this.#ask("MKCOL", BOOK, MAKE_BOOK, "application/xml");
  }

  /** Writes a card, new or again. */
  put(id, name, number) {
    const card = ["BEGIN:VCARD", "VERSION:3.0", `UID:${id}`, `FN:${name}`, `N:${name.split(" ").reverse().join(";")};;;`, `TEL;TYPE=CELL:${number}`, "END:VCARD", ""];
    return this.#ask("PUT", `${BOOK}${id}.vcf`, card.join("\r\n"), "text/vcard");
  }

  remove(id) {
    return this.#ask("DELETE", `${BOOK}${id}.vcf`);
  }

  /** The text of every card. */
  async cards() {
    const response = await this.#ask("GET", BOOK);
    return response.text();
  }

  async #ask(method, path, body, type = "text/plain") {
    const headers = { Authorization: `Basic ${btoa("alice:pw")}`, "Content-Type": type };
    const response = await fetch(`${this.origin}${path}`, { method, body, headers });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async stop() {
    const running = this.#process;
    if (running && running.exitCode === null) {
      running.removeAllListeners("exit");
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGTERM");
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
