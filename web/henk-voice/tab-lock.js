/**
 * A lock among the tabs of a browser, which gives it back when a tab is closed or crashes. In a browser that
 * forbids locks, each tab has it.
 */
export class TabLock {
  /** @type {(() => void) | null} */
  #release = null;

  /**
   * @param {string} name
   * @returns {Promise<boolean>} false at once if another tab has it
   */
  take(name) {
    return this.#request(name, { ifAvailable: true });
  }

  /** @param {string} name waits for it if another tab has it */
  hold(name) {
    return this.#request(name, {});
  }

  leave() {
    this.#release?.();
    this.#release = null;
  }

  /**
   * @param {string} name
   * @param {LockOptions} options
   * @returns {Promise<boolean>}
   */
  async #request(name, options) {
    const { locks } = globalThis.navigator ?? {};
    if (!locks) return true;
    return new Promise((resolve) => {
      locks
        .request(name, options, (lock) => {
          resolve(lock !== null);
          if (lock) return new Promise((end) => (this.#release = () => end(undefined)));
          return undefined;
        })
        .catch(() => resolve(true));
    });
  }
}
