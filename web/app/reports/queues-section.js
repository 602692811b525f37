import { create, element, nodesOf } from '../shared/dom.js';
import { sum } from '../campaigns/words.js';
import { DataTable } from './data-table.js';
import { count, percent } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue} CampaignQueue
 * @typedef {import('./data-table.js').Column<CampaignQueue>} Column
 * @typedef {import('./reports-page.js').Question} Question
 */

/** How far the campaigns are, at this moment. */
export class QueuesSection {
  #context;
  #table;

  /** @param {import('../frame/view.js').ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#table = new DataTable(element('report-queues', HTMLElement), {
      caption: 'Queues now',
      file: () => `Queues ${new Date().toISOString().slice(0, 10)}`,
      columns: COLUMNS,
      empty: 'No campaign has leads in its queue.',
    });
  }

  /** @param {Question} question */
  async show(question) {
    const { businessId, filters: { campaignIds = [] } = {}, signal } = question;
    this.#table.wait();
    try {
      const queues = await this.#context.voice.campaigns.queues(businessId, { signal });
      if (signal.aborted) return;
      const chosen = queues.filter(({ id }) => !campaignIds.length || campaignIds.includes(id));
      this.#table.show(chosen.filter((queue) => leadsOf(queue)));
    } catch (error) {
      if (!signal.aborted) this.#table.fail(error, () => this.show(question));
    }
  }
}

/** @type {Column[]} */
const COLUMNS = [
  {
    name: 'campaign',
    label: 'Campaign',
    isText: true,
    value: ({ name }) => name,
    show: ({ name, is_paused: isPaused }) => [
      ...nodesOf([{ name }]),
      isPaused && create('span', { class: 'aside' }, 'paused'),
    ],
  },
  countColumn('leads', 'Leads', leadsOf),
  countColumn('done', 'Done', ({ counts }) => sum(counts.done)),
  {
    name: 'progress',
    label: 'Progress',
    value: progressOf,
    show: (queue) => [
      create('progress', { max: '1', value: String(progressOf(queue)), 'aria-hidden': 'true' }),
      percent(progressOf(queue)),
    ],
  },
  countColumn('due', 'Due', ({ counts }) => counts.due),
  countColumn('waiting', 'Wait', ({ counts }) => sum(counts.waiting)),
  countColumn('leased', 'With a rep', ({ counts }) => counts.leased),
  countColumn('paused', 'Paused', ({ counts }) => counts.paused),
];

/** @param {CampaignQueue} queue */
function leadsOf({ counts: { due, waiting, leased, paused, done } }) {
  return due + sum(waiting) + leased + paused + sum(done);
}

/** @param {CampaignQueue} queue only one with leads */
function progressOf(queue) {
  return sum(queue.counts.done) / leadsOf(queue);
}

/**
 * @param {string} name
 * @param {string} label
 * @param {(queue: CampaignQueue) => number} value
 * @returns {Column}
 */
function countColumn(name, label, value) {
  return { name, label, value, show: (queue) => count(value(queue)) };
}
