import { METRICS, timestamp } from '../../henk-voice/henk-voice.js';
import { pathOf } from '../frame/address.js';
import { create, element, nodesOf, say } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { AllNumbers } from './all-numbers.js';
import { businessTime } from './business-time.js';
import { addressOf, choiceOf, firstAddress, problemOfAddress } from './choice.js';
import { Filter } from './filters.js';
import { groupName } from './group-names.js';
import { daysName } from './numbers.js';
import { PERIODS, countDays, periodOf, problemOf, stepsOf, todayIn } from './period.js';
import { ReportSections } from './sections.js';
import { spoken, tiles } from './tiles.js';
import { Trend } from './trend.js';
import { changes, groupChanges, undescribedHint } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CountName} CountName
 * @typedef {import('../../henk-voice/henk-voice.js').GroupKind} GroupKind
 * @typedef {import('../../henk-voice/henk-voice.js').Overview} Overview
 * @typedef {import('../../henk-voice/henk-voice.js').RateName} RateName
 * @typedef {import('../../henk-voice/henk-voice.js').ReportGroup} ReportGroup
 * @typedef {import('../../henk-voice/henk-voice.js').ReportQuestion} ReportQuestion
 * @typedef {import('../../henk-voice/henk-voice.js').TimeKind} TimeKind
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./choice.js').Choice} Choice
 *
 * @typedef {Required<ReportQuestion> & { by: (kind: GroupKind) => Promise<ReportGroup[]> }} Question what the page
 *   shows. `by` asks each kind once
 * @typedef {(subject: import('./calls-behind.js').Subject) => void} OpenCalls shows the calls behind a number
 */

/** The scheduler counts every minute. After this many, something is wrong. */
const LATE_MINUTES = 15;
const REMEMBERED = 'reports';

/** Which calls, what changed, the most important numbers, and how they went. */
export class ReportsPage {
  #context;
  #sections;
  #trend;
  #allNumbers;
  #filters;
  #time = element('report-time', HTMLElement);
  #clock = element('report-clock', HTMLElement);
  #problem = element('report-problem', HTMLElement);
  #period = element('report-period', HTMLSelectElement);
  #from = element('report-from', HTMLInputElement);
  #to = element('report-to', HTMLInputElement);
  #metric = element('trend-metric', HTMLSelectElement);
  #steps = element('trend-steps', HTMLSelectElement);
  #body = element('report-body', HTMLElement);
  #empty = element('report-empty', HTMLElement);
  #troubleBox = element('report-trouble-box', HTMLElement);
  #trouble = element('report-trouble', HTMLElement);
  #changes = element('changes', HTMLUListElement);
  #campaigns = element('changes-campaigns', HTMLUListElement);
  #hint = element('changes-hint', HTMLElement);
  #tiles = element('tiles', HTMLUListElement);
  /** @type {Choice} */
  #choice;
  /** The overview that is shown, and the steps of its trend. @type {{ overview: Overview, by: TimeKind } | null} */
  #shown = null;
  /** @type {HTMLDetailsElement[]} */
  #openedForPrint = [];
  /** What was asked last, as a text. */
  #asked = '';
  #loading = new AbortController();

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { memory, signal, team } = context;
    this.#sections = new ReportSections(context);
    const openCalls = this.#sections.openCalls.bind(this.#sections);
    this.#trend = new Trend(openCalls, signal);
    this.#allNumbers = new AllNumbers(openCalls);
    this.#filters = [
      new Filter(context, 'campaignIds', (campaignIds) => this.#choose({ campaignIds })),
      new Filter(context, 'userIds', (userIds) => this.#choose({ userIds })),
      new Filter(context, 'countries', (countries) => this.#choose({ countries })),
    ];
    this.#period.append(
      ...Object.entries(PERIODS).map(([value, { label }]) => create('option', { value }, label)),
      create('option', { value: '' }, 'Own dates'),
    );
    this.#metric.append(
      ...Object.entries(METRICS)
        .filter(([name]) => !name.startsWith('helped'))
        .map(([value, { label }]) => create('option', { value }, label)),
    );
    this.#listen();
    const left = memory.get(REMEMBERED);
    const address = firstAddress(location.hash, left, context.business.id, this.#today);
    if (location.hash !== address) history.replaceState(null, '', address);
    this.#choice = choiceOf(location.hash, this.#today);
    team.onLoad(() => this.#showWho(), signal);
    this.#showWho();
    this.#readAddress();
  }

  /** Which day it is for the business. */
  get #today() {
    return todayIn(this.#context.business.time_zone);
  }

  /** Whether the days that are shown are not over, so that their numbers will grow. */
  get #isOpen() {
    return this.#choice.to >= this.#today;
  }

