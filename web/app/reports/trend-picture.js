import { METRICS, wilson } from '../../henk-voice/henk-voice.js';
import { figure, keyName } from './numbers.js';
import { addDays, dateOf } from './period.js';
import { counted } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CountName} CountName
 * @typedef {import('../../henk-voice/henk-voice.js').Overview} Overview
 * @typedef {import('../../henk-voice/henk-voice.js').RateName} RateName
 * @typedef {import('../../henk-voice/henk-voice.js').TimeKind} TimeKind
 * @typedef {import('./picture.js').Plot} Plot
 *
 * @typedef {object} Step a day, week or month of the picture
 * @property {Date} from
 * @property {Date} to
 * @property {Date} middle
 * @property {number | null} value
 * @property {number | null} before as many days before
 * @property {number | null} low of a rate: the ends of its interval
 * @property {number | null} high
 * @property {boolean} isWhole a period may begin or end in the middle of a week or a month
 * @property {string} title
 *
 * @typedef {{ metric: CountName | RateName, steps: Step[] }} TrendData
 */

const UNITS = /** @type {const} */ ([
  [7200, 3600, 'hours'],
  [120, 60, 'minutes'],
  [0, 1, 'seconds'],
]);

/** How dark a bar of fewer days is. */
const PALE = 0.45;

/**
 * @param {Pick<Overview, 'trend' | 'trend_before'>} overview
 * @param {CountName | RateName} metric
 * @param {TimeKind} by
 * @returns {TrendData}
 */
export function trendData({ trend, trend_before: trendBefore }, metric, by) {
  const [part, whole] = /** @type {[CountName, CountName] | []} */ (METRICS[metric].of ?? []);
  const hasInterval = METRICS[metric].kind === 'rate' && part && whole;
  const steps = trend.map((step, index) => {
    const old = trendBefore[index];
    const [from, to] = [dateOf(step.key), dateOf(addDays(step.key, step.days))];
    const value = step[metric];
    const before = old?.[metric] ?? null;
    const isWhole = step.days >= wholeDays(by, step.key);
    const ends = hasInterval && step[whole] ? wilson(step[part], step[whole]) : null;
    const of = hasInterval ? ` (${figure(part, step[part])} of ${figure(whole, step[whole])})` : '';
    return {
      from,
      to,
      middle: new Date((from.getTime() + to.getTime()) / 2),
      value,
      before,
      low: ends?.low ?? null,
      high: ends?.high ?? null,
      isWhole,
      title:
        `${keyName(by, step.key)}${isWhole ? '' : `, ${counted(step.days, 'day')} of it`}\n${figure(metric, value)}${of}` +
        (old ? `\nBefore: ${figure(metric, before)} (${keyName(by, old.key)})` : ''),
    };
  });
  return { metric, steps };
}

/**
 * Bars of numbers, or a line of rates with the interval in which the true rate is. Of the days before there is a
 * mark, or a broken line.
 *
 * @param {Plot} Plot
 * @param {TrendData} data
 * @param {number} width
 * @returns {import('@observablehq/plot').PlotOptions}
 */
export function trendPicture(Plot, { metric, steps }, width) {
  const { kind } = METRICS[metric];
  const most = Math.max(...steps.flatMap(({ value, before }) => [value ?? 0, before ?? 0]));
  const [, unit, unitName] = UNITS.find(([from]) => kind !== 'seconds' || most >= from) ?? UNITS[2];
  const scale = kind === 'seconds' ? unit : kind === 'rate' ? 0.01 : 1;
  const scaled =
    (/** @type {'value' | 'before' | 'low' | 'high'} */ name) => (/** @type {Step} */ step) =>
      step[name] === null ? NaN : step[name] / scale;
  const top = most ? (most / scale) * (kind === 'rate' ? 1.5 : 1.05) : 1;
  return {
    height: width < 500 ? 220 : 280,
    marginLeft: 48,
    x: { type: 'utc', label: null, ticks: Math.max(2, Math.floor(width / 110)) },
    y: {
      label: kind === 'seconds' ? unitName : kind === 'rate' ? '%' : null,
      grid: true,
      domain: [0, kind === 'rate' ? Math.min(100, top) : top],
      ticks: 5,
    },
    marks: [
      ...(kind === 'rate'
        ? rateMarks(Plot, steps, scaled)
        : [
            Plot.rect(steps, {
              x1: 'from',
              x2: 'to',
              y1: 0,
              y2: scaled('value'),
              fill: 'var(--accent)',
              fillOpacity: ({ isWhole }) => (isWhole ? 1 : PALE),
              inset: steps.length > width / 6 ? 0 : 1,
            }),
            Plot.ruleY(steps, {
              x1: 'from',
              x2: 'to',
              y: scaled('before'),
              stroke: 'var(--text)',
              strokeWidth: 2,
            }),
          ]),
      Plot.ruleY([0], { stroke: 'var(--control)' }),
      Plot.tip(
        steps,
        Plot.pointerX({
          x: 'middle',
          y: scaled('value'),
          title: 'title',
          fill: 'var(--card)',
          stroke: 'var(--control)',
        }),
      ),
    ],
  };
}

/**
 * @param {Plot} Plot
 * @param {Step[]} steps
 * @param {(name: 'value' | 'before' | 'low' | 'high') => (step: Step) => number} scaled
 */
function rateMarks(Plot, steps, scaled) {
  return [
    Plot.areaY(steps, {
      x: 'middle',
      y1: scaled('low'),
      y2: scaled('high'),
      fill: 'var(--accent)',
      fillOpacity: 0.18,
      clip: true,
    }),
    Plot.lineY(steps, {
      x: 'middle',
      y: scaled('before'),
      stroke: 'var(--text)',
      strokeDasharray: '4 4',
    }),
    Plot.lineY(steps, { x: 'middle', y: scaled('value'), stroke: 'var(--accent)', strokeWidth: 2 }),
    Plot.dot(steps, { x: 'middle', y: scaled('value'), fill: 'var(--accent)', r: 3 }),
  ];
}

/**
 * @param {TimeKind} by
 * @param {string} key the first day of a step
 * @returns {number} how many days a whole step of this kind has
 */
function wholeDays(by, key) {
  if (by !== 'month') return by === 'week' ? 7 : 1;
  const [year, month] = key.split('-').map(Number);
  return new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
}

/**
 * @param {TrendData} data
 * @returns {string} why a bar may be lower than the others; empty if all have the same days
 */
export function partsWords({ metric, steps }) {
  if (METRICS[metric].kind === 'rate' || steps.every(({ isWhole }) => isWhole)) return '';
  return 'Pale bars have fewer days than the others, because this time begins or ends within them.';
}

/** @param {TrendData} data @returns {string} what the picture shows */
export function trendLabel({ metric, steps }) {
  const known = steps.flatMap(({ value }) => (value === null ? [] : [value]));
  const { label } = METRICS[metric];
  if (!known.length) return `${label}: no calls`;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return `${label}, ${steps.length} steps, from ${figure(metric, least)} to ${figure(metric, most)}. The table below has each.`;
}
