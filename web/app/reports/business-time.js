import { timestamp } from '../../henk-voice/henk-voice.js';

/**
 * A moment on the clock of the business, by which reports count days.
 *
 * @param {string} text see `timestamp`
 * @param {string} zone
 * @returns {{ short: string, exact: string, iso: string }}
 */
export function businessTime(text, zone) {
  const date = timestamp(text);
  const { short, exact } = formats(zone);
  return { short: short.format(date), exact: exact.format(date), iso: date.toISOString() };
}

/**
 * @param {string} zone
 * @param {boolean} isOfHour whether the calls are those of an hour on the clocks of others
 * @returns {string} whose clock it is
 */
export function zoneWords(zone, isOfHour) {
  const own = `on the clock of the business, ${zone.replaceAll('_', ' ')}.`;
  return isOfHour
    ? `The hour is that of those who were called; the times below are ${own}`
    : `Times are ${own}`;
}

/** @type {Map<string, { short: Intl.DateTimeFormat, exact: Intl.DateTimeFormat }>} */
const FORMATS = new Map();

/** @param {string} zone */
function formats(zone) {
  const known = FORMATS.get(zone);
  if (known) return known;
  const made = {
    short: inZone({ dateStyle: 'medium', timeStyle: 'short' }, zone),
    exact: inZone({ dateStyle: 'full', timeStyle: 'long' }, zone),
  };
  FORMATS.set(zone, made);
  return made;
}

/**
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} zone the database may know zones that this browser does not
 */
function inZone(options, zone) {
  try {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(undefined, { ...options, timeStyle: 'full', timeZone: 'UTC' });
  }
}
