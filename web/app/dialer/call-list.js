import { blockReasonSentence, failureOf, isOver } from '../../henk-voice/henk-voice.js';
import { remembered } from '../frame/view.js';
import { create, debounce, element, say } from '../shared/dom.js';
import { hideNotice, showFailure } from '../shared/notices.js';
import { formatNumber } from '../shared/phone-format.js';
import { STATUS_FILTERS, STATUS_WORDS, duration, outcomeWord, when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').HistoryFilter} HistoryFilter
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {object} CallListActions what happens when the rep chooses an action of a row
 * @property {(conversation: ConversationInHistory) => void} callAgain
 * @property {(conversation: ConversationInHistory) => void} describe
 */

const PAGE = 25;
const SKELETON_ROWS = 6;

/** The calls of the business, newest first. It updates itself. */
export class CallList {
  #context;
  #actions;
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
  /** @type {ConversationInHistory[]} */
  #conversations = [];
  #loads = 0;
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
    for (const select of [this.#status, this.#campaign, this.#owner]) {
      select.addEventListener('change', () => this.#reset());
    }
    this.#search.addEventListener(
      'input',
      debounce(() => this.#reset(), 300),
    );
    this.#more.addEventListener('click', () => void this.#loadOlder());
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
      },
      { signal },
    );
    // Without Realtime this page does not learn about colleagues' calls.
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'visible') this.#reloadSoon();
      },
      { signal },
    );
    this.#keepFilters(remembered(memory, 'calls.filters', () => new Map()));
    this.#reset();
  }

  /**
   * Keeps the filters for the next time that the view is mounted. Campaigns belong to a business, so
   * that filter is not kept.
   *
   * @param {Map<string, string>} kept
   */
  #keepFilters(kept) {
    for (const field of [this.#search, this.#status, this.#owner]) {
      field.value = kept.get(field.id) ?? field.value;
      field.addEventListener('input', () => kept.set(field.id, field.value));
    }
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
    const number = ++this.#loads;
    const limit = Math.max(PAGE, this.#conversations.length);
    const page = await this.#read(number, { limit });
    if (!page) return;
    this.#conversations = page.conversations;
    this.#render(page.more);
  }

  async #loadOlder() {
    const number = ++this.#loads;
    this.#more.disabled = true;
    const page = await this.#read(number, { before: this.#conversations.at(-1), limit: PAGE });
    this.#more.disabled = false;
    if (!page) return;
    // A new call in the meantime shifts the pages by one.
    const known = new Set(this.#conversations.map(({ id }) => id));
    const older = page.conversations.filter(({ id }) => !known.has(id));
    const firstOlder = this.#conversations.length;
    this.#conversations.push(...older);
    this.#render(page.more);
    const row = this.#body.children[firstOlder]?.querySelector('button');
    if (!page.more) row?.focus();
  }

  /**
   * @param {number} number of this load; a later load makes its answer useless
   * @param {HistoryFilter} range
   */
  async #read(number, range) {
    const { voice, business } = this.#context;
    this.#table.setAttribute('aria-busy', 'true');
    try {
      const page = await voice.conversations.history(business.id, { ...this.#filter, ...range });
      if (this.#isStale(number)) return null;
      hideNotice('history');
      return page;
    } catch (error) {
      if (this.#isStale(number)) return null;
      showFailure(failureOf(error), 'history');
      if (this.#conversations.length === 0) this.#showEmpty('The calls could not be loaded.');
      return null;
    } finally {
      if (!this.#isStale(number)) this.#table.setAttribute('aria-busy', 'false');
    }
  }

  /** @param {number} number of a load */
  #isStale(number) {
    return number !== this.#loads || this.#context.signal.aborted;
  }

  /** @param {boolean} more */
  #render(more) {
    const count = this.#conversations.length;
    this.#body.replaceChildren(
      ...this.#conversations.map((conversation) => this.#row(conversation)),
    );
    this.#more.hidden = !more;
    this.#table.hidden = false;
    this.#empty.hidden = true;
    if (count === 0) this.#showEmpty(this.#isFiltered ? 'No call matches.' : 'No calls yet.');
    say(
      this.#announcement,
      count === 1 ? '1 call' : `${count} calls${more ? '. There are older ones.' : ''}`,
    );
  }

  get #isFiltered() {
    return Boolean(this.#search.value || this.#campaign.value || this.#status.value !== 'all');
  }

  /** @param {string} text */
  #showEmpty(text) {
    this.#table.hidden = true;
    this.#empty.hidden = false;
    say(this.#empty, text);
  }

  /** @param {Partial<Conversation> & { id: string }} changed */
  #update(changed) {
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
    this.#replaceRow(index, conversation);
  }

  /**
   * @param {number} index
   * @param {ConversationInHistory} conversation
   */
  #replaceRow(index, conversation) {
    const before = this.#body.children[index];
    if (!before) return;
    const row = this.#row(conversation);
    const focused = [...before.querySelectorAll('button')].indexOf(
      /** @type {HTMLButtonElement} */ (document.activeElement),
    );
    before.replaceWith(row);
    if (focused >= 0) row.querySelectorAll('button')[focused]?.focus();
  }

  /** @param {ConversationInHistory} conversation */
  #row(conversation) {
    const { status, block_reason: blockReason, outcome, notes, lead, campaign } = conversation;
    const number = formatNumber(conversation.to_number ?? '', this.#context.business.country);
    const name = lead?.name ?? number;
    const talked = conversation.answered_at ? conversation.duration_seconds : null;
    const time = when(conversation.created_at);
    const badge = create('span', { class: 'badge', 'data-status': status }, STATUS_WORDS[status]);
    const why = blockReason
      ? [create('span', { class: 'why' }, blockReasonSentence(blockReason))]
      : [];

    return create(
      'tr',
      { 'data-conversation': conversation.id, 'data-status': status },
      create(
        'th',
        { scope: 'row' },
        create('span', { class: 'who' }, name),
        ...(lead ? [create('span', { class: 'aside' }, number)] : []),
      ),
      cell('Status', badge, ...why),
      cell('Talk time', talked === null || !isOver(status) ? '' : duration(talked)),
      cell('Campaign', campaign?.name ?? ''),
      cell(
        'Outcome',
        outcome ? outcomeWord(outcome) : '',
        ...(notes ? [create('span', { class: 'aside notes', title: notes }, notes)] : []),
      ),
      cell(
        'When',
        create('time', { datetime: time.iso, title: time.exact }, time.short),
        create(
          'span',
          { class: 'row-actions' },
          this.#callAgain(conversation, name),
          ...(status === 'blocked'
            ? []
            : [action('Edit', name, () => this.#actions.describe(conversation))]),
        ),
      ),
    );
  }

  /**
   * @param {ConversationInHistory} conversation
   * @param {string} name
   */
  #callAgain(conversation, name) {
    const button = action('Call again', name, () => this.#actions.callAgain(conversation));
    button.dataset.callAgain = '';
    button.disabled = this.#context.voice.inCall;
    return button;
  }

  /** There can be only one call at a time. */
  #enableCallAgain() {
    const { inCall } = this.#context.voice;
    for (const button of this.#body.querySelectorAll('button')) {
      if ('callAgain' in button.dataset) button.disabled = inCall;
    }
  }
}

/**
 * @param {string} label shown on narrow screens, which have no column headings
 * @param {...(Node | string)} content
 */
function cell(label, ...content) {
  const filled = content.filter(Boolean);
  if (filled.length) return create('td', { 'data-label': label }, ...filled);
  return create('td', { 'data-label': label, class: 'nothing' }, '–');
}

/**
 * @param {string} label
 * @param {string} name
 * @param {() => void} act
 */
function action(label, name, act) {
  const button = create(
    'button',
    { type: 'button', class: 'quiet', 'aria-label': `${label}: ${name}` },
    label,
  );
  button.addEventListener('click', act);
  return button;
}

function skeletonRow() {
  const bar = () => create('td', {}, create('span', { class: 'skeleton' }));
  return create('tr', { 'aria-hidden': 'true' }, ...Array.from({ length: 6 }, bar));
}
