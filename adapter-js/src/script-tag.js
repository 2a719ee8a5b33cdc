/**
 * The script tag that brought this module. A module has no document.currentScript, so the tag is known
 * by its address.
 */

import { tokenFrom } from "./tokens.js";

/** @typedef {import("./types.d.ts").ConnectOptions} ConnectOptions */

/**
 * @param {Document} document
 * @param {string} moduleUrl
 * @returns {HTMLElement | null}
 */
export function findScriptTag(document, moduleUrl) {
  const own = new Set([bare(moduleUrl), bare(new URL("../adapter.js", moduleUrl).href)]);
  const tags = /** @type {NodeListOf<HTMLScriptElement>} */ (document.querySelectorAll("script[src]"));
  return [...tags].find((tag) => tag.type === "module" && own.has(bare(tag.src))) ?? null;
}

/** @param {string} url */
function bare(url) {
  return url.replace(/[?#].*$/, "");
}

/**
 * @param {HTMLElement} tag
 * @param {import("./internal.d.ts").Environment} env
 * @returns {ConnectOptions}
 */
export function optionsOf(tag, env) {
  const { tokenUrl, frame, widgetOrigin, prefix, daemon } = tag.dataset;
  return {
    ...(tokenUrl && { getToken: tokenFrom(env, new URL(tokenUrl, env.document.baseURI).href) }),
    ...(frame && { frame }),
    ...(widgetOrigin && { widgetOrigin }),
    ...(prefix && { prefix }),
    ...(daemon && { daemon }),
  };
}
