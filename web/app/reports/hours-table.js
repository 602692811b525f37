import { element } from '../shared/dom.js';
import { DataTable } from './data-table.js';
import { timeName } from './hours-words.js';
import { metricColumn } from './metric-columns.js';
import { percent } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HourCell} HourCell
 * @typedef {import('./data-table.js').Column<HourCell>} Column
 * @typedef {import('./metric-columns.js').MetricOptions<HourCell>} MetricOptions
 */

/**
 * The numbers of a picture of hours.
 *
 * @param {string} place the id of its element
 * @param {string} caption
 * @param {() => string} file
 * @param {NonNullable<MetricOptions['drill']>} drill
 * @returns {DataTable<HourCell>}
 */
export function hourTable(place, caption, file, drill) {
  return new DataTable(element(place, HTMLElement), {
    caption,
    file,
    columns: columns({ drill }),
    empty: 'No dials in this time.',
    most: 24,
  });
}

/**
 * @param {MetricOptions} options
 * @returns {Column[]}
 */
function columns(options) {
  return [
    {
      name: 'time',
      label: 'Time',
      // Monday comes before Friday.
      isText: true,
      value: ({ weekday, hour }) => (weekday ?? 0) * 100 + (hour ?? 0),
      show: timeName,
      only: 'page',
    },
    { name: 'weekday', label: 'Weekday', only: 'file', value: ({ weekday }) => weekday ?? null },
    { name: 'hour', label: 'Hour', only: 'file', value: ({ hour }) => hour ?? null },
    metricColumn('dials', options),
    { ...metricColumn('answered'), only: 'file' },
    metricColumn('connected', options),
    { ...metricColumn('connect_rate'), name: 'rate' },
    {
      name: 'estimate',
      label: 'Estimate',
      meaning: 'The reach rate, moved towards that of all dials where there are few dials.',
      value: ({ estimate }) => estimate,
      show: ({ estimate }) => percent(estimate),
    },
    {
      name: 'low',
      label: 'At least',
      meaning: 'The low end of where the true rate lies, for all rows together.',
      value: ({ low }) => low,
      show: ({ low }) => percent(low),
    },
    {
      name: 'high',
      label: 'At most',
      meaning: 'The high end of where the true rate lies, for all rows together.',
      value: ({ high }) => high,
      show: ({ high }) => percent(high),
    },
    metricColumn('conversations', options),
    metricColumn('successes', options),
  ];
}

/**
 * @param {Pick<HourCell, 'weekday' | 'hour'>} cell
 * @param {'first' | 'all'} which dials
 * @returns {{ by: 'hour' | 'first_hour', key: string, name: string }} its calls
 */
export function callsOf({ weekday, hour }, which) {
  const key = `${weekday ?? '*'}-${hour ?? '*'}`;
  return { by: which === 'first' ? 'first_hour' : 'hour', key, name: timeName({ weekday, hour }) };
}
