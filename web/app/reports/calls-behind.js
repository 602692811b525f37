import { METRICS } from '../../henk-voice/henk-voice.js';
import { CallQualityDialog } from '../quality/call-dialog.js';
import { bdi, create, element, ltr, nodesOf, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { tellTrouble } from '../shared/trouble.js';
import { STATUS_WORDS, duration } from '../shared/words.js';
import { attemptName } from './attempts-words.js';
import { businessTime, zoneWords } from './business-time.js';
import { downloadCsv } from './csv-file.js';
import { count } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ReportCall} ReportCall
 * @typedef {import('../../henk-voice/henk-voice.js').ReportQuestion} ReportQuestion
 * @typedef {import('../../henk-voice/henk-voice.js').MetricName} MetricName
 * @typedef {import('../quality/words.js').Part} Part
 *
 * @typedef {object} Subject a number of a report
 * @property {import('../../henk-voice/henk-voice.js').CallsWish['by']} by
 * @property {string | null} [key] of the row; null: of calls that have none, or of all
 * @property {MetricName} metric a count
 * @property {Part} name what the calls have in common; empty for all
 *
 * @typedef {(subject: Subject) => void} OpenCalls shows its calls
 */

/** A page of the list; a file is read in larger ones. */
const PAGE = 50;
const LARGEST_PAGE = 199;
/** A file of more calls is one for `reports_fn`, which streams it. */
const MOST_IN_FILE = 10_000;

const COLUMNS = /** @type {const} */ ([
  ...['id', 'created_at', 'lead_name', 'to_number', 'country', 'user_name', 'campaign_name'],
  ...['status', 'outcome', 'attempt', 'ring_seconds', 'talk_seconds', 'hold_seconds', 'grade'],
]);

/** The calls behind a number. */
export class CallsBehind {
  #context;
  #lines;
  #dialog = element('calls-behind', HTMLDialogElement);
  #title = element('calls-behind-title', HTMLElement);
  #meaning = element('calls-behind-meaning', HTMLElement);
  #said = element('calls-behind-said', HTMLElement);
  #table = element('calls-behind-table', HTMLElement);
  #rows = element('calls-behind-rows', HTMLTableSectionElement);
  #trouble = element('calls-behind-trouble', HTMLElement);
  #more = element('calls-behind-more', HTMLButtonElement);
  #csv = element('calls-behind-csv', HTMLButtonElement);
  #loading = new AbortController();
  /** @type {{ question: ReportQuestion, subject: Subject } | null} */
  #asked = null;
  /** @type {ReportCall[]} */
  #calls = [];

