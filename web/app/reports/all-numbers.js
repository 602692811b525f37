import { METRICS } from '../../henk-voice/henk-voice.js';
import { create, element } from '../shared/dom.js';
import { DataTable } from './data-table.js';
import { figure } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CountName} CountName
 * @typedef {import('../../henk-voice/henk-voice.js').Overview} Overview
 * @typedef {import('../../henk-voice/henk-voice.js').RateName} RateName
 * @typedef {import('./reports-page.js').OpenCalls} OpenCalls
 *
 * @typedef {object} Row
 * @property {CountName | RateName} name
 * @property {number | null} value
 * @property {number | null} before
 */

/** Every metric with what it means. */
export class AllNumbers {
  #openCalls;
  #place = element('all-numbers-table', HTMLElement);

  /** @param {OpenCalls} openCalls */
  constructor(openCalls) {
    this.#openCalls = openCalls;
  }

  /** @param {Overview} overview */
  show({ totals, before, from, to }) {
    const names = /** @type {(CountName | RateName)[]} */ (
      Object.keys(METRICS).filter((name) => name in totals)
    );
    this.#place.replaceChildren();
    /** @type {DataTable<Row>} */
    const table = new DataTable(this.#place, {
      caption: 'All numbers, and what they mean',
      file: () => `numbers-${from}-${to}`,
      most: 100,
      columns: [
        {
          name: 'metric',
          label: 'Number',
          isText: true,
          value: ({ name }) => name,
          show: ({ name }) => METRICS[name].label,
        },
        {
          name: 'value',
          label: 'This time',
          value: ({ value }) => value,
          show: (row) => this.#number(row),
        },
        {
          name: 'before',
          label: 'Before',
          value: (row) => row.before,
          show: (row) => figure(row.name, row.before),
        },
        {
          name: 'meaning',
          label: 'Meaning',
          isText: true,
          value: ({ name }) => METRICS[name].meaning,
        },
      ],
    });
    table.show(names.map((name) => ({ name, value: totals[name], before: before[name] })));
  }

  /** @param {Row} row */
  #number({ name, value }) {
    const { label, kind, of } = METRICS[name];
    const text = figure(name, value);
    if (kind === 'rate' || of || !value) return text;
    const button = create(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `${label}: ${text}. Show the calls` },
      text,
    );
    button.addEventListener('click', () =>
      this.#openCalls({ by: 'all', key: null, metric: name, name: '' }),
    );
    return button;
  }
}
