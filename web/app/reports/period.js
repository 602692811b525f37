/**
 * @typedef {import('../../henk-voice/henk-voice.js').TimeKind} TimeKind
 * @typedef {{ from: string, to: string }} Days a first and a last day, `2026-11-27`
 */

/** A report is of this many days at most. */
export const MOST_DAYS = 1_100;
const FIRST_DAY = '2000-01-01';
const LAST_DAY = '2100-12-31';
const DAY_MS = 86_400_000;

/**
 * The periods that can be chosen by name. All but today's end before today: a day that is not over would look
 * worse than those that it is compared with.
 *
 * @type {Readonly<Record<string, { label: string, days: (today: string) => Days }>>}
 */
export const PERIODS = {
  today: { label: 'Today', days: (today) => ({ from: today, to: today }) },
  yesterday: { label: 'Yesterday', days: (today) => until(today, 1) },
  days7: { label: 'Last 7 days', days: (today) => until(today, 7) },
  days28: { label: 'Last 28 days', days: (today) => until(today, 28) },
  days91: { label: 'Last 91 days', days: (today) => until(today, 91) },
  days364: { label: 'Last 364 days', days: (today) => until(today, 364) },
  thisMonth: {
    label: 'This month',
    days: (today) => ({ from: monthOf(today), to: today }),
  },
  lastMonth: {
    label: 'Last month',
    days: (today) => {
      const to = addDays(monthOf(today), -1);
      return { from: monthOf(to), to };
    },
  },
};

/** Whole weeks, so that the days before have as many Mondays. */
export const FIRST_PERIOD = 'days28';

/**
 * @param {Days} days
 * @param {string} today
 * @returns {string | null} the name of the period, if it has one today
 */
export function periodOf({ from, to }, today) {
  const found = Object.entries(PERIODS).find(([, { days }]) => {
    const named = days(today);
    return named.from === from && named.to === to;
  });
  return found?.[0] ?? null;
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {string} what is wrong with it, and what to do; empty if nothing is
 */
export function problemOf(from, to) {
  if (!isDay(from) || !isDay(to))
    return 'One of the dates is missing. Choose a first and a last day.';
  if (from > to) return 'The first day is after the last one. Choose an earlier first day.';
  if (from < FIRST_DAY || to > LAST_DAY)
    return 'Reports are of the years 2000 to 2100. Choose a day in them.';
  const days = countDays({ from, to });
  return days > MOST_DAYS
    ? `These are ${days} days, and a report has 1,100 at most. Choose a later first day.`
    : '';
}

/** @param {string | null | undefined} text @returns {text is string} */
export function isDay(text) {
  return Boolean(text && /^\d{4}-\d\d-\d\d$/.test(text) && textOf(dateOf(text)) === text);
}

/**
 * @param {string} timeZone
 * @param {Date} [now]
 * @returns {string} which day it is there; in UTC if the browser does not know the zone
 */
export function todayIn(timeZone, now = new Date()) {
  const parts = calendarOf(timeZone).formatToParts(now);
  const part = (/** @type {string} */ name) => parts.find(({ type }) => type === name)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

/** @param {string} timeZone */
function calendarOf(timeZone) {
  const form = /** @type {const} */ ({ year: 'numeric', month: '2-digit', day: '2-digit' });
  try {
    return new Intl.DateTimeFormat('en', { ...form, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en', { ...form, timeZone: 'UTC' });
  }
}

/**
 * @param {string} day
 * @param {number} count
 * @returns {string}
 */
export function addDays(day, count) {
  return textOf(new Date(dateOf(day).getTime() + count * DAY_MS));
}

/** @param {Days} days @returns {number} both of them included */
export function countDays({ from, to }) {
  return Math.round((dateOf(to).getTime() - dateOf(from).getTime()) / DAY_MS) + 1;
}

/**
 * @param {Days} days
 * @returns {TimeKind} steps of which there are neither too many to see nor too few to show how it went
 */
export function stepsOf(days) {
  const count = countDays(days);
  if (count <= 35) return 'day';
  return count <= 217 ? 'week' : 'month';
}

/**
 * @param {string} day
 * @returns {Date} its beginning in UTC, where every day has 24 hours
 */
export function dateOf(day) {
  return new Date(`${day}T00:00:00Z`);
}

/** @param {Date} date */
function textOf(date) {
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10);
}

/**
 * @param {string} today
 * @param {number} count
 * @returns {Days} that many days, the last of them yesterday
 */
function until(today, count) {
  return { from: addDays(today, -count), to: addDays(today, -1) };
}

/** @param {string} day @returns {string} the first day of its month */
function monthOf(day) {
  return `${day.slice(0, 8)}01`;
}
