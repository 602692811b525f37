/**
 * @typedef {import('../../henk-voice/henk-voice.js').Limit} Limit
 *
 * @typedef {object} LimitField how a limit is asked for
 * @property {string} label
 * @property {number} unit by how much what is typed is multiplied
 */

const WHOLE = new Intl.NumberFormat('en');
const HOURS_OF_WORK = 8;

/** @type {Readonly<Record<Limit, LimitField>>} */
export const LIMIT_FIELDS = {
  calls_per_rep_per_minute: { label: 'Calls of one person in a minute', unit: 1 },
  calls_per_rep_per_day: { label: 'Calls of one person in 24 hours', unit: 1 },
  concurrent_calls: { label: 'Calls of all people at once', unit: 1 },
  max_call_seconds: { label: 'Minutes after which a call is ended', unit: 60 },
  token_grants_per_minute: { label: 'Access tokens of one person in a minute', unit: 1 },
};

/**
 * @param {Limit} limit
 * @param {number} value as the database has it
 * @param {number} people of the business
 * @returns {string} what the limit means, by examples with these numbers
 */
export function limitWords(limit, value, people) {
  switch (limit) {
    case 'calls_per_rep_per_minute':
      return (
        `${ordinal(value + 1)} call within 60 seconds is refused, and possible again when the first of the ` +
        `${counted(value, 'call')} is a minute old. ${pace(60 / value)} on average.`
      );
    case 'calls_per_rep_per_day':
      return (
        `In ${HOURS_OF_WORK} hours of work that is ${lowerFirst(pace((HOURS_OF_WORK * 3600) / value))}. ` +
        `The business, with ${counted(people, 'person')}, places at most ${counted(value * people, 'call')} in 24 hours.`
      );
    case 'concurrent_calls':
      return (
        `${ordinal(value + 1)} call is refused while ${value === 1 ? 'one rings or talks' : `${WHOLE.format(value)} ring or talk`}. ` +
        (value < people
          ? `Only ${WHOLE.format(value)} of the ${counted(people, 'person')} can call at the same time.`
          : `Enough for ${people === 1 ? 'the one person' : `all ${WHOLE.format(people)} people`} of the business; a number that is added to a call counts as one more.`)
      );
    case 'max_call_seconds':
      return `A call that is answered at 10:00:00 is ended at ${clockAfter(value)}, whoever is talking.`;
    case 'token_grants_per_minute':
      return `Each page that is opened asks for one, and for another within the hour: who opens ${counted(value + 1, 'page')} within a minute waits with the last.`;
  }
}

/**
 * @param {number} count
 * @param {'call' | 'page' | 'person'} word
 */
function counted(count, word) {
  const many = word === 'person' ? 'people' : `${word}s`;
  return `${WHOLE.format(count)} ${count === 1 ? word : many}`;
}

/** @param {number} number */
function ordinal(number) {
  const [last, lastTwo] = [number % 10, number % 100];
  const ending = lastTwo >= 11 && lastTwo <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][last] ?? 'th');
  return `The ${WHOLE.format(number)}${ending}`;
}

/** @param {number} seconds between two calls */
function pace(seconds) {
  if (seconds < 1) return `${WHOLE.format(Math.round(1 / seconds))} calls a second`;
  if (seconds < 90)
    return `One call every ${seconds < 1.5 ? 'second' : `${Math.round(seconds)} seconds`}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `One call every ${minutes} minutes`;
  return `One call every ${Math.round(minutes / 60)} hours`;
}

/** @param {number} seconds after ten o'clock */
function clockAfter(seconds) {
  return new Date(10 * 3_600_000 + seconds * 1000).toISOString().slice(11, 19);
}

/** @param {string} text */
function lowerFirst(text) {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
