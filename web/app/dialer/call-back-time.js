/** When to call somebody back: the times that can be chosen at once, and a date field's text. */

const HOUR_MS = 3_600_000;
const MONDAY = 1;
const MORNING_HOUR = 9;

/** @typedef {'hour' | 'tomorrow' | 'monday'} QuickTime */

/** @type {readonly QuickTime[]} */
export const QUICK_TIMES = ['hour', 'tomorrow', 'monday'];

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

/**
 * @param {QuickTime} which
 * @param {Date} now
 * @returns {string} what its button says
 */
export function quickTimeWords(which, now) {
  if (which === 'hour') return 'In 1 hour';
  const day = which === 'tomorrow' ? 'Tomorrow' : 'Monday';
  return `${day} ${CLOCK.format(quickTime(which, now))}`;
}

/**
 * @param {QuickTime} which
 * @param {Date} now
 * @returns {Date} on the rep's clock
 */
export function quickTime(which, now) {
  if (which === 'hour') return new Date(now.getTime() + HOUR_MS);
  const time = new Date(now);
  if (which === 'tomorrow') {
    time.setDate(now.getDate() + 1);
    return time;
  }
  time.setDate(now.getDate() + ((MONDAY - now.getDay() + 7) % 7 || 7));
  time.setHours(MORNING_HOUR, 0, 0, 0);
  return time;
}

/**
 * @param {Date} time
 * @returns {string} as a field of the type `datetime-local` has it: the rep's clock, without seconds
 */
export function asFieldText(time) {
  const parts = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  const [year, month, day, hour, minute] = [...parts, time.getHours(), time.getMinutes()].map(
    (part) => String(part).padStart(2, '0'),
  );
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/**
 * @param {string} text of such a field
 * @returns {string | null} in ISO 8601; null if the field is empty
 */
export function fromFieldText(text) {
  const time = new Date(text);
  return text && !Number.isNaN(time.getTime()) ? time.toISOString() : null;
}
