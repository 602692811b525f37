import { METRICS, wilson } from '../../henk-voice/henk-voice.js';
import { create } from '../shared/dom.js';
import { figure } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').MetricName} MetricName
 * @typedef {Partial<Record<MetricName, number | null>>} Figures
 */
/**
 * @template Row
 * @typedef {import('./data-table.js').Column<Row>} Column
 */
/**
 * @template Row
 * @typedef {object} MetricOptions
 * @property {(row: Row) => Figures | undefined} [before] the same of the time before
 * @property {(row: Row, metric: MetricName, label: string) => HTMLElement} [drill] makes the button that shows the
 *   calls behind a number
 */

/** A share of fewer calls says little. */
const FEW = 30;

/**
 * A column of a metric. Of a count, each number leads to its calls.
 *
 * @template {Figures} Row
 * @param {MetricName} name
 * @param {MetricOptions<Row>} [options]
 * @returns {Column<Row>}
 */
export function metricColumn(name, { before, drill } = {}) {
  const { label, meaning, kind } = METRICS[name];
  const old = (/** @type {Row} */ row) => {
    const figures = before?.(row);
    return figures && !isFew(figures, name) ? figure(name, valueOf(figures, name)) : '–';
  };
  return {
    name,
    label,
    meaning,
    value: (row) => valueOf(row, name),
    ...(kind === 'rate' && { interval: (row) => intervalOf(row, name) }),
    show: (row) => {
      const text = figure(name, valueOf(row, name));
      const isNumber = kind === 'count' && Boolean(valueOf(row, name));
      return [
        drill && isNumber ? drill(row, name, text) : text,
        old(row) !== '–' && create('span', { class: 'aside' }, `before ${old(row)}`),
        isFew(row, name) && create('span', { class: 'aside' }, 'few calls'),
      ];
    },
  };
}

/**
 * All other metrics, for the CSV file alone.
 *
 * @template {Figures} Row
 * @param {readonly MetricName[]} shown
 * @param {readonly MetricName[]} [left] those that these rows do not have
 * @returns {Column<Row>[]}
 */
export function otherMetrics(shown, left = []) {
  const names = /** @type {MetricName[]} */ (Object.keys(METRICS));
  return names
    .filter((name) => !shown.includes(name) && !left.includes(name))
    .map((name) => ({ ...metricColumn(name), only: /** @type {const} */ ('file') }));
}

/**
 * @param {Figures} figures
 * @param {MetricName} name
 * @returns {number | null} null: there is nothing to divide by, or it is not known
 */
export function valueOf(figures, name) {
  const known = figures[name];
  if (known !== undefined) return known;
  const [part, whole] = partsOf(figures, name);
  return part !== null && whole ? part / whole : null;
}

/**
 * @param {Figures} figures
 * @param {MetricName} name
 */
function intervalOf(figures, name) {
  const [part, whole] = partsOf(figures, name);
  return part !== null && whole ? wilson(part, whole) : null;
}

/**
 * @param {Figures} figures
 * @param {MetricName} name
 */
function isFew(figures, name) {
  if (METRICS[name].kind !== 'rate') return false;
  const [, whole] = partsOf(figures, name);
  return whole !== null && whole > 0 && whole < FEW;
}

/**
 * @param {Figures} figures
 * @param {MetricName} name
 * @returns {[number | null, number | null]}
 */
function partsOf(figures, name) {
  const [part, whole] = METRICS[name].of ?? [];
  return [(part && figures[part]) ?? null, (whole && figures[whole]) ?? null];
}
