import { create, element } from '../shared/dom.js';

/** @typedef {import('./keys.js').Keys} Keys */

/** The list of keys, which `?` opens. */
export class KeysDialog {
  #keys;
  #dialog = element('keys-dialog', HTMLDialogElement);
  #list = element('keys-list', HTMLElement);
  #on = element('keys-on', HTMLInputElement);

  /** @param {Keys} keys */
  constructor(keys) {
    this.#keys = keys;
    element('keys-button', HTMLButtonElement).addEventListener('click', () => this.open());
    this.#on.addEventListener('change', () => (keys.areOn = this.#on.checked));
  }

  open() {
    this.#on.checked = this.#keys.areOn;
    this.#list.replaceChildren(
      ...this.#keys.all.flatMap(({ key, label }) => row(key, label)),
      ...row('1', 'Choose an outcome: 1 to 9, when the call does not take digits', '9'),
      ...row('Alt', 'Choose an outcome at any time, also while you write', '1', '9'),
      ...row('Ctrl', 'Save what you write', 'Enter'),
    );
    this.#dialog.showModal();
  }
}

/**
 * @param {string} key
 * @param {string} label
 * @param {...string} more keys
 */
function row(key, label, ...more) {
  const keys = [key, ...more].map((one) =>
    create('kbd', {}, one.length === 1 ? one.toUpperCase() : one),
  );
  return [create('dt', {}, ...keys), create('dd', {}, label)];
}
