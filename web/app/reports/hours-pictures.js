import { hoursOf, hourName, timeName, weekdayName } from './hours-words.js';
import { percent } from './numbers.js';
import { Picture } from './picture.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HourCell} HourCell
 * @typedef {{ cells: readonly HourCell[], overall: number | null }} HoursData
 */

/** Narrower than this, days stand side by side, and hours below each other. */
const NARROW = 640;
/** Darker than this, words on it could not be read. */
const DARKEST = 0.45;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

/**
 * A square for each hour of the week.
 *
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 * @returns {Picture<HoursData>}
 */
export function weekPicture(place, signal) {
  return new Picture(place, {
    signal,
    label: ({ cells }) => {
      const best = [...cells].sort((a, b) => b.estimate - a.estimate)[0];
      return best
        ? `Share of dials that reached a person, by hour of the week: the highest is about ${percent(best.estimate)}, ${timeName(best)}`
        : '';
    },
    describe: (Plot, { cells }, width) => {
      const isNarrow = width < NARROW;
      const hours = hoursOf(cells);
      const day = {
        domain: WEEKDAYS,
        tickFormat: (/** @type {number} */ at) => weekdayName(at).slice(0, 3),
      };
      const hour = {
        domain: hours,
        tickFormat: (/** @type {number} */ at) => String(at).padStart(2, '0'),
      };
      const [x, y] = isNarrow ? ['weekday', 'hour'] : ['hour', 'weekday'];
      const at = { x, y };
      return {
        height: (isNarrow ? hours.length : WEEKDAYS.length) * 30 + 40,
        marginLeft: 44,
        marginTop: 28,
        marginBottom: 8,
        marginRight: 4,
        x: { ...(isNarrow ? day : hour), axis: 'top', label: null, tickSize: 0, padding: 0 },
        y: { ...(isNarrow ? hour : day), label: null, tickSize: 0, padding: 0 },
        opacity: {
          type: 'linear',
          domain: [0, mostOf(cells)],
          range: [0.02, DARKEST],
          clamp: true,
        },
        marks: [
          Plot.cell(cells, {
            ...at,
            fill: 'var(--accent)',
            fillOpacity: 'estimate',
            inset: 1,
            title: cellTitle,
          }),
          Plot.text(cells, {
            ...at,
            text: ({ estimate, is_enough: isEnough }) =>
              isEnough ? String(Math.round(estimate * 100)) : '·',
            fill: 'var(--text)',
            pointerEvents: 'none',
          }),
        ],
      };
    },
  });
}

/**
 * A bar for each hour of the day, or each weekday: where its rate lies.
 *
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 * @returns {Picture<HoursData>}
 */
export function barsPicture(place, signal) {
  return new Picture(place, {
    signal,
    label: ({ cells }) =>
      `Where the share of dials that reached a person lies: ${cells.map(cellWords).join('; ')}`,
    describe: (Plot, { cells, overall }, width) => {
      const isHours = cells.some(({ hour }) => typeof hour === 'number');
      const x = isHours ? 'hour' : 'weekday';
      const known = cells.filter(({ dials }) => dials);
      return {
        height: 180,
        marginLeft: 44,
        marginRight: 8,
        x: {
          type: 'point',
          domain: isHours ? hoursOf(cells) : WEEKDAYS,
          label: null,
          tickFormat: (/** @type {number} */ at) =>
            isHours ? ticked(at, width) : weekdayName(at).slice(0, 3),
        },
        y: {
          percent: true,
          label: null,
          tickFormat: (/** @type {number} */ at) => `${at} %`,
          zero: true,
          nice: true,
          ticks: 5,
          grid: true,
        },
        marks: [
          overall === null
            ? null
            : Plot.ruleY([overall], { stroke: 'var(--text)', strokeDasharray: '4 3' }),
          Plot.ruleX(known, {
            x,
            y1: 'low',
            y2: 'high',
            stroke: 'var(--accent)',
            strokeWidth: 5,
            strokeOpacity: 0.45,
            strokeLinecap: 'round',
            title: cellTitle,
          }),
          Plot.dot(known, { x, y: 'estimate', r: 4, fill: 'var(--accent)', title: cellTitle }),
        ],
      };
    },
  });
}

/**
 * @param {number} hour
 * @param {number} width of the picture in pixels
 * @returns {string} empty where there is no room
 */
function ticked(hour, width) {
  return width < 420 && hour % 2 ? '' : String(hour).padStart(2, '0');
}

/** @param {readonly HourCell[]} cells */
function mostOf(cells) {
  return Math.max(0.01, ...cells.map(({ estimate }) => estimate));
}

/** @param {HourCell} cell */
function cellTitle(cell) {
  const { dials, connected, low, high } = cell;
  return `${timeName(cell)}: ${connected} of ${dials} dials reached a person; the true share is between ${percent(low)} and ${percent(high)}`;
}

/** @param {HourCell} cell */
function cellWords(cell) {
  return `${typeof cell.hour === 'number' ? hourName(cell.hour) : timeName(cell)} ${percent(cell.low)} to ${percent(cell.high)}`;
}
