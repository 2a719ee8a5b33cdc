/**
 * Where the widget stands, in the paths `rc-adapter-navigate-to` uses (protocol 5). The log pages are
 * forms over the page behind them.
 */
export class Navigation {
  #logging;
  #customPages;
  #changed;
  #behind = [];
  path = "/dialer";

  /** @param {import("./logging.js").Logging} logging @param {import("./custom-pages.js").CustomPages} customPages */
  constructor(logging, customPages, changed) {
    this.#logging = logging;
    this.#customPages = customPages;
    this.#changed = changed;
  }

  go(path) {
    if (typeof path !== "string") return;
    if (path === "goBack") {
      this.#show(this.#behind.pop() ?? "/dialer");
    } else if (path.startsWith("/log/call/")) {
      this.#logging.showCallForm(path.slice("/log/call/".length));
    } else if (path.startsWith("/log/messages/")) {
      this.#logging.showThreadForm(path.slice("/log/messages/".length));
    } else if (path !== this.path) {
      this.#behind.push(this.path);
      this.#show(path);
    }
    this.#changed();
  }

  #show(path) {
    this.path = path;
    const [, first, id] = path.split("/");
    if (first === "customized" || first === "customizedTabs") this.#customPages.arrive(id);
    else this.#customPages.leave();
  }
}
