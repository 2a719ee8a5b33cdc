/**
 * Where the widget stands, in the paths `rc-adapter-navigate-to` uses (protocol 5). The log pages are
 * forms over the page behind them.
 */
export class Navigation {
  #logging;
  #changed;
  #behind = [];
  path = "/dialer";

  /** @param {import("./logging.js").Logging} logging */
  constructor(logging, changed) {
    this.#logging = logging;
    this.#changed = changed;
  }

  go(path) {
    if (typeof path !== "string") return;
    if (path === "goBack") {
      this.path = this.#behind.pop() ?? "/dialer";
    } else if (path.startsWith("/log/call/")) {
      this.#logging.showCallForm(path.slice("/log/call/".length));
    } else if (path.startsWith("/log/messages/")) {
      this.#logging.showThreadForm(path.slice("/log/messages/".length));
    } else if (path !== this.path) {
      this.#behind.push(this.path);
      this.path = path;
    }
    this.#changed();
  }
}
