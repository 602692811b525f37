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
      ...this.#keys.all.flatMap(({ key, label }) => row(key.toUpperCase(), label)),
      ...row('1 – 9', 'Choose an outcome, while the call takes no digits'),
      ...row('Alt + 1 – 9', 'Choose an outcome at any time'),
      ...row('Ctrl + Enter', 'Save what you write'),
    );
    this.#dialog.showModal();
  }
}

/**
 * @param {string} keys
 * @param {string} label
 */
function row(keys, label) {
  return [create('dt', {}, create('kbd', {}, keys)), create('dd', {}, label)];
}
