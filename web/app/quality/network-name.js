import { element, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';

/** @typedef {import('../frame/view.js').ViewContext} ViewContext */

/** Managers give a network a name. */
export class NetworkName {
  #context;
  #dialog = element('network-dialog', HTMLDialogElement);
  #name = element('network-name', HTMLInputElement);
  #trouble = element('network-trouble', HTMLElement);
  #onNamed;
  #key = '';

  /**
   * @param {ViewContext} context
   * @param {() => void} onNamed
   */
  constructor(context, onNamed) {
    this.#context = context;
    this.#onNamed = onNamed;
    element('network-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
    element('network-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /**
   * @param {string} key
   * @param {string} name the present one
   */
  open(key, name) {
    this.#key = key;
    this.#name.value = name;
    sayParts(this.#trouble);
    this.#dialog.showModal();
  }

  async #save() {
    const { voice, business, signal } = this.#context;
    sayParts(this.#trouble);
    try {
      await voice.lineQuality.nameNetwork(business.id, this.#key, this.#name.value.trim() || null);
      if (signal.aborted) return;
      this.#dialog.close();
      this.#onNamed();
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    }
  }
}
