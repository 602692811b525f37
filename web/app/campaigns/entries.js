import { create, debounce, element, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { EntryActions } from './entry-actions.js';
import { rowOf } from './entry-row.js';
import { DONE_REASONS, WAIT_REASONS, counted, sum } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue} CampaignQueue
 * @typedef {import('../../henk-voice/henk-voice.js').EntryGroup} EntryGroup
 * @typedef {import('../../henk-voice/henk-voice.js').Entry} Entry
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {object} Told
 * @property {() => readonly CampaignQueue[]} queues all campaigns, to move leads to another one
 * @property {() => void} onChange the counts have changed
 */

const PAGE = 50;
const MOST_SHOWN = 900;
const SEARCH_AFTER_MS = 300;
/** How many are read at once if all are to be chosen, and how many can be. */
const AT_ONCE = 500;
const MOST_CHOSEN = 10_000;

/** @type {readonly (readonly [EntryGroup, string])[]} */
const STATES = [
  ['due', 'Due now'],
  ['leased', 'With a rep'],
  ['waiting', 'Waiting'],
  ['paused', 'Paused'],
  ['done', 'Done'],
];

/** The leads of a campaign's queue: which of them are shown, and which are chosen. */
export class Entries {
  #context;
  #states = element('entry-states', HTMLElement);
  #search = element('entry-search', HTMLInputElement);
  #reasonField = element('entry-reason-field', HTMLElement);
  #reason = element('entry-reason', HTMLSelectElement);
  #said = element('entries-said', HTMLElement);
  #table = element('entries', HTMLElement);
  #rows = element('entry-rows', HTMLTableSectionElement);
  #chooseAll = element('entries-all', HTMLInputElement);
  #empty = element('entries-empty', HTMLElement);
  #more = element('entries-more', HTMLButtonElement);
  #trouble = element('entries-trouble', HTMLElement);
  #actions;
  /** @type {CampaignQueue | null} */
  #campaign = null;
  /** @type {EntryGroup} */
  #state = 'due';
  /** What is shown. @type {Entry[]} */
  #entries = [];
  /** The ids of those that are chosen. @type {Set<string>} */
  #chosen = new Set();
  /** Ends the request before. */
  #reading = new AbortController();
  /** What the counts were when the entries were read. */
  #counts = '';

