import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { freePort } from "./radicale.js";
import { Sites } from "./sites.js";

const BUILT = fileURLToPath(new URL("../../../../target/debug/trunkline", import.meta.url));

/** The real program as it is run in earnest, `trunkline serve` with a configuration, and the demo's sites. */
export class Served {
  origins = { daemon: "", page: "", widget: "" };
  #sites = new Sites(this.origins);
  #process = null;
  #folder = "";

  /** @param {string} toml further sections */
  async start(toml) {
    this.#folder = await mkdtemp(join(tmpdir(), "trunkline-served-"));
    await this.#sites.start();
    const address = `127.0.0.1:${await freePort()}`;
    this.origins.daemon = `http://${address}`;
    const config = `[server]\nlisten = "${address}"\npublic_url = "http://${address}"\nallowed_origins = ["${this.origins.page}"]\nshutdown_seconds = 2\n[storage]\nurl = "sqlite:${join(this.#folder, "trunkline.db")}"\n${toml}`;
    const file = join(this.#folder, "trunkline.toml");
    await writeFile(file, config);
    await this.again();
    return this.origins;
  }

  /** Starts it once more, with the same configuration and database. */
  async again() {
    const file = join(this.#folder, "trunkline.toml");
    const running = spawn(process.env.TRUNKLINE_BIN ?? BUILT, ["serve", "--config", file], { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = running;
    await new Promise((resolve, reject) => {
      let words = "";
      running.stderr.on("data", (chunk) => {
        words = (words + chunk).slice(-4_000);
      });
      running.once("error", reject);
      running.once("exit", (code) => reject(new Error(`trunkline ended with ${code}: ${words}`)));
      createInterface({ input: running.stdout }).on("line", (line) => line.startsWith("Trunkline listens on") && resolve(undefined));
    });
  }

  /** Its process is gone from one moment to the next. */
  async kill() {
    const running = this.#process;
    running.removeAllListeners("exit");
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGKILL");
    await gone;
  }

  /** What its database holds: rows of text. @param {string} sql @returns {string[]} */
  rows(sql) {
    const answer = execFileSync("sqlite3", ["-readonly", join(this.#folder, "trunkline.db"), sql], { encoding: "utf8" });
    return answer.split("\n").filter(Boolean);
  }

  async stop() {
    const running = this.#process;
    if (running && running.exitCode === null) {
      running.removeAllListeners("exit");
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGTERM");
      await gone;
    }
    await this.#sites.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
