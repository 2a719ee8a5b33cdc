import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BUILT = fileURLToPath(new URL("../../../../target/debug/trunkline", import.meta.url));

/** The real program's demo, on ports of its own and with a database of its own. */
export class Demo {
  #process = null;
  #folder = "";
  origins = { daemon: "", page: "", widget: "", workspace: "", shop: "" };

  /** Starts it; again after `stop`, it keeps its addresses and its database. */
  async start() {
    this.#folder ||= await mkdtemp(join(tmpdir(), "trunkline-demo-"));
    const again = this.origins.daemon !== "";
    const at = (name) => (again ? this.origins[name] : "http://127.0.0.1:0").replace("http://", "");
    const program = process.env.TRUNKLINE_BIN ?? BUILT;
    const others = ["page", "widget", "workspace", "shop"].flatMap((name) => [`--${name}`, at(name)]);
    this.#process = spawn(program, ["demo", "--listen", at("daemon"), ...others, "--data", this.#folder], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.origins = await addressesOf(this.#process);
    return this.origins;
  }

  /** Ends it as a service manager would, and waits until it is gone. */
  async stop() {
    const running = this.#process;
    this.#process = null;
    if (!running || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await gone;
  }

  async remove() {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Reads the lines the demo prints when it is ready. */
function addressesOf(running) {
  return new Promise((resolve, reject) => {
    const found = {};
    let trouble = "";
    running.stderr.on("data", (chunk) => {
      trouble = (trouble + chunk).slice(-4_000);
    });
    running.once("error", reject);
    running.once("exit", (code) => reject(new Error(`the demo ended with ${code}: ${trouble}`)));
    createInterface({ input: running.stdout }).on("line", (line) => {
      const [name, origin] = line.split(" ");
      const names = ["daemon", "page", "widget", "workspace", "shop"];
      if (names.includes(name)) found[name] = origin;
      if (names.every((each) => found[each])) resolve(found);
    });
  });
}
