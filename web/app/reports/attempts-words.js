import { count, percent } from './numbers.js';

/** The last step has all later dials, too. */
const LAST = 20;

/** @param {number} attempt */
export function attemptName(attempt) {
  return attempt < LAST ? ordinal(attempt) : `${ordinal(LAST)} or later`;
}

/**
 * @param {import('../../henk-voice/henk-voice.js').Attempts} attempts
 * @returns {string} how many dials it takes
 */
export function attemptsSentence({ numbers, reached, median_attempts: median }) {
  if (!numbers) return 'No number was dialled for the first time in this time.';
  const said =
    numbers === 1
      ? `1 number was dialled for the first time, and ${reached ? 'has been' : 'has not been'} reached.`
      : `${count(numbers)} numbers were dialled for the first time, and ${count(reached)} of them ` +
        `(${percent(reached / numbers)}) have been reached.`;
  if (median === null || reached < 2) return said;
  return `${said} Half of those who were reached answered the ${ordinal(Math.ceil(median))} dial or an earlier one.`;
}

const RULES = new Intl.PluralRules('en', { type: 'ordinal' });
const ENDINGS = { one: 'st', two: 'nd', few: 'rd', other: 'th' };

/** @param {number} number */
function ordinal(number) {
  const rule = RULES.select(number);
  return `${number}${ENDINGS[/** @type {keyof typeof ENDINGS} */ (rule)] ?? 'th'}`;
}
