import { wilson } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {{ part: number, whole: number }} Share of calls
 */

/** Of all periods in which nothing has changed, the page says of this share that something did. */
const ERROR = 0.05;
/** How many numbers and rates of all calls are compared with the days before: those of the tiles. */
const COMPARED = 12;

/**
 * @param {number} count how many comparisons are made at once; the more, the more must a difference be
 * @returns {number} half the width of an interval, in standard deviations, so that all of them together are right in
 *   95 % of all cases (Bonferroni)
 */
export function widthFor(count) {
  // https://personal.math.ubc.ca/~cbm/aands/page_933.htm, 26.2.23: right to 0.00045.
  const t = Math.sqrt(-2 * Math.log(ERROR / 2 / Math.max(1, count)));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return t - above / below;
}

/** For what is said of all calls, so that the words and the tiles say the same of a number. */
export const OF_ALL_CALLS = widthFor(COMPARED);

/**
 * Newcombe's interval of the difference of two shares (method 10, from Wilson's intervals).
 * https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I
 *
 * @param {Share} now
 * @param {Share} before
 * @param {number} z see `widthFor`
 * @returns {{ low: number, high: number }}
 */
export function differenceOfShares(now, before, z) {
  if (!now.whole || !before.whole) return { low: -1, high: 1 };
  const [a, b] = [now.part / now.whole, before.part / before.whole];
  const [ofA, ofB] = [wilson(now.part, now.whole, z), wilson(before.part, before.whole, z)];
  return {
    low: a - b - Math.hypot(a - ofA.low, ofB.high - b),
    high: a - b + Math.hypot(ofA.high - a, b - ofB.low),
  };
}

/**
 * @param {Share} now
 * @param {Share} before
 * @param {number} z
 * @returns {-1 | 0 | 1} 1: the share is greater now, 0: chance alone may have made the difference
 */
export function compareShares(now, before, z) {
  const { low, high } = differenceOfShares(now, before, z);
  if (low > 0) return 1;
  return high < 0 ? -1 : 0;
}

/**
 * Two numbers of things that happened in equally long times. Of their sum each half is as likely, if nothing has
 * changed.
 *
 * @param {number} now
 * @param {number} before
 * @param {number} z
 * @returns {-1 | 0 | 1}
 */
export function compareCounts(now, before, z) {
  const sum = now + before;
  if (!sum) return 0;
  const { low, high } = wilson(now, sum, z);
  if (low > 0.5) return 1;
  return high < 0.5 ? -1 : 0;
}
