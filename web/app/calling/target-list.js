import { bdi, create, element, ltr, say, sayParts } from '../shared/dom.js';
import { showItems } from '../shared/list-items.js';
import { formatNumber } from '../shared/phone-format.js';
import { ask } from '../shared/question.js';
import { reader } from '../shared/reader.js';
import { onSetting } from '../shared/setting-changes.js';
import { tellTrouble } from '../shared/trouble.js';
import { TargetForm } from './target-form.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').TransferTarget} TransferTarget
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** The numbers that calls are transferred to. */
export class TargetList {
  #context;
  #status = element('transfer-targets-status', HTMLElement);
  #title = element('transfer-targets-title', HTMLElement);
  #list = element('transfer-targets', HTMLUListElement);
  #add = element('transfer-target-add', HTMLButtonElement);
  #trouble = element('transfer-targets-trouble', HTMLElement);
  /** @type {TransferTarget[] | null} */
  #targets = null;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { voice, business, signal } = context;
    this.read = reader({
      read: () => voice.transferTargets.list(business.id, { signal }),
      show: (targets) => {
        this.#targets = targets;
        this.#show();
      },
      status: this.#status,
      trouble: this.#trouble,
      signal,
    });
    onSetting(voice, ['transfer_target'], () => void this.read(), signal);
    const form = new TargetForm(context, () => this.read());
    this.#add.addEventListener('click', () => form.open(null));
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      const found = this.#targets?.find(({ id }) => button && id === button.value);
      if (!button || !found) return;
      if (button.dataset.act === 'edit') form.open(found);
      else void this.#remove(found);
    });
    context.team.onLoad(() => this.#show(), signal);
    void this.read();
  }

  #show() {
    if (!this.#targets) return;
    const { isManager } = this.#context.team;
    say(this.#status, this.#targets.length ? '' : 'There are none yet.');
    this.#add.hidden = !isManager;
    const items = this.#targets.map((target) => itemOf(target, isManager));
    showItems(this.#list, items, this.#title);
  }

  /** @param {TransferTarget} target */
  async #remove(target) {
    const { voice, business, signal } = this.#context;
    const answer = await ask({
      title: 'Remove the transfer target?',
      text: [bdi(target.name), ' is not offered any more. Calls that go on are not changed.'],
      yes: 'Remove',
      isDestructive: true,
    });
    if (!answer || signal.aborted) return;
    sayParts(this.#trouble);
    try {
      await voice.transferTargets.remove(business.id, target.id);
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    }
    if (!signal.aborted) await this.read();
  }
}

/**
 * @param {TransferTarget} target
 * @param {boolean} isManager
 */
function itemOf({ id, name, phone_number: number }, isManager) {
  const button = (/** @type {string} */ act, /** @type {string} */ word) =>
    create(
      'button',
      {
        type: 'button',
        class: 'quiet',
        value: id,
        'data-act': act,
        'aria-label': `${word} ${name}`,
      },
      word,
    );
  return create(
    'li',
    { 'data-target': id },
    create(
      'span',
      { class: 'message-words' },
      create('strong', {}, bdi(name)),
      create('span', { class: 'aside' }, ltr(formatNumber(number))),
    ),
    isManager && button('edit', 'Edit'),
    isManager && button('remove', 'Remove'),
  );
}
