const TITLES = { phone: "Phone", workspace: "Agent chats", shop: "Shop" };
const WIDE = "(min-width: 1680px)";

/** The widgets beside the record: one at a time, or on a wide screen the phone and another. */
export class Dock {
  #addresses;
  #chosen = "phone";
  /** @type {Map<string, {frame: HTMLIFrameElement, tab: HTMLButtonElement}>} */
  #widgets = new Map();
  #wide = window.matchMedia(WIDE);

  /** @param {{workspace?: string, shop?: string}} addresses origins */
  constructor(addresses) {
    this.#addresses = addresses;
    this.#wide.addEventListener("change", () => this.#show());
  }

  /** Stands for RingCentral's adapter.js, which makes this element (protocol 1.1). */
  phone(origin) {
    const frame = this.#add("phone", origin);
    frame.id = "rc-widget-adapter-frame";
    frame.allow = "microphone; autoplay";
    this.#show();
    return frame;
  }

  /** The chat workspace, and the shop that a visitor sees. @returns {HTMLIFrameElement | null} the workspace's frame */
  more() {
    const { workspace, shop } = this.#addresses;
    const desk = workspace ? this.#add("workspace", workspace) : null;
    if (desk) desk.id = "workspace";
    if (shop) this.#add("shop", shop).className = "shop";
    if (this.#widgets.size > 1) {
      document.getElementById("tabs").hidden = false;
      document.getElementById("dock").classList.add("wide");
      if (this.#wide.matches && desk) this.#chosen = "workspace";
    }
    this.#show();
    return desk;
  }

  badge(name, count) {
    this.#widgets.get(name)?.tab.querySelector(".badge")?.replaceChildren(count > 0 ? String(count) : "");
  }

  #add(name, origin) {
    const frame = document.createElement("iframe");
    frame.title = TITLES[name];
    frame.src = `${origin}/`;
    const tab = document.createElement("button");
    tab.type = "button";
    tab.role = "tab";
    const badge = document.createElement("span");
    badge.className = "badge";
    tab.append(TITLES[name], badge);
    tab.addEventListener("click", () => {
      this.#chosen = name;
      this.#show();
    });
    this.#widgets.set(name, { frame, tab });
    document.getElementById("tabs").append(tab);
    document.getElementById("frames").append(frame);
    return frame;
  }

  #show() {
    // A wide screen has room for the phone and one more, which is then chosen among the others.
    const both = this.#wide.matches && this.#widgets.size > 1;
    const other = this.#chosen === "phone" ? [...this.#widgets.keys()].find((name) => name !== "phone") : this.#chosen;
    for (const [name, { frame, tab }] of this.#widgets) {
      const visible = both ? name === "phone" || name === other : name === this.#chosen;
      frame.hidden = !visible;
      tab.setAttribute("aria-selected", String(visible));
    }
  }
}