  /** @param {import('../frame/view.js').ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#lines = new CallQualityDialog(context);
    this.#more.addEventListener('click', () => void this.#readMore());
    this.#csv.addEventListener('click', () => void this.#download());
    element('calls-behind-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    this.#dialog.addEventListener('close', () => this.#loading.abort());
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /**
   * @param {ReportQuestion} question
   * @param {Subject} subject
   */
  open(question, subject) {
    this.#asked = { question, subject };
    this.#calls = [];
    const { label, meaning } = METRICS[subject.metric];
    sayParts(this.#title, label, ...(subject.name ? [': ', ...nodesOf([subject.name])] : []));
    const isOfHour = subject.by === 'hour' || subject.by === 'first_hour';
    say(this.#meaning, `${meaning} ${zoneWords(this.#zone, isOfHour)}`);
    say(this.#said, 'Loading…');
    this.#rows.replaceChildren();
    this.#more.hidden = true;
    this.#csv.hidden = true;
    this.#table.hidden = true;
    this.#dialog.showModal();
    void this.#readMore();
  }

  get #zone() {
    return this.#context.business.time_zone;
  }

  async #readMore() {
    const before = this.#calls.length;
    const page = await this.#ask(PAGE, this.#calls.at(-1));
    if (!page) return;
    this.#calls.push(...page.calls);
    this.#rows.append(...page.calls.map((call) => this.#row(call)));
    const isFirst = !before;
    if (!isFirst) this.#rows.rows[before]?.querySelector('button')?.focus();
    this.#more.hidden = !page.more;
    this.#csv.hidden = !this.#calls.length;
    this.#table.hidden = !this.#calls.length;
    const calls = `${count(this.#calls.length)} ${this.#calls.length === 1 ? 'call' : 'calls'}`;
    const older = page.more ? `The newest ${calls}. There are older ones.` : `${calls}.`;
    say(this.#said, this.#calls.length ? older : 'No call.');
  }

  /** Reads the calls to their end, also those that are not shown. */
  async #download() {
    const all = [...this.#calls];
    let more = !this.#more.hidden;
    this.#csv.disabled = true;
    while (more && all.length < MOST_IN_FILE) {
      say(this.#said, `${count(all.length)} calls read…`);
      const page = await this.#ask(LARGEST_PAGE, all.at(-1));
      if (!page) {
        this.#csv.disabled = false;
        return;
      }
      all.push(...page.calls);
      more = page.more;
    }
    this.#csv.disabled = false;
    const { question, subject } = this.#asked ?? {};
    if (this.#loading.signal.aborted || !question || !subject) return;
    const file = `${subject.metric} ${question.from} to ${question.to}.csv`;
    downloadCsv(
      file,
      COLUMNS,
      all.map((call) => COLUMNS.map((name) => call[name])),
    );
    say(
      this.#said,
      more
        ? `The file has the newest ${count(all.length)} calls. Choose a shorter time to have all.`
        : `The file has all ${count(all.length)} calls.`,
    );
  }

  /**
   * @param {number} limit
   * @param {ReportCall} [after]
   * @returns {Promise<{ calls: ReportCall[], more: boolean } | null>} null: it failed, or nobody waits for it
   */
  async #ask(limit, after) {
    if (!this.#asked) return null;
    const { question, subject } = this.#asked;
    const { by, key = null, metric } = subject;
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#table.setAttribute('aria-busy', 'true');
    sayParts(this.#trouble);
    try {
      const wish = { by, key, metric, limit, ...(after && { after }) };
      const page = await this.#context.voice.reports.calls({ ...question, signal }, wish);
      return signal.aborted ? null : page;
    } catch (error) {
      if (signal.aborted) return null;
      say(this.#said, '');
      tellTrouble(this.#trouble, error, () => this.#readMore());
      return null;
    } finally {
      if (!signal.aborted) this.#table.setAttribute('aria-busy', 'false');
    }
  }

  /** @param {ReportCall} call */
  #row(call) {
    const { id, lead_name: lead, to_number: number, user_id: userId, user_name: user } = call;
    const { outcome, status, talk_seconds: seconds, attempt, grade } = call;
    const { team, outcomes } = this.#context;
    const name = lead ?? number ?? 'Forgotten person';
    const time = businessTime(call.created_at, this.#zone);
    const line = create(
      'button',
      {
        type: 'button',
        class: 'quiet no-print',
        'aria-haspopup': 'dialog',
        'aria-label': `Line: ${formatNumber(name)}, ${time.short}`,
      },
      'Line',
    );
    line.addEventListener('click', () => this.#lines.open({ id, name, at: call.created_at }));
    return create(
      'tr',
      { 'data-conversation': id },
      create(
        'th',
        { scope: 'row' },
        lead || !number ? bdi(name) : ltr(formatNumber(number)),
        Boolean(lead && number) &&
          create('span', { class: 'aside' }, ltr(formatNumber(number ?? ''))),
      ),
      create('td', {}, bdi(user ?? team.nameOf(userId))),
      create(
        'td',
        {},
        create('time', { datetime: time.iso, title: time.exact }, time.short),
        grade && line,
      ),
      create('td', {}, STATUS_WORDS[status]),
      create('td', { class: 'number' }, seconds === null ? '–' : duration(seconds)),
      create('td', { class: 'number' }, attempt === null ? '–' : attemptName(attempt)),
      create('td', {}, outcome ? bdi(outcomes.labelOf(outcome)) : '–'),
    );
  }
}
