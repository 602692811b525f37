import { count } from './numbers.js';

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
  const was = numbers === 1 ? 'number was' : 'numbers were';
  const said = `${count(numbers)} ${was} dialled for the first time, and ${count(reached)} reached for the first time`;
  if (median === null) return `${said}.`;
  const dial = `${ordinal(median)} dial`;
  return reached === 1
    ? `${said}, by the ${dial}.`
    : `${said}: half of these by the ${dial}${median > 1 ? ' or an earlier one' : ''}.`;
}

const RULES = new Intl.PluralRules('en', { type: 'ordinal' });
const ENDINGS = { one: 'st', two: 'nd', few: 'rd', other: 'th' };

/** @param {number} number */
function ordinal(number) {
  const rule = RULES.select(number);
  return `${number}${ENDINGS[/** @type {keyof typeof ENDINGS} */ (rule)] ?? 'th'}`;
}
