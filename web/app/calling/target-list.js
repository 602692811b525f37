import { bdi, create, element, ltr, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { ask } from '../shared/question.js';
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
    const form = new TargetForm(context, () => this.read());
    this.#add.addEventListener('click', () => form.open(null));
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      const found = this.#targets?.find(({ id }) => button && id === button.value);
      if (!button || !found) return;
      if (button.dataset.act === 'edit') form.open(found);
      else void this.#remove(found);
    });
    context.team.onLoad(() => this.#show(), context.signal);
    void this.read();
  }

  async read() {
    const { voice, business, signal } = this.#context;
    try {
      const targets = await voice.transferTargets.list(business.id, { signal });
      if (signal.aborted) return;
      this.#targets = targets;
      this.#show();
    } catch (error) {
      if (signal.aborted) return;
      say(this.#status, '');
      tellTrouble(this.#trouble, error, () => this.read());
    }
  }

  #show() {
    if (!this.#targets) return;
    const { isManager } = this.#context.team;
    say(this.#status, this.#targets.length ? '' : 'There are none yet.');
    this.#add.hidden = !isManager;
    const focused = document.activeElement;
    const kept = focused instanceof HTMLButtonElement && this.#list.contains(focused);
    const [value, act] = kept ? [focused.value, focused.dataset.act] : [];
    this.#list.replaceChildren(...this.#targets.map((target) => itemOf(target, isManager)));
    if (!kept) return;
    const same = [...this.#list.querySelectorAll('button')].find(
      (button) => button.value === value && button.dataset.act === act,
    );
    (same ?? this.#title).focus();
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
