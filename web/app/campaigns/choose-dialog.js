import { create, element, say } from '../shared/dom.js';

/**
 * @typedef {object} Choice
 * @property {string} title
 * @property {string} text what will happen
 * @property {string} label of the list
 * @property {readonly (readonly [string, string])[]} options each a value and its words
 * @property {string} yes what the button says that does it
 */

/** Lets a person choose one of several before something is done. */
export class ChooseDialog {
  #dialog = element('choose-dialog', HTMLDialogElement);
  #value = element('choose-value', HTMLSelectElement);

  /** @param {AbortSignal} signal closes it */
  constructor(signal) {
    signal.addEventListener('abort', () => this.#dialog.close(''));
  }

  /**
   * @param {Choice} choice
   * @returns {Promise<string | null>} null if it must not be done
   */
  ask({ title, text, label, options, yes }) {
    say(element('choose-title', HTMLElement), title);
    say(element('choose-text', HTMLElement), text);
    say(element('choose-label', HTMLElement), label);
    say(element('choose-yes', HTMLElement), yes);
    this.#value.replaceChildren(
      ...options.map(([value, words]) => create('option', { value }, words)),
    );
    this.#dialog.returnValue = '';
    this.#dialog.showModal();
    this.#value.focus();
    return new Promise((resolve) => {
      this.#dialog.addEventListener(
        'close',
        () => resolve(this.#dialog.returnValue === 'yes' ? this.#value.value : null),
        { once: true },
      );
    });
  }
}
