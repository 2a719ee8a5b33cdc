/**
 * The commands of the chat on a page, as the vendor documents them: entries of `window._chatq`, an array
 * until the chat's loader takes it over. Each is checked here, since the loader says nothing of what it
 * does not take.
 */

/** @typedef {{push: (entry: unknown[]) => unknown}} ChatQueue */

const EVENT = /^[a-z][a-z_]*$/;
const VARIABLE = /^custom_\w+$/;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 */
export function createChatPage({ env }) {
  /** @type {Map<string, Set<(...given: any[]) => void>>} */
  const listeners = new Map();

  /** @param {unknown[]} entry */
  function push(entry) {
    const page = /** @type {{_chatq?: ChatQueue}} */ (/** @type {unknown} */ (env.window));
    page._chatq ??= /** @type {unknown[][]} */ ([]);
    if (typeof page._chatq?.push !== "function") {
      throw new TypeError("engage: window._chatq is neither an array nor the chat's own; something else on this page uses that name");
    }
    page._chatq.push(entry);
  }

  return {
    push,
    /** @param {Record<string, string | number | boolean>} variables */
    setVariables(variables) {
      if (variables === null || typeof variables !== "object" || Array.isArray(variables)) {
        throw new TypeError("engage.setVariables() takes an object, such as {custom_cart_amount: 58}");
      }
      const entries = Object.entries(variables);
      for (const [name, value] of entries) checkVariable(name, value);
      for (const [name, value] of entries) push(["_fillCustomVariable", name, value]);
    },
    /** @param {string} nodeId */
    embed(nodeId) {
      if (typeof nodeId !== "string" || env.document.getElementById(nodeId) === null) {
        throw new TypeError(`engage.embed(): this page has no element with the id "${nodeId}" yet; the chat would have no place`);
      }
      push(["_setConfiguration", { embedded: true, parentNodeId: nodeId }]);
    },
    pageChange() {
      push(["_pageChange"]);
    },
    /**
     * @param {string} event one of the chat's own
     * @param {(...given: any[]) => void} listener
     * @returns {() => void} takes it away
     */
    on(event, listener) {
      if (typeof event !== "string" || !EVENT.test(event)) throw new TypeError(`engage.on(): "${event}" is no name of an event, such as "chat_shown"`);
      if (typeof listener !== "function") throw new TypeError(`engage.on("${event}"): the second argument is a function`);
      const known = listeners.get(event);
      const those = known ?? new Set();
      those.add(listener);
      if (known === undefined) {
        listeners.set(event, those);
        // Once a name: the chat knows no way to take a callback back.
        push(["_onEvent", event, (/** @type {any[]} */ ...given) => [...those].forEach((one) => one(...given))]);
      }
      return () => void those.delete(listener);
    },
  };
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function checkVariable(name, value) {
  if (!VARIABLE.test(name)) {
    throw new TypeError(`engage.setVariables(): "${name}" is no custom variable; their names start with "custom_"`);
  }
  if (typeof value === "number" ? !Number.isFinite(value) : typeof value !== "string" && typeof value !== "boolean") {
    throw new TypeError(`engage.setVariables(): ${name} is a string, a number or true or false, not ${value === null ? "null" : typeof value}`);
  }
}
