import { element, nodesOf } from '../shared/dom.js';
import { DataTable } from './data-table.js';
import { drillButton } from './drill-button.js';
import { groupName, plainName } from './group-names.js';
import { metricColumn, otherMetrics } from './metric-columns.js';
import { percent } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').MetricName} MetricName
 * @typedef {import('../../henk-voice/henk-voice.js').ReportGroup} ReportGroup
 * @typedef {import('./data-table.js').Column<ReportGroup>} Column
 * @typedef {import('./group-names.js').ComparedKind} ComparedKind
 * @typedef {import('./reports-page.js').Question} Question
 */

const TABLES = /** @type {const} */ ({
  campaign: {
    caption: 'Campaigns',
    label: 'Campaign',
    metrics: [
      ...['dials', 'connected', 'connect_rate', 'conversations', 'conversation_rate'],
      ...['successes', 'success_rate', 'average_talk_seconds', 'poor_rate'],
    ],
  },
  rep: {
    caption: 'People',
    label: 'Person',
    metrics: [
      ...['dials', 'connected', 'connect_rate', 'conversations', 'successes', 'success_rate'],
      ...['average_talk_seconds', 'average_wrap_up_seconds', 'undescribed', 'helped', 'poor_rate'],
    ],
  },
  country: {
    caption: 'Countries',
    label: 'Country',
    metrics: ['dials', 'connected', 'connect_rate', 'success_rate'],
  },
  // By outcome other numbers would say the outcome again.
  outcome: {
    caption: 'Outcomes',
    label: 'Outcome',
    metrics: ['calls', 'connected', 'talk_seconds'],
  },
});
const OF_BEFORE = /** @type {const} */ ([
  ...['calls', 'dials', 'connected', 'conversations', 'successes'],
]);

/** A table that compares calls by something that they have in common. */
export class GroupSection {
  #kind;
  #table;
  #context;
  #drill;
  /** @type {Question | null} */
  #question = null;

  /**
   * @param {import('../frame/view.js').ViewContext} context
   * @param {ComparedKind} kind
   * @param {string} place the id of the element of the table
   * @param {import('./calls-behind.js').OpenCalls} drill shows the calls behind a number
   */
  constructor(context, kind, place, drill) {
    this.#context = context;
    this.#kind = kind;
    this.#drill = drill;
    const { caption } = TABLES[kind];
    this.#table = new DataTable(element(place, HTMLElement), {
      caption,
      columns: this.#columns(),
      file: () => `${caption} ${this.#question?.from} to ${this.#question?.to}`,
    });
  }

  /** @param {Question} question */
  async show(question) {
    this.#question = question;
    this.#table.wait();
    try {
      const groups = await question.by(this.#kind);
      if (!question.signal.aborted) this.#table.show(groups);
    } catch (error) {
      if (!question.signal.aborted) this.#table.fail(error, () => this.show(question));
    }
  }

  /** @returns {Column[]} */
  #columns() {
    const kind = this.#kind;
    const { metrics, label } = TABLES[kind];
    const drill = this.#button;
    const before = (/** @type {ReportGroup} */ { before: figures }) => figures;
    /** @type {Column} */
    const name = {
      name: kind,
      label,
      isText: true,
      value: (row) => plainName(this.#name(row)),
      show: (row) => nodesOf([this.#name(row)]),
    };
    /** @type {Column} */
    const key = { name: 'key', label: 'Key', only: 'file', value: (row) => row.key };
    const shown = metrics.map((metric) => metricColumn(metric, { drill, before }));
    const [first, ...others] = shown;
    if (kind === 'outcome' && first) return [name, key, first, SHARE, ...others];
    const left = /** @type {MetricName[]} */ (kind === 'rep' ? [] : ['helped', 'helped_seconds']);
    return [name, key, ...shown, ...otherMetrics(metrics, left), ...beforeColumns()];
  }

  /** @param {ReportGroup} row */
  #name(row) {
    const { team, outcomes } = this.#context;
    return groupName(this.#kind, row, {
      personName: (userId) => team.nameOf(userId),
      outcomeWord: (outcome) => outcomes.labelOf(outcome),
    });
  }

  #button = (
    /** @type {ReportGroup} */ row,
    /** @type {MetricName} */ metric,
    /** @type {string} */ text,
  ) =>
    drillButton(text, { by: this.#kind, key: row.key, metric, name: this.#name(row) }, this.#drill);
}

/** @type {Column} */
const SHARE = {
  name: 'share',
  label: 'Share',
  value: ({ share }) => share ?? null,
  show: ({ share }) => percent(share),
};

/** @returns {Column[]} the time before, for the CSV file */
function beforeColumns() {
  return OF_BEFORE.map((name) => ({
    name: `before_${name}`,
    label: name,
    only: 'file',
    value: ({ before }) => before[name],
  }));
}
