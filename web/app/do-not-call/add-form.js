import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, ltr, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { markInvalid } from '../shared/trouble.js';

/** @typedef {import('../frame/view.js').ViewContext} ViewContext */

/** Puts a number on the list that somebody types or pastes. */
export class AddForm {
  #context;
  #onAdded;
  #number = element('dnc-number', HTMLTextAreaElement);
  #reason = element('dnc-reason', HTMLInputElement);
  #button = element('dnc-add-button', HTMLButtonElement);
  #trouble = element('dnc-number-trouble', HTMLElement);
  #added = element('dnc-added', HTMLElement);
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {() => void} onAdded
   */
  constructor(context, onAdded) {
    this.#context = context;
    this.#onAdded = onAdded;
    const form = element('dnc-add', HTMLFormElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    // A textarea keeps the lines of what is pasted: of two numbers an input makes one.
    this.#number.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#number.addEventListener('input', () => this.#refuse(''));
  }

  async #send() {
    if (this.#isSending) return;
    const { voice, business, signal } = this.#context;
    const text = this.#number.value.trim();
    say(this.#added, '');
    if (!text) {
      this.#refuse('Not added: the number is missing. Write it as you would dial it.');
      return this.#number.focus();
    }
    this.#isSending = true;
    this.#button.setAttribute('aria-disabled', 'true');
    try {
      const reason = this.#reason.value.trim();
      const { added, entry, reading } = await voice.doNotCall.add(business.id, text, { reason });
      if (signal.aborted) return;
      this.#refuse('');
      sayParts(
        this.#added,
        ltr(formatNumber(entry.phone_number)),
        added
          ? ' is on the list. Nobody calls it any more.'
          : ` stood on the list already${reason && ', so the new reason is not kept'}.`,
        reading.extension ? ' The extension is not kept: nobody calls the whole number.' : '',
        reading.known ? '' : ' No country is known to have given it out: look whether it is right.',
      );
      this.#number.value = '';
      this.#reason.value = '';
      this.#number.focus();
      this.#onAdded();
    } catch (error) {
      if (signal.aborted) return;
      const { title, message, action } = failureOf(error);
      this.#refuse(title, ` ${message} ${action}`);
      this.#number.focus();
    } finally {
      this.#isSending = false;
      this.#button.removeAttribute('aria-disabled');
    }
  }

  /**
   * @param {string} title empty: nothing is wrong
   * @param {string} [rest]
   */
  #refuse(title, rest = '') {
    markInvalid(this.#number, Boolean(title));
    sayParts(this.#trouble, title && create('strong', {}, title), rest);
  }
}
