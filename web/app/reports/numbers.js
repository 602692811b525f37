import { METRICS } from '../../henk-voice/henk-voice.js';
import { dateOf } from './period.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').GroupKind} GroupKind
 * @typedef {import('../../henk-voice/henk-voice.js').MetricName} MetricName
 */

const WHOLE = new Intl.NumberFormat('en');
const DAY = new Intl.DateTimeFormat(undefined, {
  timeZone: 'UTC',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
});
const DATE = new Intl.DateTimeFormat(undefined, {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const MONTH = new Intl.DateTimeFormat(undefined, {
  timeZone: 'UTC',
  month: 'long',
  year: 'numeric',
});

/** @param {number | null | undefined} value */
export function count(value) {
  return value === null || value === undefined ? '–' : WHOLE.format(value);
}

/**
 * @param {number | null | undefined} rate 0 to 1
 * @returns {string} for example `12 %`, `4.3 %`
 */
export function percent(rate) {
  if (rate === null || rate === undefined) return '–';
  const exact = rate * 100;
  // Nobody must read of few that there were none.
  if (exact > 0 && exact < 0.1) return '< 0.1 %';
  return `${exact < 9.95 ? Number(exact.toFixed(1)) : Math.round(exact)} %`;
}

/**
 * @param {number | null | undefined} value
 * @returns {string} for example `34 s`, `2 min 5 s`, `3 h`
 */
export function seconds(value) {
  if (value === null || value === undefined) return '–';
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return parts(whole, 60, 'min', 's');
  return parts(Math.round(whole / 60), 60, 'h', 'min');
}

/**
 * @param {number} value
 * @param {number} size
 * @param {string} large
 * @param {string} small
 */
function parts(value, size, large, small) {
  const rest = value % size;
  return `${WHOLE.format(Math.floor(value / size))} ${large}${rest ? ` ${rest} ${small}` : ''}`;
}

/**
 * @param {MetricName} name
 * @param {number | null | undefined} value
 * @returns {string} in the form of this metric
 */
export function figure(name, value) {
  const { kind } = METRICS[name];
  if (kind === 'rate') return percent(value);
  return kind === 'seconds' ? seconds(value) : count(value);
}

/**
 * @param {string} key a day
 * @returns {string} for example `Fri 27 Nov`
 */
export function dayName(key) {
  return DAY.format(dateOf(key));
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {string} for example `1 – 28 Nov 2026`
 */
export function daysName(from, to) {
  return DATE.formatRange(dateOf(from), dateOf(to));
}

/**
 * @param {GroupKind} kind
 * @param {string} key the first day of a step
 * @returns {string}
 */
export function keyName(kind, key) {
  if (kind === 'month') return MONTH.format(dateOf(key));
  return kind === 'week' ? `Week of ${dayName(key)}` : dayName(key);
}
