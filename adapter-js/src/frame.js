/**
 * The widget's frame: where it is, whether it is another one than before, and its one origin.
 * RCAdapter may dispose of it and make a new one at any time, so it is looked up at each use
 * (protocol 1.1).
 */

/** @typedef {import("./internal.d.ts").Target} Target */
/** @typedef {import("./internal.d.ts").Environment} Environment */

/**
 * @param {Environment} env
 * @param {Pick<import("./types.d.ts").ConnectOptions, "frame" | "prefix">} options
 * @returns {() => HTMLIFrameElement | null}
 */
export function frameLocator(env, { frame, prefix = "rc-widget" }) {
  const { window, document } = env;
  if (typeof frame === "function") return frame;
  if (typeof frame === "object") return () => (frame.isConnected ? frame : null);
  if (typeof frame === "string") return () => asFrame(document.querySelector(frame));
  return () => {
    const made = asFrame(window.RCAdapter?.contentFrameEl);
    return made?.isConnected ? made : asFrame(document.getElementById(`${prefix}-adapter-frame`));
  };
}

/**
 * @param {unknown} found
 * @returns {HTMLIFrameElement | null}
 */
function asFrame(found) {
  const element = /** @type {HTMLIFrameElement | null | undefined} */ (found);
  return element?.tagName === "IFRAME" ? element : null;
}

/**
 * @param {object} parts
 * @param {Environment} parts.env
 * @param {() => HTMLIFrameElement | null} parts.locate
 * @param {string | null} parts.widgetOrigin null: the origin of the frame's src
 * @param {(how: {late: boolean}) => void} parts.onAppear another frame than before
 * @param {() => void} parts.onLoad the frame's document has loaded, again or for the first time
 * @param {() => void} parts.onVanish
 */
export function watchFrame({ env, locate, widgetOrigin, onAppear, onLoad, onVanish }) {
  /** @type {HTMLIFrameElement | null} */
  let known = null;

  /** @param {{late: boolean}} how */
  function look(how) {
    const found = locate();
    if (found === known) return;
    known?.removeEventListener("load", onLoad);
    known = found;
    if (found === null) {
      onVanish();
    } else {
      found.addEventListener("load", onLoad);
      onAppear(how);
    }
  }

  // A frame seen by its insertion cannot have loaded yet. Other attributes than the id are not watched,
  // for the sake of pages that change classes all the time: a frame that fits its selector later is
  // found at its first message.
  const observer = new env.MutationObserver((records) => {
    const inserted = records.some((record) => record.type === "childList");
    look({ late: !inserted });
  });
  observer.observe(env.document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["id"],
  });

  return {
    /** Looks for the frame that was there before the adapter. */
    start: () => look({ late: true }),
    /** @returns {Target | null} */
    current() {
      look({ late: true });
      // A detached frame has no window; an event made by a script may have no source. Were the one
      // compared with the other, null would equal null.
      if (known === null || known.contentWindow === null) return null;
      const origin = widgetOrigin ?? originOf(known);
      return origin === null ? null : { element: known, window: known.contentWindow, origin };
    },
    stop() {
      observer.disconnect();
      known?.removeEventListener("load", onLoad);
      known = null;
    },
  };
}

/**
 * @param {HTMLIFrameElement} frame
 * @returns {string | null} null for about:blank, srcdoc and the like, which have no origin to hold them to
 */
function originOf(frame) {
  try {
    const { origin, protocol } = new URL(frame.src);
    return protocol === "https:" || protocol === "http:" ? origin : null;
  } catch {
    return null;
  }
}
