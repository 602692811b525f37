/** How long something lasted without a break, and altogether. */
export class Stretch {
  /** How long it has lasted, milliseconds; 0 if it is not so. */
  nowMs = 0;
  /** Of all stretches that were long enough. */
  totalMs = 0;

  #atLeastMs;
  #isSure = true;

  /** @param {number} atLeastMs what is shorter does not count */
  constructor(atLeastMs) {
    this.#atLeastMs = atLeastMs;
  }

  /** Whether it has lasted long enough. */
  get isLong() {
    return this.nowMs >= this.#atLeastMs && this.#isSure;
  }

  /**
   * @param {boolean} holds whether it was so
   * @param {number} ms for this time
   * @param {boolean} [isSure] whether this has been so often enough to be believed
   */
  add(holds, ms, isSure = true) {
    if (!holds) {
      this.nowMs = 0;
      return;
    }
    const wasLong = this.isLong;
    this.#isSure = isSure;
    this.nowMs += ms;
    if (this.isLong) this.totalMs += wasLong ? ms : this.nowMs;
  }
}
