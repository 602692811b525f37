const EVERY_MS = 30_000;
/** After these events of `window` the heartbeat comes at once: timers do not run while a machine sleeps. */
const WAKING = ['online', 'pageshow', 'focus'];
/** A window that is clicked often needs no heartbeat each time. */
const WAKES_AFTER_MS = 10_000;

/**
 * Says again and again that a lead is still reserved for this page. Each beat is started by the answer to
 * the one before, so that hidden pages keep their rhythm.
 */
export class Heartbeat {
  #extend;
  #onLost;
  #isRunning = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #beatAt = 0;

  /**
   * @param {() => Promise<boolean>} extend resolves to false if the lease is lost
   * @param {() => void} onLost
   */
  constructor(extend, onLost) {
    this.#extend = extend;
    this.#onLost = onLost;
  }

  start() {
    this.#isRunning = true;
    this.#beatAt = Date.now();
    for (const name of WAKING) globalThis.addEventListener?.(name, this.#wake);
    this.#later();
  }

  stop() {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    for (const name of WAKING) globalThis.removeEventListener?.(name, this.#wake);
  }

  #wake = () => {
    if (Math.abs(Date.now() - this.#beatAt) >= WAKES_AFTER_MS) void this.#beat();
  };

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#beat(), EVERY_MS);
  }

  async #beat() {
    this.#beatAt = Date.now();
    clearTimeout(this.#timer);
    // Without an answer the lease may still be there: it is asked again.
    const isKept = await this.#extend().catch(() => true);
    if (!this.#isRunning) return;
    if (isKept) return this.#later();
    this.stop();
    this.#onLost();
  }
}
