import { failureOf } from '../../henk-voice/henk-voice.js';
import { remembered } from '../frame/view.js';
import { create, debounce, element, say } from '../shared/dom.js';
import { hideNotice, showFailure } from '../shared/notices.js';
import { STATUS_FILTERS } from '../shared/words.js';
import { callRow, skeletonRow } from './call-row.js';
import { NeedsOutcome } from './needs-outcome.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').HistoryFilter} HistoryFilter
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {object} CallListActions what happens when the rep chooses an action of a row
 * @property {(conversation: ConversationInHistory) => void} callAgain
 * @property {(conversation: ConversationInHistory) => void} describe
 * @property {(conversation: ConversationInHistory) => void} hear
 * @property {(conversation: ConversationInHistory) => void} showLine
 */

const PAGE = 25;
const SKELETON_ROWS = 6;

/** The calls of the business, newest first. It updates itself. */
export class CallList {
  #context;
  #actions;
  #needsOutcome;
  #filters = element('filters', HTMLFormElement);
  #search = element('filter-search', HTMLInputElement);
  #status = element('filter-status', HTMLSelectElement);
  #campaign = element('filter-campaign', HTMLSelectElement);
  #owner = element('filter-owner', HTMLSelectElement);
  #table = element('history-table', HTMLElement);
  #body = element('history-rows', HTMLTableSectionElement);
  #empty = element('history-empty', HTMLElement);
  #more = element('history-more', HTMLButtonElement);
  #announcement = element('history-status', HTMLElement);
  #searched = element('history-searched', HTMLElement);
  /** @type {ConversationInHistory[]} */
  #conversations = [];
  /** What was learnt of calls since the list began to be read. @type {Map<string, Partial<Conversation>>} */
  #learnt = new Map();
  #loading = new AbortController();
  /** The filters for the next time that the view is mounted. @type {Map<string, string>} */
  #kept;
  #reloadSoon = debounce(() => {
    if (!this.#context.signal.aborted) void this.#load();
  }, 300);

  /**
   * @param {ViewContext} context
   * @param {CallListActions} actions
   */
  constructor(context, actions) {
    this.#context = context;
    this.#actions = actions;
    for (const [value, { label }] of Object.entries(STATUS_FILTERS)) {
      this.#status.append(create('option', { value }, label));
    }
    this.#filters.addEventListener('submit', (event) => event.preventDefault());
    context.signal.addEventListener('abort', () => this.#loading.abort());
    this.#needsOutcome = new NeedsOutcome(context, () => {
      this.#clearFilters();
      this.#reset();
    });
    const resetSoon = debounce(() => this.#reset(), 300);
    this.#filters.addEventListener('input', (event) => {
      // The list is of older filters from now on.
      this.#loading.abort();
      this.#needsOutcome.leave();
      if (event.target === this.#search) resetSoon();
      else this.#reset();
    });
    for (const known of [context.team, context.outcomes]) {
      known.onLoad(() => {
        if (this.#conversations.length) this.#render(!this.#more.hidden);
      }, context.signal);
    }
    this.#more.addEventListener('click', () => void this.#loadOlder());
    context.signal.addEventListener('abort', () => hideNotice('history'));
    element('history-reload', HTMLButtonElement).addEventListener('click', () => this.#reset());

    const { voice, memory, signal } = context;
    voice.on('conversation', (row) => this.#update(row), { signal });
    voice.on('gap', this.#reloadSoon, { signal });
    voice.on('call', () => this.#enableCallAgain(), { signal });
    voice.on(
      'callend',
      () => {
        this.#enableCallAgain();
        this.#reloadSoon();
        this.#needsOutcome.countSoon();
      },
      { signal },
    );
    // Without Realtime this page does not learn about colleagues' calls.
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState !== 'visible') return;
        this.#reloadSoon();
        this.#needsOutcome.countSoon();
      },
      { signal },
    );
    this.#kept = remembered(memory, 'calls.filters', () => new Map());
    this.#restoreFilters();
    this.#reset();
  }

  /** Campaigns belong to a business, so that filter is not kept. */
  #restoreFilters() {
    for (const field of [this.#search, this.#status, this.#owner]) {
      field.value = this.#kept.get(field.id) ?? field.value;
      field.addEventListener('input', () => this.#kept.set(field.id, field.value));
    }
  }

  /** The fields must not show filters that do not count. */
  #clearFilters() {
    this.#filters.reset();
    this.#kept.clear();
  }

  /** Reads the calls again. */
  reload() {
    this.#reloadSoon();
    this.#needsOutcome.countSoon();
  }

  /** Empties the list and loads it again. */
  #reset() {
    this.#conversations = [];
    this.#body.replaceChildren(...Array.from({ length: SKELETON_ROWS }, skeletonRow));
    this.#table.hidden = false;
    this.#empty.hidden = true;
    this.#more.hidden = true;
    void this.#load();
  }

  /** @returns {HistoryFilter} */
  get #filter() {
    if (this.#needsOutcome.isChosen) return { needsOutcome: true };
    const statuses = STATUS_FILTERS[this.#status.value]?.statuses ?? [];
    return {
      statuses,
      campaignId: this.#campaign.value,
      userId: this.#owner.value === 'mine' ? this.#context.userId : '',
      search: this.#search.value,
    };
  }

  /** Loads as many calls as the list has, and at least one page. */
  async #load() {
    const signal = this.#begin();
    const limit = Math.max(PAGE, this.#conversations.length);
    const page = await this.#read(signal, { limit });
    if (!page) return;
    this.#conversations = page.conversations;
    this.#render(page.more);
  }

  async #loadOlder() {
    const signal = this.#begin();
    this.#more.disabled = true;
    const page = await this.#read(signal, { before: this.#conversations.at(-1), limit: PAGE });
    this.#more.disabled = false;
    if (!page) return;
    const firstOlder = this.#conversations.length;
    this.#conversations.push(...page.conversations);
    this.#render(page.more);
    const row = this.#body.children[firstOlder]?.querySelector('button');
    if (!page.more) row?.focus();
  }

  /**
   * Begins to read the list. What was being read before is not used any more.
   *
   * @returns {AbortSignal} aborted when this is not used any more
   */
  #begin() {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#learnt.clear();
    this.#table.setAttribute('aria-busy', 'true');
    return this.#loading.signal;
  }

  /**
   * @param {AbortSignal} signal
   * @param {HistoryFilter} range
   */
  async #read(signal, range) {
    const { voice, business } = this.#context;
    try {
      const filter = { ...this.#filter, ...range, signal };
      const page = await voice.conversations.history(business.id, filter);
      if (signal.aborted) return null;
      hideNotice('history');
      // The answer may be older than what was learnt meanwhile.
      const conversations = page.conversations.map((it) => ({ ...it, ...this.#learnt.get(it.id) }));
      return { ...page, conversations };
    } catch (error) {
      if (signal.aborted) return null;
      const again = { label: 'Try again', run: () => this.#reset() };
      showFailure(failureOf(error), 'history', [again]);
      if (this.#conversations.length === 0) this.#showEmpty('The calls could not be loaded.');
      return null;
    } finally {
      if (!signal.aborted) this.#table.setAttribute('aria-busy', 'false');
    }
  }

  /** @param {boolean} more */
  #render(more) {
    const count = this.#conversations.length;
    this.#renderRows();
    this.#more.hidden = !more;
    this.#table.hidden = false;
    this.#empty.hidden = true;
    if (count === 0) this.#showEmpty(this.#nothingFound);
    say(this.#searched, this.#whatWasSearched);
    say(
      this.#announcement,
      count === 1 ? '1 call' : `${count} calls${more ? '. There are older ones.' : ''}`,
    );
  }

  /** A row that stays as it is is not touched: it may have the focus, or be clicked just now. */
  #renderRows() {
    const ids = new Set(this.#conversations.map(({ id }) => id));
    const rows = new Map();
    for (const row of [...this.#body.children]) {
      const { conversation = '' } = /** @type {HTMLElement} */ (row).dataset;
      if (ids.has(conversation)) rows.set(conversation, row);
      else row.remove();
    }
    for (const [index, conversation] of this.#conversations.entries()) {
      const before = rows.get(conversation.id);
      const row = before ? this.#replaceRow(before, conversation) : this.#row(conversation);
      const there = this.#body.children[index] ?? null;
      if (row !== there) this.#body.insertBefore(row, there);
    }
  }

  get #nothingFound() {
    if (this.#needsOutcome.isChosen) return 'Each of your calls has an outcome.';
    const isFiltered = this.#search.value || this.#campaign.value || this.#status.value !== 'all';
    return isFiltered ? 'No call matches.' : 'No calls yet.';
  }

  /** Without it, nobody knows what "No call matches" stands for. */
  get #whatWasSearched() {
    const search = this.#search.value.trim();
    if (!search || this.#needsOutcome.isChosen) return '';
    const whose = this.#owner.value === 'mine' ? 'all of your calls' : 'all calls of the business';
    const others = this.#campaign.value || this.#status.value !== 'all';
    return (
      `Searched names, companies and numbers of ${whose}` +
      `${others ? ' with this status and campaign' : ''} for “${search}”.`
    );
  }

  /** @param {string} text */
  #showEmpty(text) {
    this.#table.hidden = true;
    this.#empty.hidden = false;
    say(this.#empty, text);
  }

  /** @param {Partial<Conversation> & { id: string }} changed */
  #update(changed) {
    this.#learnt.set(changed.id, { ...this.#learnt.get(changed.id), ...changed });
    if ('outcome' in changed) {
      this.#needsOutcome.countSoon();
      if (this.#needsOutcome.isChosen) this.#reloadSoon();
    }
    const index = this.#conversations.findIndex(({ id }) => id === changed.id);
    const known = this.#conversations[index];
    if (!known) {
      this.#reloadSoon();
      return;
    }
    const links = /** @type {const} */ (['lead_id', 'campaign_id']);
    if (links.some((link) => changed[link] !== undefined && changed[link] !== known[link])) {
      this.#reloadSoon();
    }
    const conversation = { ...known, ...changed };
    this.#conversations[index] = conversation;
    const before = this.#body.children[index];
    if (before) this.#replaceRow(before, conversation);
  }

  /**
   * @param {Element} before
   * @param {ConversationInHistory} conversation
   * @returns {Element} the row that is there now
   */
  #replaceRow(before, conversation) {
    const row = this.#row(conversation);
    if (row.isEqualNode(before)) return before;
    const focused = [...before.querySelectorAll('button')].indexOf(
      /** @type {HTMLButtonElement} */ (document.activeElement),
    );
    before.replaceWith(row);
    if (focused >= 0) row.querySelectorAll('button')[focused]?.focus();
    return row;
  }

  /** @param {ConversationInHistory} conversation */
  #row(conversation) {
    const { team } = this.#context;
    const mayDescribe = conversation.status !== 'blocked' && team.mayDescribe(conversation);
    // Of what a row does not show, more may be known by then.
    const latest = () =>
      this.#conversations.find(({ id }) => id === conversation.id) ?? conversation;
    return callRow(conversation, {
      callAgain: () => this.#actions.callAgain(latest()),
      describe: mayDescribe ? () => this.#actions.describe(latest()) : null,
      hear: () => this.#actions.hear(latest()),
      showLine: () => this.#actions.showLine(latest()),
      mayForget: this.#context.team.isManager,
      inCall: this.#context.voice.inCall,
      outcomeWord: (outcome) => this.#context.outcomes.labelOf(outcome),
    });
  }

  /** There can be only one call at a time. */
  #enableCallAgain() {
    const { inCall } = this.#context.voice;
    for (const button of this.#body.querySelectorAll('button')) {
      if ('callAgain' in button.dataset) button.disabled = inCall;
    }
  }
}
