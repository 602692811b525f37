/**
 * A lock among the tabs of a browser, which gives it back when a tab is closed or crashes. In a browser that
 * forbids locks, each tab has it.
 */
export class TabLock {
  /** @type {(() => void) | null} */
  #release = null;

  /**
   * @param {string} name
   * @param {number} [waitMs] how long to wait while another tab has it
   * @returns {Promise<boolean>} false if another tab has it
   */
  async take(name, waitMs = 0) {
    if (this.#release) return true;
    if (waitMs === 0) return this.#request(name, { ifAvailable: true });
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), waitMs);
    const isOurs = await this.#request(name, { signal: giveUp.signal });
    clearTimeout(timer);
    return isOurs;
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
        .catch(() => resolve(!options.signal?.aborted));
    });
  }
}
