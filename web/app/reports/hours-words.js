import { count, percent } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Hours} Hours
 * @typedef {import('../../henk-voice/henk-voice.js').HourCell} HourCell
 * @typedef {import('../../henk-voice/henk-voice.js').BestTime} BestTime
 */

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** @param {number} weekday 1 is Monday, 7 is Sunday */
export function weekdayName(weekday) {
  return WEEKDAYS[weekday - 1] ?? '–';
}

/** @param {number} hour 0 to 23 */
export function hourName(hour) {
  const clock = (/** @type {number} */ at) => `${String(at % 24).padStart(2, '0')}:00`;
  return `${clock(hour)} to ${clock(hour + 1)}`;
}

/**
 * @param {{ weekday?: number | null, hour?: number | null }} when
 * @returns {string} `Tuesday, 10:00 to 11:00`, or the part of it that is known
 */
export function timeName({ weekday, hour }) {
  const day = weekday ? weekdayName(weekday) : '';
  const time = typeof hour === 'number' ? hourName(hour) : '';
  return [day, time].filter(Boolean).join(', ') || '–';
}

/** What is compared, in a sentence. */
const COMPARED = {
  week: { one: 'hour of the week', many: 'Hours of the week' },
  day: { one: 'hour of the day', many: 'Hours of the day' },
  weekday: { one: 'weekday', many: 'Weekdays' },
};
/** @typedef {keyof typeof COMPARED} Compared */

/**
 * @param {Hours} hours
 * @returns {[Compared, { cells: HourCell[], best: BestTime }][]} in the order in which they are told
 */
export function comparisons({ cells, best, by_hour: day, by_weekday: weekday }) {
  return [
    ['day', day],
    ['weekday', weekday],
    ['week', { cells, best }],
  ];
}

/** What is said if nothing is to be said of any of them. */
const NOTHING = {
  not_enough_calls:
    'Not enough calls to name a best time. A longer time, or all dials, may have enough.',
  no_difference:
    'No hour and no weekday is better than the others by more than chance: call when it suits you.',
};

/**
 * What may be said of the best times.
 *
 * @param {Hours} hours
 * @returns {string[]}
 */
export function bestSentences(hours) {
  const all = comparisons(hours);
  const said = new Set(all.map(([, { best }]) => best.said));
  const [only] = said;
  if (said.size === 1 && only && only !== 'best') return [NOTHING[only]];
  return all.map(([compared, { best }]) => bestSentence(compared, best, hours.overall_rate));
}

/**
 * Nothing is said that chance explains.
 *
 * @param {Compared} compared
 * @param {BestTime} best
 * @param {number | null} overall the rate of all dials
 * @returns {string}
 */
function bestSentence(compared, best, overall) {
  const { one, many } = COMPARED[compared];
  if (best.said !== 'best') {
    return best.said === 'not_enough_calls'
      ? `${many}: not enough calls to name a best one.`
      : `No ${one} is better than the others by more than chance: call when it suits you.`;
  }
  return (
    `The best ${one} is ${timeName(best)}: about ${percent(best.estimate)} of ${count(best.dials)} dials ` +
    `reached a person (somewhere between ${percent(best.low)} and ${percent(best.high)}), ` +
    `of all dials ${percent(overall)}.`
  );
}

/**
 * @param {number} dials
 * @returns {string} what follows their number
 */
export function unknownSentence(dials) {
  return dials === 1
    ? ' dial is left out, because the local time of its number is not known.'
    : ' dials are left out, because the local time of their numbers is not known.';
}

/**
 * @param {number} dials
 * @returns {string} how sure it is whose clock is meant
 */
export function estimatedSentence(dials) {
  const many = `${count(dials)} ${dials === 1 ? 'dial' : 'dials'}`;
  return `Of ${many} the clock is that of the number’s area, where the person may not be.`;
}

/**
 * The hours that have dials, without a gap.
 *
 * @param {readonly HourCell[]} cells
 * @returns {number[]}
 */
export function hoursOf(cells) {
  const hours = cells.flatMap(({ hour, dials }) =>
    typeof hour === 'number' && dials ? [hour] : [],
  );
  if (!hours.length) return [];
  const first = Math.min(...hours);
  return Array.from({ length: Math.max(...hours) - first + 1 }, (_, step) => first + step);
}
