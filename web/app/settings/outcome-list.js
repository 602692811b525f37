import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { showItems } from '../shared/list-items.js';
import { reader } from '../shared/reader.js';
import { onSetting } from '../shared/setting-changes.js';
import { tellTrouble } from '../shared/trouble.js';
import { OutcomeDialog } from './outcome-dialog.js';
import { effectWord, moved, sortedOutcomes } from './outcomes.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Outcome} Outcome
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Keys 1 to 9 choose the first outcomes. */
const MOST_KEYS = 9;

/** The outcomes of the business, in the order in which reps see them. */
export class OutcomeList {
  #context;
  #status = element('outcomes-status', HTMLElement);
  #title = element('outcomes-title', HTMLElement);
  #list = element('outcome-list', HTMLOListElement);
  #archivedBox = element('outcomes-archived-box', HTMLDetailsElement);
  #archivedTitle = element('outcomes-archived-title', HTMLElement);
  #archived = element('outcomes-archived', HTMLUListElement);
  #add = element('outcome-add', HTMLButtonElement);
  #trouble = element('outcomes-trouble', HTMLElement);
  /** @type {Outcome[]} */
  #outcomes = [];
  #isKnown = false;
  #read;
  #isChanging = false;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { business, voice, signal } = context;
    this.#read = reader({
      read: () => voice.outcomes.list(business.id, { signal }),
      show: (outcomes) => {
        this.#outcomes = outcomes;
        this.#isKnown = true;
        this.#show();
      },
      status: this.#status,
      trouble: this.#trouble,
      signal,
    });
    // What the other views show of outcomes is read again, too.
    const dialog = new OutcomeDialog(context, () => void this.#readAll());
    this.#add.addEventListener('click', () => dialog.open(null, this.#outcomes));
    for (const list of [this.#list, this.#archived]) {
      list.addEventListener('click', ({ target }) => {
        const button = target instanceof Element && target.closest('button');
        const outcome = this.#outcomes.find(({ key }) => button && key === button.value);
        if (!button || !outcome) return;
        const { act } = button.dataset;
        if (act === 'edit') dialog.open(outcome, this.#outcomes);
        else void this.#change(outcome, act ?? '');
      });
    }
    context.team.onLoad(() => this.#show(), signal);
    onSetting(voice, ['outcome'], () => void this.#read(), signal);
    void this.#read();
  }

  async #readAll() {
    void this.#context.outcomes.load();
    await this.#read();
  }

  #show() {
    if (!this.#isKnown) return;
    const { isManager } = this.#context.team;
    const { used, archived } = sortedOutcomes(this.#outcomes);
    say(
      this.#status,
      isManager
        ? 'What reps choose after a call, in this order; keys 1 to 9 choose the first nine.'
        : 'What you choose after a call. Your managers can change this list.',
    );
    showItems(
      this.#list,
      used.map((outcome, index) => this.#itemOf(outcome, index, used.length, isManager)),
      this.#title,
    );
    this.#archivedBox.hidden = !archived.length;
    say(this.#archivedTitle, `Archived (${archived.length})`);
    showItems(
      this.#archived,
      archived.map((outcome) =>
        create('li', {}, wordsOf(outcome), isManager && buttonOf(outcome, 'restore', 'Bring back')),
      ),
      this.#title,
    );
    this.#add.hidden = !isManager;
  }

  /**
   * @param {Outcome} outcome
   * @param {number} index
   * @param {number} count
   * @param {boolean} isManager
   */
  #itemOf(outcome, index, count, isManager) {
    const key = index < MOST_KEYS ? String(index + 1) : '';
    const item = create(
      'li',
      { 'data-outcome': outcome.key },
      create('kbd', { class: 'outcome-key' }, key),
      wordsOf(outcome),
    );
    if (!isManager) return item;
    const up = buttonOf(outcome, 'up', '↑', 'Move up');
    const down = buttonOf(outcome, 'down', '↓', 'Move down');
    up.disabled = index === 0;
    down.disabled = index === count - 1;
    item.append(
      create(
        'span',
        { class: 'outcome-buttons' },
        up,
        down,
        buttonOf(outcome, 'edit', 'Edit'),
        buttonOf(outcome, 'archive', 'Archive'),
      ),
    );
    return item;
  }

  /**
   * @param {Outcome} outcome
   * @param {string} act
   */
  async #change(outcome, act) {
    const { business, signal } = this.#context;
    if (this.#isChanging) return;
    this.#isChanging = true;
    sayParts(this.#trouble);
    try {
      if (act === 'up' || act === 'down') {
        const { used } = sortedOutcomes(this.#outcomes);
        const changes = moved(used, outcome.key, act === 'up' ? -1 : 1);
        for (const { key, position } of changes) {
          await this.#context.voice.outcomes.change(business.id, key, { position });
        }
      } else {
        await this.#context.voice.outcomes.change(business.id, outcome.key, {
          is_archived: act === 'archive',
        });
      }
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isChanging = false;
    }
    if (!signal.aborted) await this.#readAll();
  }
}

/** @param {Outcome} outcome */
function wordsOf({ label, effect, is_success: isSuccess }) {
  const words = effectWord(effect) + (isSuccess ? ' · counts as a success' : '');
  return create(
    'span',
    { class: 'outcome-words' },
    create('strong', {}, bdi(label)),
    create('span', { class: 'aside' }, words),
  );
}

/**
 * @param {Outcome} outcome
 * @param {string} act
 * @param {string} text
 * @param {string} [name] for screen readers, if the text is a sign
 */
function buttonOf({ key, label }, act, text, name = text) {
  return create(
    'button',
    {
      type: 'button',
      class: 'quiet',
      value: key,
      'data-act': act,
      'aria-label': `${name} ${label}`,
    },
    text,
  );
}
