import { clockOf } from '../shared/time-zones.js';

/** Where leads may be, for the examples. */
const PLACES = /** @type {const} */ ([
  ['America/New_York', 'New York'],
  ['America/Los_Angeles', 'Los Angeles'],
  ['Europe/London', 'London'],
  ['Europe/Berlin', 'Berlin'],
  ['Asia/Tokyo', 'Tokyo'],
]);

/** Half an hour, as options of a choice. */
export const HALF_HOURS = Array.from({ length: 49 }, (_, index) => {
  const hour = String(Math.floor(index / 2)).padStart(2, '0');
  return `${hour}:${index % 2 ? '30' : '00'}`;
});

/**
 * @param {string | null} start `08:00`
 * @param {string | null} end
 * @returns {string} what the hours mean; empty if they are not possible
 */
export function hoursWords(start, end) {
  if (!start || !end) return 'Leads may be called at any time, also at night on their clock.';
  if (end <= start) return '';
  const open = minutes(end) - minutes(start);
  const span = open % 60 ? `${Math.floor(open / 60)} h ${open % 60} min` : `${open / 60} hours`;
  return (
    `${span} a day: at ${start} on the lead’s clock the first call is possible, at ` +
    `${clock(minutes(end) - 1)} the last one. A call that goes on then is not cut off. A number that may be in several time zones, such as a ` +
    'toll-free one, is called when these hours hold in all of them.'
  );
}

/**
 * @param {string | null} start
 * @param {string | null} end
 * @param {Date} now
 * @returns {string[]} whether leads in some places could be called now; empty if the hours are not possible
 */
export function hoursExamples(start, end, now) {
  if (!start || !end || end <= start) return [];
  return PLACES.flatMap(([zone, place]) => {
    // `Fri 14:05`
    const time = clockOf(zone, now).slice(-5);
    if (!time) return [];
    if (time >= start && time < end) return [`${place}, ${time} now: yes`];
    return [`${place}, ${time} now: no, from ${start} there${time >= end ? ' tomorrow' : ''}`];
  });
}

/** @param {string} time `08:30` */
function minutes(time) {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** @param {number} ofDay minutes */
function clock(ofDay) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  return `${two(Math.floor(ofDay / 60))}:${two(ofDay % 60)}`;
}
