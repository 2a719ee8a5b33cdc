import { draw } from "../view/dom.js";
import { Desk } from "./desk.js";
import { page } from "./view.js";

/** The page around the simulated workspace: the parent window, and the drawing. */

const { page: parentOrigin, customers = [] } = await (await fetch("demo.json")).json();
const root = /** @type {HTMLElement} */ (document.getElementById("root"));
const ui = { drawer: false };
let drawing = false;

const desk = new Desk({
  runtime: {
    // Only to the origin that the account lists (`operator_iframe_allowed_parent_origin`).
    post: (message) => window.parent.postMessage(message, parentOrigin),
    random: () => Math.random(),
    now: () => Date.now(),
    changed,
  },
  customers,
});

function changed() {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    draw(root, page(desk, ui, changed));
    const talk = root.querySelector(".talk");
    if (talk) talk.scrollTop = talk.scrollHeight;
  });
}

window.addEventListener("message", ({ source, origin, data }) => {
  if (source === window.parent && origin === parentOrigin) desk.receive(data);
});

changed();
