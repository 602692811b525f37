import { failureOf } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';

/** @typedef {import('../frame/view.js').ViewContext} ViewContext */

/** Asks for the name of a new campaign, and makes it. */
export class NewCampaign {
  #context;
  #onAdded;
  #dialog = element('new-campaign-dialog', HTMLDialogElement);
  #name = element('new-campaign-name', HTMLInputElement);
  #trouble = element('new-campaign-trouble', HTMLElement);
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {(campaign: { id: string }) => void} onAdded
   */
  constructor(context, onAdded) {
    this.#context = context;
    this.#onAdded = onAdded;
    element('new-campaign-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#add();
    });
    element('new-campaign-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  open() {
    this.#name.value = '';
    say(this.#trouble, '');
    this.#dialog.showModal();
    this.#name.focus();
  }

  async #add() {
    if (this.#isSending) return;
    const { business, signal } = this.#context;
    const name = this.#name.value.trim();
    if (!name) {
      say(this.#trouble, 'Not created: the name is missing. Write one.');
      return this.#name.focus();
    }
    this.#isSending = true;
    try {
      const campaign = await this.#context.voice.campaigns.add(business.id, { name });
      if (signal.aborted) return;
      this.#dialog.close();
      this.#onAdded(campaign);
    } catch (error) {
      const { title, message, action } = failureOf(error);
      if (!signal.aborted) say(this.#trouble, `${title}: ${message} ${action}`);
    } finally {
      this.#isSending = false;
    }
  }
}
