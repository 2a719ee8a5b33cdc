/**
 * The least that draws: a tree of plain objects, laid over the page so that fields keep their focus.
 * No markup text and no inline handlers anywhere, so a strict content security policy holds.
 */

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "selected"]);

/** @typedef {{tag: string, props: Record<string, any>, children: (Node_ | string)[]}} Node_ */

/**
 * @param {string} tag "button.primary" gives a class
 * @param {Record<string, any> | null} [props] functions are listeners: {click: () => ...}
 * @param {...any} children null, false and nested arrays are fine
 * @returns {Node_}
 */
export function h(tag, props, ...children) {
  const [name, ...classes] = tag.split(".");
  const all = { ...props };
  const joined = [...classes, all.class].filter(Boolean).join(" ");
  if (joined) all.class = joined;
  const flat = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
  return { tag: name, props: all, children: flat.map((child) => (typeof child === "object" ? child : String(child))) };
}

export const icon = (name, extra = "") => h("svg.icon", { class: extra, "aria-hidden": "true" }, h("use", { href: `#i-${name}` }));

/**
 * Makes the children of `parent` be what `nodes` say. A node with a key keeps its element while others
 * come and go around it, so that an alert above does not take the focus from a note being typed.
 */
export function draw(parent, nodes) {
  const wanted = [nodes].flat(Infinity).filter(Boolean);
  const keys = new Set(wanted.map((node) => node.props?.key));
  for (const dom of [...parent.childNodes]) if (dom.drawnKey !== undefined && !keys.has(dom.drawnKey)) dom.remove();
  wanted.forEach((node, index) => {
    const here = parent.childNodes[index];
    if (here && fits(here, node)) return update(here, node);
    const keyed = node.props?.key !== undefined;
    const later = keyed && [...parent.childNodes].slice(index).find((dom) => fits(dom, node));
    if (later) update(later, node);
    parent.insertBefore(later || make(node), here ?? null);
  });
  while (parent.childNodes.length > wanted.length) parent.lastChild.remove();
}

function fits(dom, node) {
  if (typeof node === "string") return dom.nodeType === 3;
  return dom.nodeType === 1 && dom.localName === node.tag && dom.drawnKey === node.props.key;
}

function make(node) {
  if (typeof node === "string") return document.createTextNode(node);
  const svg = node.tag === "svg" || node.tag === "use";
  const dom = svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  dom.drawnKey = node.props.key;
  update(dom, node);
  return dom;
}

function update(dom, node) {
  if (typeof node === "string") {
    if (dom.data !== node) dom.data = node;
    return;
  }
  const before = dom.drawn ?? {};
  dom.drawn = node.props;
  for (const name of Object.keys(before)) if (!(name in node.props)) set(dom, name, undefined);
  // Children first: a select's value needs its options.
  draw(dom, node.children);
  for (const [name, value] of Object.entries(node.props)) set(dom, name, value);
}

function set(dom, name, value) {
  if (name === "key") return;
  if (typeof value === "function" || dom[`on${name}`] !== undefined) {
    dom[`on${name}`] = value ?? null;
  } else if (AS_PROPERTY.has(name)) {
    const next = value ?? (name === "value" ? "" : false);
    if (dom[name] !== next) dom[name] = next;
  } else if (value === undefined || value === null || value === false) {
    dom.removeAttribute(name);
  } else {
    dom.setAttribute(name, value === true ? "" : value);
  }
}
