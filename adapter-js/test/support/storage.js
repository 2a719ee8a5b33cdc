/** A Storage, as far as it is used, with room for so many characters; each window that watches hears of changes. */
export class FakeStorage {
  #entries = new Map();
  #windows = new Set();
  room = Infinity;

  watchedBy(window) {
    this.#windows.add(window);
  }

  get length() {
    return this.#entries.size;
  }

  get size() {
    return [...this.#entries].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  }

  key(index) {
    return [...this.#entries.keys()][index] ?? null;
  }

  getItem(key) {
    return this.#entries.get(key) ?? null;
  }

  setItem(key, value) {
    if (this.size + key.length + value.length > this.room) throw new DOMException("full", "QuotaExceededError");
    this.#entries.set(key, value);
    this.#tell(key, value);
  }

  removeItem(key) {
    if (this.#entries.delete(key)) this.#tell(key, null);
  }

  /** Told to every window; a real one leaves out the one that wrote. */
  #tell(key, newValue) {
    for (const window of this.#windows) window.dispatchEvent(Object.assign(new Event("storage"), { key, newValue }));
  }
}
