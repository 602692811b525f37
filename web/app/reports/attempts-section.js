import { METRICS, wilson } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';
import { attemptName, attemptsSentence } from './attempts-words.js';
import { DataTable } from './data-table.js';
import { drillButton } from './drill-button.js';
import { metricColumn } from './metric-columns.js';
import { count, percent } from './numbers.js';
import { Picture } from './picture.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Attempts['attempts'][number]} AttemptStep
 * @typedef {import('../../henk-voice/henk-voice.js').MetricName} MetricName
 * @typedef {import('./reports-page.js').Question} Question
 */

/** How many dials it takes until somebody is reached. */
export class AttemptsSection {
  #context;
  #words = element('report-attempts-words', HTMLElement);
  #place = element('report-attempts-picture', HTMLElement);
  #picture;
  #table;
  #drill;
  /** @type {Question | null} */
  #question = null;

  /**
   * @param {import('../frame/view.js').ViewContext} context
   * @param {import('./calls-behind.js').OpenCalls} drill
   */
  constructor(context, drill) {
    this.#context = context;
    this.#drill = drill;
    this.#picture = attemptsPicture(this.#place, context.signal);
    this.#table = new DataTable(element('report-attempts', HTMLElement), {
      caption: 'Dials until somebody is reached',
      file: () => `Attempts ${this.#question?.from} to ${this.#question?.to}`,
      columns: this.#columns(),
      empty: 'No dials in this time.',
    });
  }

  /** @param {Question} question */
  async show(question) {
    const { signal } = question;
    this.#question = question;
    this.#table.wait();
    try {
      const found = await this.#context.voice.reports.attempts(question);
      if (signal.aborted) return;
      const steps = found?.attempts ?? [];
      say(this.#words, found ? attemptsSentence(found) : '');
      this.#place.hidden = !steps.length;
      this.#table.show(steps);
      await this.#picture.show(steps).catch((error) => {
        // The table has the same.
        console.info(error);
        this.#place.hidden = true;
      });
    } catch (error) {
      if (signal.aborted) return;
      say(this.#words, '');
      this.#place.hidden = true;
      this.#table.fail(error, () => this.show(question));
    }
  }

  /** @returns {import('./data-table.js').Column<AttemptStep>[]} */
  #columns() {
    const drill = this.#button;
    return [
      {
        name: 'attempt',
        label: 'Dial',
        isText: true,
        value: ({ attempt }) => attempt,
        show: ({ attempt }) => attemptName(attempt),
      },
      metricColumn('dials', { drill }),
      metricColumn('connected', { drill }),
      {
        name: 'unreached',
        label: 'Not reached before',
        meaning: 'Those of these dials that went to numbers at which nobody had been reached.',
        value: ({ unreached }) => unreached,
        show: ({ unreached }) => count(unreached),
      },
      {
        name: 'first_reaches',
        label: METRICS.leads_reached.label,
        meaning: METRICS.leads_reached.meaning,
        value: ({ first_reaches: reaches }) => reaches,
        show: (row) =>
          row.first_reaches ? drill(row, 'leads_reached', count(row.first_reaches)) : '0',
      },
      {
        name: 'reach_rate',
        label: 'Share of them',
        meaning: 'The share of dials to numbers not reached before that reached a person.',
        interval: ({ unreached, first_reaches: reaches }) =>
          unreached ? wilson(reaches, unreached) : null,
        value: ({ reach_rate: rate }) => rate,
        show: ({ reach_rate: rate }) => percent(rate),
      },
    ];
  }

  #button = (
    /** @type {AttemptStep} */ { attempt },
    /** @type {MetricName} */ metric,
    /** @type {string} */ text,
  ) => {
    const name = `${attemptName(attempt)} dial`;
    return drillButton(text, { by: 'attempt', key: String(attempt), metric, name }, this.#drill);
  };
}

/**
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 * @returns {Picture<readonly AttemptStep[]>}
 */
function attemptsPicture(place, signal) {
  return new Picture(place, {
    signal,
    label: (steps) =>
      `Share of dials to numbers not reached before that reached a person: ${steps
        .map(({ attempt, reach_rate: rate }) => `${attemptName(attempt)} dial ${percent(rate)}`)
        .join(', ')}`,
    describe: (Plot, steps) => ({
      height: 160,
      marginLeft: 44,
      x: { label: null, tickFormat: (/** @type {number} */ at) => (at < 20 ? `${at}.` : '20+') },
      y: {
        percent: true,
        label: null,
        tickFormat: (/** @type {number} */ at) => `${at} %`,
        ticks: 4,
        grid: true,
      },
      marks: [
        Plot.barY(steps, { x: 'attempt', y: 'reach_rate', fill: 'var(--accent)', inset: 1 }),
        Plot.ruleY([0], { stroke: 'var(--control)' }),
      ],
    }),
  });
}
