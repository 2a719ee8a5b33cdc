const KEPT = 60;

/** The newest first: what the adapter's handle and the widget told this page. */
export class Feed {
  #list;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** @param {"open" | "status" | "error" | "command" | "call" | "progress" | "chat" | "waiting"} kind */
  add(kind, title, text) {
    this.#list.querySelector(".none")?.remove();
    const item = document.createElement("li");
    item.dataset.kind = kind;
    item.append(part("span", kind, "kind"), part("strong", title), part("span", text, "text"), part("time", new Date().toLocaleTimeString()));
    this.#list.prepend(item);
    while (this.#list.children.length > KEPT) this.#list.lastChild.remove();
  }
}

function part(tag, text, name = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}
