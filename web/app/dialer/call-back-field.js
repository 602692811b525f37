import { create, element, say } from '../shared/dom.js';
import {
  QUICK_TIMES,
  asFieldText,
  fromFieldText,
  quickTime,
  quickTimeWords,
} from './call-back-time.js';

/**
 * @typedef {object} CallBack
 * @property {string | null} at in ISO 8601; null: in 24 hours, or as it was
 * @property {boolean} isForAnyone whether anybody of the business may call, and not only the same rep
 */

/** When to call the lead back, and who calls. */
export class CallBackField {
  #box = element('call-back', HTMLFieldSetElement);
  #at = element('call-back-at', HTMLInputElement);
  #for = element('call-back-for', HTMLSelectElement);
  /** @type {Map<import('./call-back-time.js').QuickTime, HTMLButtonElement>} */
  #choices = new Map();

  /** @param {{ change: () => void, choice: () => void }} on `choice`: the rep has chosen a time at once */
  constructor({ change, choice }) {
    for (const which of QUICK_TIMES) {
      const button = create('button', { type: 'button', 'aria-pressed': 'false' });
      button.addEventListener('click', () => {
        this.#at.value = asFieldText(quickTime(which, new Date()));
        this.#press(which);
        change();
        choice();
      });
      this.#choices.set(which, button);
    }
    element('call-back-choices', HTMLElement).replaceChildren(...this.#choices.values());
    this.#at.addEventListener('input', () => this.#press(null));
  }

  /** @param {boolean} isShown */
  show(isShown) {
    this.#box.hidden = !isShown;
    for (const [which, button] of this.#choices) say(button, quickTimeWords(which, new Date()));
  }

  get isShown() {
    return !this.#box.hidden;
  }

  /** @returns {CallBack} */
  get value() {
    return { at: fromFieldText(this.#at.value), isForAnyone: this.#for.value === 'anyone' };
  }

  /** @param {CallBack} value */
  set value({ at, isForAnyone }) {
    const text = at ? asFieldText(new Date(at)) : '';
    if (this.#at.value !== text) {
      this.#at.value = text;
      this.#press(null);
    }
    this.#for.value = isForAnyone ? 'anyone' : 'me';
  }

  focus() {
    this.#choices.get('hour')?.focus();
  }

  /** @param {string | null} which */
  #press(which) {
    for (const [name, button] of this.#choices) {
      button.setAttribute('aria-pressed', String(name === which));
    }
  }
}