  #listen() {
    const { signal } = this.#context;
    window.addEventListener('hashchange', () => this.#followAddress(), { signal });
    window.addEventListener('beforeprint', () => this.#openForPrint(), { signal });
    window.addEventListener('afterprint', () => this.#closeAfterPrint(), { signal });
    signal.addEventListener('abort', () => this.#loading.abort());
    element('report-filters', HTMLFormElement).addEventListener('submit', (event) =>
      event.preventDefault(),
    );
    element('report-print', HTMLButtonElement).addEventListener('click', () => window.print());
    element('report-again', HTMLButtonElement).addEventListener('click', () => void this.#read());
    this.#period.addEventListener('change', () => {
      const days = PERIODS[this.#period.value]?.days(this.#today);
      if (days) this.#choose(days);
      else this.#from.focus();
    });
    for (const field of [this.#from, this.#to]) {
      field.addEventListener('change', () => this.#chooseDays());
    }
    this.#metric.addEventListener('change', () =>
      this.#choose({ metric: /** @type {CountName | RateName} */ (this.#metric.value) }),
    );
    this.#steps.addEventListener('change', () =>
      this.#choose({ by: /** @type {TimeKind | ''} */ (this.#steps.value) || null }),
    );
  }

  #chooseDays() {
    const [from, to] = [this.#from.value, this.#to.value];
    const problem = problemOf(from, to);
    say(this.#problem, problem);
    if (!problem) this.#choose({ from, to });
  }

  /** @param {Partial<Choice>} part */
  #choose(part) {
    location.hash = addressOf({ ...this.#choice, ...part });
  }

  #followAddress() {
    if (pathOf(location.hash) === '/reports') this.#readAddress();
  }

  #readAddress() {
    say(this.#problem, problemOfAddress(location.hash));
    this.#choice = choiceOf(location.hash, this.#today);
    const { from, to, by, metric } = this.#choice;
    const address = addressOf(this.#choice);
    if (location.hash !== address) history.replaceState(null, '', address);
    this.#context.memory.set(REMEMBERED, { address, businessId: this.#context.business.id });
    this.#period.value = periodOf({ from, to }, this.#today) ?? '';
    this.#from.value = from;
    this.#to.value = to;
    this.#metric.value = metric;
    this.#steps.value = by ?? '';
    const asked = addressOf({ ...this.#choice, metric: 'connected' });
    if (asked === this.#asked) return this.#show();
    this.#asked = asked;
    void this.#read();
  }

  /** Reads everything of the choice. */
  async #read() {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const { voice } = this.#context;
    const { from, to } = this.#choice;
    const by = this.#choice.by ?? stepsOf({ from, to });
    const question = this.#question(signal);
    this.#body.setAttribute('aria-busy', 'true');
    // The button that tries again goes.
    if (this.#troubleBox.contains(document.activeElement)) this.#period.focus();
    this.#troubleBox.hidden = true;
    say(this.#time, `Loading ${daysName(from, to)}…`);
    for (const filter of this.#filters) filter.show(question);
    const overview = voice.reports.overview(question, by);
    this.#sections.show(question);
    try {
      const found = await overview;
      if (signal.aborted) return;
      if (!found) {
        this.#showEmpty('You do not belong to this business any more. Reload the page.');
        return;
      }
      this.#shown = { overview: found, by };
      // Nothing is said of campaigns of another time.
      this.#campaigns.replaceChildren();
      this.#show();
      void this.#showCampaigns(question);
    } catch (error) {
      if (signal.aborted) return;
      this.#shown = null;
      this.#body.hidden = true;
      this.#empty.hidden = true;
      say(this.#time, 'Not loaded.');
      say(this.#clock, '');
      this.#troubleBox.hidden = false;
      tellTrouble(this.#trouble, error);
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Question}
   */
  #question(signal) {
    const { voice, business } = this.#context;
    const { from, to, campaignIds, userIds, countries } = this.#choice;
    /** @type {Map<GroupKind, Promise<ReportGroup[]>>} */
    const asked = new Map();
    const question = {
      businessId: business.id,
      from,
      to,
      weekStart: business.week_start,
      filters: { campaignIds, userIds, countries },
      signal,
    };
    const by = (/** @type {GroupKind} */ kind) => {
      const found = asked.get(kind) ?? voice.reports.by(question, kind);
      asked.set(kind, found);
      // Whoever tries again asks again.
      found.catch(() => asked.delete(kind));
      return found;
    };
    return { ...question, by };
  }

  #showWho() {
    const { team } = this.#context;
    element('filter-rep', HTMLDetailsElement).hidden = !team.isManager;
    say(
      element('report-hint', HTMLElement),
      team.isManager ? 'All calls of the business.' : 'Your own calls.',
    );
  }

  #show() {
    if (!this.#shown) return;
    const { overview, by } = this.#shown;
    const { totals, before } = overview;
    const { metric } = this.#choice;
    this.#showTime(overview);
    if (!totals.calls && !before.calls) {
      this.#showEmpty(this.#whyEmpty());
      return;
    }
    this.#empty.hidden = true;
    this.#body.hidden = false;
    this.#body.setAttribute('aria-busy', 'false');
    this.#changes.replaceChildren(
      ...changes(overview, countDays(overview), this.#isOpen).map((text) =>
        create('li', {}, unbroken(text)),
      ),
    );
    say(this.#hint, undescribedHint(totals));
    this.#showTiles(overview);
    this.#allNumbers.show(overview);
    this.#trend.show(overview, metric, by);
  }

  /**
   * Tiles that are drawn again keep the focus.
   *
   * @param {Overview} overview
   */
  #showTiles({ totals, before }) {
    const focused = document.activeElement;
    const label = this.#tiles.contains(focused) ? focused?.getAttribute('aria-label') : null;
    this.#tiles.setAttribute('aria-label', spoken(totals));
    this.#tiles.replaceChildren(
      ...tiles(totals, before, {
        metric: this.#choice.metric,
        isOpen: this.#isOpen,
        showTrend: (metric) => {
          this.#choose({ metric });
          element('trend-title', HTMLElement).scrollIntoView({ block: 'nearest' });
        },
        openCalls: (metric) => this.#sections.openCalls({ by: 'all', key: null, metric, name: '' }),
      }),
    );
    if (!label) return;
    [...this.#tiles.querySelectorAll('button')]
      .find((button) => button.getAttribute('aria-label') === label)
      ?.focus();
  }

  /** @param {Overview} overview */
  #showTime({
    from,
    to,
    before_from: beforeFrom,
    before_to: beforeTo,
    time_zone: zone,
    as_of: asOf,
  }) {
    say(
      this.#time,
      `${daysName(from, to)}, compared with ${daysName(beforeFrom, beforeTo)}.` +
        (this.#isOpen ? ' The last day is not over, so its numbers will grow.' : ''),
    );
    const late = asOf ? Math.floor((Date.now() - timestamp(asOf).getTime()) / 60_000) : 0;
    const counted = asOf
      ? ` Counted until ${businessTime(asOf, zone).short}.`
      : ' Nothing has been counted yet.';
    const warning =
      late >= LATE_MINUTES
        ? ` That was ${late} minutes ago, so the latest calls are missing: tell your administrator that reports are not counted.`
        : '';
    say(
      this.#clock,
      `Days are those of ${zone.replaceAll('_', ' ')}, the clock of the business.${counted}${warning}`,
    );
    this.#clock.classList.toggle('bad', Boolean(warning));
  }

  #whyEmpty() {
    const { from, to, campaignIds, userIds, countries } = this.#choice;
    if (from > this.#today) return 'These days are still to come. Choose an earlier time.';
    const isFiltered = campaignIds.length + userIds.length + countries.length > 0;
    return isFiltered
      ? `No call of ${daysName(from, to)} is of what the filters ask for. Choose more of it, or another time.`
      : `No calls from ${daysName(from, to)}, nor as many days before. Choose another time, or place a call.`;
  }

  /** @param {string} text */
  #showEmpty(text) {
    this.#body.hidden = true;
    this.#body.setAttribute('aria-busy', 'false');
    this.#empty.hidden = false;
    say(this.#empty, text);
  }

  /** @param {Question} question */
  async #showCampaigns(question) {
    const { team, outcomes } = this.#context;
    // The table of the campaigns says what is wrong.
    const groups = await question.by('campaign').catch(() => []);
    if (question.signal.aborted) return;
    const known = {
      personName: (/** @type {string} */ id) => team.nameOf(id),
      outcomeWord: (/** @type {string} */ key) => outcomes.labelOf(key),
    };
    const sentences =
      groups.length > 1 ? groupChanges(groups, (group) => groupName('campaign', group, known)) : [];
    this.#campaigns.replaceChildren(
      ...sentences.map((sentence) => create('li', {}, ...nodesOf(sentence))),
    );
    this.#campaigns.hidden = !sentences.length;
  }

  /** On paper nobody opens anything. */
  #openForPrint() {
    this.#openedForPrint = [...this.#body.querySelectorAll('details')].filter(({ open }) => !open);
    for (const details of this.#openedForPrint) details.open = true;
  }

  #closeAfterPrint() {
    for (const details of this.#openedForPrint) details.open = false;
    this.#openedForPrint = [];
  }
}

/** @param {string} text @returns {string} in which no line begins with a percent sign */
function unbroken(text) {
  return text.replaceAll(' %', '\u00a0%');
}
