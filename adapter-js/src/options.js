/** Checks what the page passes to `connect`; each refusal says which option, and what would do. */

/** @typedef {import("./types.d.ts").ConnectOptions} ConnectOptions */

/**
 * @param {unknown} value
 * @param {string} base
 * @returns {URL | null}
 */
function webUrl(value, base) {
  if (typeof value !== "string") return null;
  try {
    const url = new URL(value, base);
    return url.protocol === "https:" || url.protocol === "http:" ? url : null;
  } catch {
    return null;
  }
}

/**
 * @param {ConnectOptions} options
 * @param {string | null} servedFrom the daemon's address, when it served this module
 * @param {string} pageUrl
 * @returns {{base: string, widgetOrigin: string | null}}
 */
export function checkOptions(options, servedFrom, pageUrl) {
  const { daemon = servedFrom, widgetOrigin, getToken, frame, prefix } = options;
  if (daemon === null) {
    throw new TypeError("connect() needs `daemon`, the daemon's address, such as https://trunkline.example/");
  }
  const base = webUrl(daemon, pageUrl);
  if (base === null) throw new TypeError(`connect(): \`daemon\` is not an http or https address: ${daemon}`);
  base.search = base.hash = "";
  if (!base.pathname.endsWith("/")) base.pathname += "/";

  let origin = null;
  if (widgetOrigin !== undefined) {
    origin = webUrl(widgetOrigin, "invalid:")?.origin ?? null;
    if (origin === null) {
      throw new TypeError("connect(): `widgetOrigin` is an origin such as https://apps.ringcentral.com, and never \"*\"");
    }
  }
  if (getToken !== undefined && typeof getToken !== "function") {
    throw new TypeError("connect(): `getToken` is a function that gives a token or a promise of one");
  }
  if (frame !== undefined && typeof frame !== "string" && typeof frame !== "function" && !isElement(frame)) {
    throw new TypeError("connect(): `frame` is a selector, an iframe element, or a function that finds one");
  }
  if (prefix !== undefined && typeof prefix !== "string") {
    throw new TypeError("connect(): `prefix` is the text given to RingCentral's adapter.js");
  }
  return { base: base.href, widgetOrigin: origin };
}

/** @param {unknown} value */
function isElement(value) {
  return value !== null && typeof value === "object" && "tagName" in value && value.tagName === "IFRAME";
}
