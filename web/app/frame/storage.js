/**
 * What the page remembers in this browser. If the browser does not let the page store anything, or has
 * no room, it is remembered until the page is closed.
 */
export class PageStorage {
  #onLoss;
  #isLost = false;
  /** What could not be stored. @type {Map<string, string>} */
  #memory = new Map();

  /** @param {() => void} onLoss called when something could not be stored for the first time */
  constructor(onLoss) {
    this.#onLoss = onLoss;
  }

  /** @param {string} key */
  getItem(key) {
    const kept = this.#memory.get(key);
    if (kept !== undefined) return kept;
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    try {
      localStorage.setItem(key, value);
      this.#memory.delete(key);
    } catch {
      // Another tab must not find what was there before.
      this.removeItem(key);
      this.#memory.set(key, value);
      if (!this.#isLost) this.#onLoss();
      this.#isLost = true;
    }
  }

  /** Calls `onLoss` again, if something could not be stored. */
  tellAgain() {
    if (this.#isLost) this.#onLoss();
  }

  /** @param {string} key */
  removeItem(key) {
    this.#memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // Nothing was stored.
    }
  }
}
