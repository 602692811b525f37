/**
 * @typedef {import('./line-grade.js').Grade} Grade
 * @typedef {import('./line-grade.js').Graded} Graded
 */

/** How long it has to be worse, or better, before it is said: a sign that flickers is not believed. */
const WORSE_AFTER_MS = 3_000;
const BETTER_AFTER_MS = 8_000;
const BADNESS = /** @type {const} */ ({ good: 0, fair: 1, poor: 2 });

/** What the sign says of a line: what holds for some seconds. */
export class SteadyGrade {
  /** @type {Graded} */
  shown = { grade: null, fault: null };

  /** @type {number | null} */
  #differsSince = null;
  #wasWorse = false;

  /**
   * @param {Graded} now
   * @param {number} at `performance.now()`
   * @returns {boolean} whether what is shown has changed
   */
  learn(now, at) {
    const { grade, fault } = this.shown;
    if (now.grade === grade && now.fault === fault) {
      this.#differsSince = null;
      return false;
    }
    const isWorse = badness(now) > badness(this.shown);
    if (this.#differsSince === null || this.#wasWorse !== isWorse) this.#differsSince = at;
    this.#wasWorse = isWorse;
    const isFirst = grade === null && fault === null && now.fault === null;
    const isBetter = badness(now) < badness(this.shown);
    const wait = isFirst ? 0 : isBetter ? BETTER_AFTER_MS : WORSE_AFTER_MS;
    if (at - this.#differsSince < wait) return false;
    this.#differsSince = null;
    this.shown = now;
    return true;
  }
}

/** @param {Graded} graded */
function badness({ grade, fault }) {
  // A fault of the other side is worth a word, although the line is good.
  return (grade === null ? 0 : BADNESS[grade]) + (fault ? 0.5 : 0);
}
