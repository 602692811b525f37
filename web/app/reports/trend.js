import { METRICS } from '../../henk-voice/henk-voice.js';
import { create, element, say } from '../shared/dom.js';
import { DataTable } from './data-table.js';
import { otherMetrics } from './metric-columns.js';
import { figure, keyName } from './numbers.js';
import { Picture } from './picture.js';
import { partsWords, trendData, trendLabel, trendPicture } from './trend-picture.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CountName} CountName
 * @typedef {import('../../henk-voice/henk-voice.js').Overview} Overview
 * @typedef {import('../../henk-voice/henk-voice.js').RateName} RateName
 * @typedef {import('../../henk-voice/henk-voice.js').TimeKind} TimeKind
 * @typedef {import('../../henk-voice/henk-voice.js').TrendStep} TrendStep
 * @typedef {import('../../henk-voice/henk-voice.js').MetricName} MetricName
 * @typedef {import('./reports-page.js').OpenCalls} OpenCalls
 */

/** Metrics that belong to one person. */
const OF_PEOPLE = /** @type {MetricName[]} */ (['helped', 'helped_seconds']);

/** How a number went, as a picture and as a table. */
export class Trend {
  #openCalls;
  #title = element('trend-title', HTMLElement);
  #meaning = element('trend-meaning', HTMLElement);
  #legend = element('trend-legend', HTMLElement);
  #trouble = element('trend-trouble', HTMLElement);
  #tablePlace = element('trend-table', HTMLElement);
  #picture;

  /**
   * @param {OpenCalls} openCalls
   * @param {AbortSignal} signal
   */
  constructor(openCalls, signal) {
    this.#openCalls = openCalls;
    this.#picture = new Picture(element('trend-picture', HTMLElement), {
      describe: trendPicture,
      label: trendLabel,
      signal,
    });
  }

  /**
   * @param {Overview} overview
   * @param {CountName | RateName} metric
   * @param {TimeKind} by
   */
  show(overview, metric, by) {
    const { label, meaning, kind } = METRICS[metric];
    say(this.#title, `${label} by ${by}`);
    const data = trendData(overview, metric, by);
    say(this.#meaning, [meaning, partsWords(data)].filter(Boolean).join(' '));
    this.#legend.dataset.kind = kind === 'rate' ? 'line' : 'bars';
    this.#showTable(overview, metric, by);
    this.#picture.show(data).then(
      () => say(this.#trouble, ''),
      (error) => {
        console.info(error);
        say(
          this.#trouble,
          'The picture could not be loaded. The table has its numbers. Reload the page for the picture.',
        );
      },
    );
  }

  /**
   * @param {Overview} overview
   * @param {CountName | RateName} metric
   * @param {TimeKind} by
   */
  #showTable({ from, to, trend, trend_before: trendBefore }, metric, by) {
    /** @param {TrendStep} step */
    const before = (step) => trendBefore[trend.indexOf(step)];
    const shown = /** @type {MetricName[]} */ ([metric]);
    this.#tablePlace.replaceChildren();
    /** @type {import('./data-table.js').Column<TrendStep>[]} */
    const columns = [
      {
        name: by,
        label: 'First day',
        isText: true,
        value: ({ key }) => key,
        show: ({ key }) => keyName(by, key),
      },
      { name: 'days', label: 'Days', value: ({ days }) => days },
      {
        name: metric,
        label: METRICS[metric].label,
        value: (step) => step[metric],
        show: (step) => this.#number(step, metric, by),
      },
      {
        name: `${metric}_before`,
        label: 'Before',
        value: (step) => before(step)?.[metric] ?? null,
        show: (step) => figure(metric, before(step)?.[metric]),
      },
      ...otherMetrics(shown, OF_PEOPLE),
    ];
    const table = new DataTable(this.#tablePlace, {
      caption: `${METRICS[metric].label} by ${by}`,
      file: () => `${by}s-${from}-${to}`,
      most: 400,
      columns,
    });
    table.show(trend);
  }

  /**
   * @param {TrendStep} step
   * @param {CountName | RateName} metric
   * @param {TimeKind} by
   */
  #number(step, metric, by) {
    const text = figure(metric, step[metric]);
    if (METRICS[metric].kind === 'rate' || METRICS[metric].of || !step[metric]) return text;
    const name = keyName(by, step.key);
    const button = create(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `${name}: ${text}. Show the calls` },
      text,
    );
    button.addEventListener('click', () => this.#openCalls({ by, key: step.key, metric, name }));
    return button;
  }
}
