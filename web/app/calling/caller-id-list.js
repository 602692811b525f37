import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, ltr, say, sayParts } from '../shared/dom.js';
import { showItems } from '../shared/list-items.js';
import { formatNumber } from '../shared/phone-format.js';
import { reader } from '../shared/reader.js';
import { onSetting } from '../shared/setting-changes.js';
import { tellTrouble } from '../shared/trouble.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CallerId} CallerId
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** The numbers that the business may show, and which one it shows. */
export class CallerIdList {
  #context;
  #status = element('caller-ids-status', HTMLElement);
  #title = element('caller-ids-title', HTMLElement);
  #list = element('caller-ids', HTMLUListElement);
  #none = element('caller-ids-none', HTMLElement);
  #saved = element('caller-ids-saved', HTMLElement);
  #trouble = element('caller-ids-trouble', HTMLElement);
  #dialog = element('caller-id-dialog', HTMLDialogElement);
  #label = element('caller-id-label', HTMLInputElement);
  #dialogTrouble = element('caller-id-dialog-trouble', HTMLElement);
  /** @type {CallerId[] | null} */
  #numbers = null;
  /** Whose label is being changed. */
  #number = '';
  #isChanging = false;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { voice, business, signal } = context;
    this.read = reader({
      read: () => voice.callerIds.list(business.id, { signal }),
      show: (numbers) => {
        this.#numbers = numbers;
        this.#show();
      },
      status: this.#status,
      trouble: this.#trouble,
      signal,
    });
    onSetting(voice, ['phone_number'], () => void this.read(), signal);
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (!button) return;
      if (button.dataset.act === 'label') this.#open(button.value);
      else void this.#choose(button.value);
    });
    element('caller-id-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#saveLabel();
    });
    element('caller-id-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    signal.addEventListener('abort', () => this.#dialog.close());
    context.team.onLoad(() => this.#show(), signal);
    void this.read();
  }

  #show() {
    const numbers = this.#numbers;
    if (!numbers) return;
    const { isManager } = this.#context.team;
    say(this.#status, numbers.length ? whatIsShown(numbers) : '');
    this.#none.hidden = numbers.length > 0;
    if (!numbers.length) this.#showNone();
    const items = numbers.map((number) => itemOf(number, isManager));
    showItems(this.#list, items, this.#title);
  }

  #showNone() {
    const { business } = this.#context;
    sayParts(
      this.#none,
      create('p', {}, 'There are none yet, so nobody of this business can call.'),
      create(
        'p',
        {},
        'Whoever runs this installation gives it one of the account’s numbers, with this command:',
      ),
      create('p', {}, create('code', {}, `make caller-id NUMBER=+… BUSINESS=${business.id}`)),
    );
  }

  /** @param {string} number */
  #open(number) {
    const found = this.#numbers?.find((one) => one.phone_number === number);
    if (!found) return;
    this.#number = number;
    sayParts(
      element('caller-id-dialog-title', HTMLElement),
      'Label of ',
      ltr(formatNumber(number)),
    );
    this.#label.value = found.label ?? '';
    say(this.#dialogTrouble, '');
    this.#dialog.showModal();
    this.#label.focus();
  }

  async #saveLabel() {
    const { voice, business, signal } = this.#context;
    if (this.#isChanging) return;
    this.#isChanging = true;
    try {
      await voice.callerIds.label(business.id, this.#number, this.#label.value.trim() || null);
      if (signal.aborted) return;
      this.#dialog.close();
      await this.read();
    } catch (error) {
      if (signal.aborted) return;
      const { message, action } = failureOf(error);
      say(this.#dialogTrouble, `Not saved. ${message} ${action}`);
      this.#label.focus();
    } finally {
      this.#isChanging = false;
    }
  }

  /** @param {string} number */
  async #choose(number) {
    const { voice, business, signal } = this.#context;
    if (this.#isChanging) return;
    this.#isChanging = true;
    sayParts(this.#trouble);
    try {
      await voice.callerIds.choose(business.id, number);
      if (!signal.aborted) say(this.#saved, `${formatNumber(number)} is the default now.`);
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isChanging = false;
    }
    if (!signal.aborted) await this.read();
  }
}

/** @param {readonly CallerId[]} numbers */
function whatIsShown(numbers) {
  const usual = numbers.find((number) => number.is_default);
  if (!usual) {
    return 'None of them is the default: a call that names no caller ID, and whose campaign names none, is refused.';
  }
  return `Leads see ${formatNumber(usual.phone_number)}, unless the campaign or the caller chooses another one.`;
}

/**
 * @param {CallerId} number
 * @param {boolean} isManager
 */
function itemOf({ phone_number: number, label, is_default: isDefault }, isManager) {
  const written = formatNumber(number);
  const button = (/** @type {string} */ act, /** @type {string} */ words) =>
    create(
      'button',
      {
        type: 'button',
        class: 'quiet',
        value: number,
        'data-act': act,
        'aria-label': `${words}: ${written}`,
      },
      words,
    );
  return create(
    'li',
    { 'data-number': number },
    create(
      'span',
      { class: 'message-words' },
      create('strong', {}, ltr(written)),
      create(
        'span',
        { class: 'aside' },
        label && bdi(label),
        label && isDefault && ' · ',
        isDefault && 'default',
      ),
    ),
    isManager && button('label', label ? 'Change the label' : 'Add a label'),
    isManager && !isDefault && button('choose', 'Make it the default'),
  );
}
