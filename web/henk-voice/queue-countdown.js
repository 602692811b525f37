const TICK_MS = 1_000;
/** Timers stand still while a device sleeps. */
const ASLEEP_AFTER_MS = 10_000;

/**
 * @typedef {object} CountdownOptions
 * @property {() => boolean} isHeld whether it has to wait; then it begins again from its full length
 * @property {() => void} onTick
 * @property {() => void} onEnd
 * @property {() => void} onAsleep the device has slept: nobody saw the countdown
 */

/** The seconds before a call. */
export class Countdown {
  secondsLeft = 0;

  #options;
  #seconds = 0;
  #tickedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {CountdownOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {number} seconds */
  start(seconds) {
    this.stop();
    this.#seconds = seconds;
    this.secondsLeft = seconds;
    this.#later();
  }

  stop() {
    clearTimeout(this.#timer);
    this.secondsLeft = 0;
  }

  /** Begins again from its full length. */
  restart() {
    this.start(this.#seconds);
  }

  #later() {
    this.#tickedAt = Date.now();
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick() {
    if (Date.now() - this.#tickedAt > ASLEEP_AFTER_MS) {
      this.stop();
      this.#options.onAsleep();
      return;
    }
    if (this.#options.isHeld()) this.secondsLeft = this.#seconds;
    else this.secondsLeft -= 1;
    if (this.secondsLeft > 0) {
      this.#later();
      this.#options.onTick();
      return;
    }
    this.stop();
    this.#options.onEnd();
  }
}
