import { create, element, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { drillButton } from './drill-button.js';
import { callsOf, hourTable } from './hours-table.js';
import { count } from './numbers.js';
import { bestSentences, comparisons, estimatedSentence, unknownSentence } from './hours-words.js';
import { barsPicture, weekPicture } from './hours-pictures.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HourCell} HourCell
 * @typedef {import('../../henk-voice/henk-voice.js').Hours} Hours
 * @typedef {import('./reports-page.js').Question} Question
 */

const NO_CLOCK = { weekday: null, hour: null };

/** When people are reached, on their own clocks. */
export class HoursSection {
  #context;
  #attempts = element('report-hours-attempts', HTMLElement);
  #found = element('report-hours-found', HTMLElement);
  #words = element('report-hours-words', HTMLUListElement);
  #empty = element('report-hours-empty', HTMLElement);
  #pictures = element('report-hours-pictures', HTMLElement);
  #trouble = element('report-hours-trouble', HTMLElement);
  #numbers = element('report-hours-numbers', HTMLDetailsElement);
  #pictured;
  #tables;
  #drill;
  /** @type {'first' | 'all'} */
  #which = 'first';
  /** @type {Question | null} */
  #question = null;

  /**
   * @param {import('../frame/view.js').ViewContext} context
   * @param {import('./calls-behind.js').OpenCalls} drill
   */
  constructor(context, drill) {
    this.#context = context;
    this.#drill = drill;
    const { signal } = context;
    this.#pictured = {
      week: weekPicture(element('report-hours-week', HTMLElement), signal),
      day: barsPicture(element('report-hours-day', HTMLElement), signal),
      weekday: barsPicture(element('report-hours-weekday', HTMLElement), signal),
    };
    const file = (/** @type {string} */ name) => () =>
      `${name} ${this.#question?.from} to ${this.#question?.to}, ${this.#which} dials`;
    /** @type {NonNullable<import('./metric-columns.js').MetricOptions<HourCell>['drill']>} */
    const numbers = (cell, metric, text) =>
      drillButton(text, { ...callsOf(cell, this.#which), metric }, drill);
    this.#tables = {
      week: hourTable(
        'report-hours-week-table',
        'Hours of the week',
        file('Hours of week'),
        numbers,
      ),
      day: hourTable('report-hours-day-table', 'Hours of the day', file('Hours of day'), numbers),
      weekday: hourTable('report-hours-weekday-table', 'Weekdays', file('Weekdays'), numbers),
    };
    this.#attempts.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (!button || !this.#question) return;
      this.#which = button.value === 'all' ? 'all' : 'first';
      void this.show(this.#question);
    });
  }

  /** @param {Question} question */
  async show(question) {
    const which = this.#which;
    this.#question = question;
    for (const button of this.#attempts.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.value === which));
    }
    this.#found.setAttribute('aria-busy', 'true');
    sayParts(this.#trouble);
    const isOld = () => question.signal.aborted || which !== this.#which;
    try {
      const hours = await this.#context.voice.reports.hours(question, which);
      if (!isOld()) await this.#show(hours);
    } catch (error) {
      if (isOld()) return;
      this.#words.replaceChildren();
      this.#pictures.hidden = true;
      this.#numbers.hidden = true;
      tellTrouble(this.#trouble, error, () => this.show(question));
    }
    if (!isOld()) this.#found.setAttribute('aria-busy', 'false');
  }

  /** @param {Hours | null} hours null: nothing may be seen */
  async #show(hours) {
    const isEmpty = !hours?.cells.length;
    this.#empty.hidden = !isEmpty;
    this.#pictures.hidden = isEmpty;
    this.#numbers.hidden = isEmpty;
    if (!hours) return this.#words.replaceChildren();
    const compared = comparisons(hours);
    const { overall_rate: overall } = hours;
    this.#words.replaceChildren(
      ...(isEmpty ? [] : bestSentences(hours)).map((sentence) => create('li', {}, sentence)),
      ...this.#aboutClocks(hours),
    );
    if (isEmpty) return;
    for (const [what, { cells }] of compared) this.#tables[what].show(cells);
    await this.#draw(compared, overall);
  }

  /**
   * Without the library of pictures, their numbers are opened.
   *
   * @param {ReturnType<typeof comparisons>} compared
   * @param {number | null} overall
   */
  async #draw(compared, overall) {
    try {
      await Promise.all(
        compared.map(([what, { cells }]) => this.#pictured[what].show({ cells, overall })),
      );
    } catch (error) {
      console.info(error);
      this.#pictures.hidden = true;
      this.#numbers.open = true;
    }
  }

  /** @param {Hours} hours */
  #aboutClocks({ unknown_dials: unknown, estimated_dials: estimated }) {
    /** @type {import('./calls-behind.js').Subject} */
    const subject = {
      ...callsOf(NO_CLOCK, this.#which),
      key: null,
      metric: 'dials',
      name: 'local time not known',
    };
    return [
      unknown &&
        create(
          'li',
          {},
          drillButton(count(unknown), subject, this.#drill),
          unknownSentence(unknown),
        ),
      estimated && create('li', {}, estimatedSentence(estimated)),
    ].filter((said) => said !== 0);
  }
}
