/**
 * Stands for the chat's loader, which a page brings as the vendor's snippet does: a classic script, anywhere,
 * before or after the page's own entries of `_chatq`.
 */
(() => {
  const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
  import(new URL("chat.js", src).href).then(
    ({ start }) => start(src),
    (error) => console.error("stand-in chat:", error),
  );
})();