  /**
   * @param {ViewContext} context
   * @param {Told} told
   */
  constructor(context, told) {
    this.#context = context;
    this.#actions = new EntryActions(context, {
      queues: told.queues,
      chosen: () => [...this.#chosen],
      onDone: () => {
        this.#chosen.clear();
        told.onChange();
        void this.#read();
      },
      onNone: () => this.#choose([]),
      onAll: () => void this.#chooseEverything(),
    });
    this.#states.append(
      ...STATES.map(([state]) => create('button', { type: 'button', value: state })),
    );
    this.#states.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (button) this.#showState(/** @type {EntryGroup} */ (button.value));
    });
    this.#reason.addEventListener('change', () => void this.#read());
    const search = debounce(() => !context.signal.aborted && void this.#read(), SEARCH_AFTER_MS);
    this.#search.addEventListener('input', search);
    element('entry-filter', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#read();
    });
    this.#more.addEventListener('click', () => void this.#readMore());
    this.#chooseAll.addEventListener('change', () =>
      this.#choose(this.#chooseAll.checked ? this.#ids : []),
    );
    this.#rows.addEventListener('change', ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (target.checked) this.#chosen.add(target.value);
      else this.#chosen.delete(target.value);
      this.#showChosen();
    });
    context.signal.addEventListener('abort', () => this.#reading.abort());
  }

  /** @param {CampaignQueue} campaign */
  show(campaign) {
    const isOther = campaign.id !== this.#campaign?.id;
    this.#campaign = campaign;
    this.#table.classList.toggle('read-only', !this.#context.team.isManager);
    if (isOther) {
      this.#search.value = '';
      this.#state = firstState(campaign);
      this.#chosen.clear();
      this.#actions.forget();
    }
    this.#showStates(campaign);
    const counts = JSON.stringify(campaign.counts);
    if (isOther || counts !== this.#counts) void this.#read(isOther);
    else this.#showChosen();
    this.#counts = counts;
  }

  /** @param {CampaignQueue} campaign */
  #showStates({ counts }) {
    for (const button of this.#states.querySelectorAll('button')) {
      const state = /** @type {EntryGroup} */ (button.value);
      const label = STATES.find(([value]) => value === state)?.[1] ?? state;
      const count = counts[state];
      const total = typeof count === 'number' ? count : sum(count);
      sayParts(button, `${label} `, create('span', { class: 'count' }, String(total)));
      button.setAttribute('aria-pressed', String(state === this.#state));
    }
    this.#showReasons(counts);
  }

  /** @param {CampaignQueue['counts']} counts */
  #showReasons(counts) {
    const words = this.#state === 'waiting' ? WAIT_REASONS : DONE_REASONS;
    const byReason = this.#state === 'waiting' || this.#state === 'done' ? counts[this.#state] : {};
    this.#reasonField.hidden = this.#state !== 'waiting' && this.#state !== 'done';
    const before = this.#reason.value;
    const options = [
      create('option', { value: '' }, 'All'),
      ...Object.entries(words)
        .filter(([reason]) => byReason[reason] || reason === before)
        .map(([reason, word]) =>
          create('option', { value: reason }, `${word} (${byReason[reason] ?? 0})`),
        ),
    ];
    const text = options.map((option) => option.textContent).join();
    if (this.#reason.dataset.shows === text) return;
    this.#reason.dataset.shows = text;
    this.#reason.replaceChildren(...options);
    this.#reason.value = before;
    if (this.#reason.selectedIndex < 0) this.#reason.value = '';
  }

  /** @param {EntryGroup} state */
  #showState(state) {
    if (!this.#campaign) return;
    this.#state = state;
    this.#reason.value = '';
    this.#chosen.clear();
    this.#actions.forget();
    this.#showStates(this.#campaign);
    void this.#read(true);
  }

  /** @param {boolean} [isNew] whether what is shown belongs to another choice */
  async #read(isNew = false) {
    if (isNew) {
      this.#entries = [];
      this.#render();
      this.#empty.hidden = true;
    }
    // Who has pressed *More* keeps what is shown.
    const limit = Math.min(Math.max(PAGE, this.#entries.length), MOST_SHOWN);
    await this.#ask(limit, undefined, (found) => {
      this.#entries = found;
    });
  }

  async #readMore() {
    const before = this.#entries.length;
    await this.#ask(PAGE, this.#entries.at(-1), (found) => {
      this.#entries = [...this.#entries, ...found];
    });
    // The button may not be there any more.
    const first = this.#rows.rows[before];
    if (!first || !this.#more.hidden) return;
    first.tabIndex = -1;
    first.focus();
  }

  /**
   * @param {number} limit
   * @param {Entry | undefined} after
   * @param {(found: Entry[]) => void} take
   */
  async #ask(limit, after, take) {
    const campaign = this.#campaign;
    if (!campaign) return;
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    if (this.#context.signal.aborted) return;
    this.#table.setAttribute('aria-busy', 'true');
    try {
      const { entries, more } = await this.#context.voice.campaigns.entries(campaign.id, {
        ...this.#filter,
        ...(after && { after }),
        limit,
        signal,
      });
      if (signal.aborted) return;
      take(entries);
      this.#more.hidden = !more;
      sayParts(this.#trouble);
      this.#render();
      this.#tell();
    } catch (error) {
      if (!signal.aborted) {
        tellTrouble(this.#trouble, error, () => this.#ask(limit, after, take));
      }
    } finally {
      if (!signal.aborted) this.#table.removeAttribute('aria-busy');
    }
  }

  #tell() {
    const shown = this.#entries.length;
    this.#empty.hidden = shown > 0;
    const label = STATES.find(([state]) => state === this.#state)?.[1] ?? '';
    const typed = this.#search.value.trim();
    say(this.#empty, typed ? `No lead here matches “${typed}”.` : `No lead is in “${label}”.`);
    const more = this.#more.hidden ? '' : ' There are more.';
    say(this.#said, `${counted(shown, 'lead')} shown.${more}`);
  }

  #render() {
    const focused = document.activeElement;
    const kept =
      focused instanceof HTMLInputElement && this.#rows.contains(focused) && focused.value;
    const most = this.#campaign?.max_attempts ?? 0;
    this.#rows.replaceChildren(
      ...this.#entries.map((entry) =>
        rowOf(entry, most, this.#chosen.has(entry.id), this.#context.outcomes),
      ),
    );
    this.#table.hidden = !this.#entries.length;
    const ids = new Set(this.#ids);
    // If all are shown, who is not among them is not in this part of the queue any more.
    if (this.#more.hidden) this.#chosen = new Set([...this.#chosen].filter((id) => ids.has(id)));
    this.#showChosen();
    if (!kept) return;
    const box = this.#rows.querySelector(`input[value="${CSS.escape(kept)}"]`);
    if (box instanceof HTMLInputElement) box.focus();
  }

  /** @returns {string[]} of those that are shown */
  get #ids() {
    return this.#entries.map(({ id }) => id);
  }

  /** Chooses also those that match and are not shown: a manager may move thousands. */
  async #chooseEverything() {
    const campaign = this.#campaign;
    if (!campaign) return;
    const { signal } = this.#reading;
    const filter = { ...this.#filter, limit: AT_ONCE, signal };
    const found = new Set(this.#ids);
    let after = this.#entries.at(-1);
    try {
      for (let more = true; more && found.size < MOST_CHOSEN;) {
        const page = await this.#context.voice.campaigns.entries(campaign.id, {
          ...filter,
          ...(after && { after }),
        });
        for (const { id } of page.entries) found.add(id);
        after = page.entries.at(-1);
        more = page.more;
      }
      if (!signal.aborted) this.#choose([...found]);
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    }
  }

  /** @returns {import('../../henk-voice/henk-voice.js').EntryFilter} what is looked for */
  get #filter() {
    const reason = this.#reason.value;
    return {
      state: this.#state,
      ...(reason && { reason }),
      search: this.#search.value.trim(),
    };
  }

  /** @param {readonly string[]} ids */
  #choose(ids) {
    this.#chosen = new Set(ids);
    for (const box of this.#rows.querySelectorAll('input'))
      box.checked = this.#chosen.has(box.value);
    this.#showChosen();
  }

  #showChosen() {
    const shown = this.#ids;
    const count = shown.filter((id) => this.#chosen.has(id)).length;
    this.#chooseAll.checked = count > 0 && count === shown.length;
    this.#chooseAll.indeterminate = count > 0 && count < shown.length;
    this.#chooseAll.disabled = !shown.length;
    if (!this.#campaign) return;
    this.#actions.show(this.#campaign, this.#state, {
      chosen: this.#chosen.size,
      areMore: this.#chooseAll.checked && !this.#more.hidden && this.#chosen.size === count,
    });
  }
}

/**
 * @param {CampaignQueue} campaign
 * @returns {EntryGroup} the first state in which there is a lead
 */
function firstState({ counts }) {
  const first = STATES.find(([state]) => {
    const count = counts[state];
    return typeof count === 'number' ? count > 0 : sum(count) > 0;
  });
  return first?.[0] ?? 'due';
}
