/**
 * The entry. Imported, it offers `connect` and `engage`; brought by a script tag, it connects by itself.
 */

import { connectIn } from "./connect.js";
import { browserEnvironment } from "./environment.js";
import { findScriptTag, optionsOf } from "./script-tag.js";

export { engage } from "./engage.js";

/**
 * The daemon serves this module as <base>/adapter/adapter.js; a package manager puts it anywhere else.
 */
const servedFrom = /\/adapter\/adapter\.js$/.test(import.meta.url) ? new URL("../", import.meta.url).href : null;

/** @type {typeof import("./types.d.ts").connect} */
export const connect = (options = {}) => connectIn(options, browserEnvironment(), servedFrom);

// Rendering on a server imports the package without a document.
if (typeof document !== "undefined") {
  const tag = findScriptTag(document, import.meta.url);
  if (tag !== null) {
    try {
      connect(optionsOf(tag, browserEnvironment()));
    } catch (error) {
      // Thrown from here it would also break whoever imports this module.
      console.error("trunkline: could not connect:", error);
    }
  }
}
