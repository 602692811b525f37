/** A page that is reloaded may still have the lock for a moment. */
const WAIT_MS = 2_000;

/**
 * Lets only one tab of a browser run the queue. The browser gives the lock of a tab that is closed or
 * crashes to the next one that asks. In a browser that forbids locks each tab may run it: the tokens of
 * the leases keep them apart.
 */
export class QueueLock {
  /** Ends the lock. @type {(() => void) | null} */
  #release = null;

  /**
   * @param {string} name
   * @returns {Promise<boolean>} false: another tab has it
   */
  async take(name) {
    if (this.#release) return true;
    const { locks } = globalThis.navigator ?? {};
    if (!locks) return true;
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), WAIT_MS);
    return new Promise((resolve) => {
      const hold = () => {
        clearTimeout(timer);
        const held = new Promise((end) => (this.#release = () => end(undefined)));
        resolve(true);
        return held;
      };
      locks.request(name, { signal: giveUp.signal }, hold).catch(() => {
        clearTimeout(timer);
        resolve(!giveUp.signal.aborted);
      });
    });
  }

  /** Lets another tab have it. */
  leave() {
    this.#release?.();
    this.#release = null;
  }
}
