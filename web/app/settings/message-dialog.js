import { failureOf } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').VoicemailMessage} VoicemailMessage
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Changes the name of a message, and whether colleagues can use it. */
export class MessageDialog {
  #context;
  #onSaved;
  #dialog = element('message-dialog', HTMLDialogElement);
  #name = element('message-name', HTMLInputElement);
  #shared = element('message-shared', HTMLInputElement);
  #trouble = element('message-trouble', HTMLElement);
  #id = '';
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {() => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    element('message-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('message-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /** @param {VoicemailMessage} message */
  open({ id, name, is_shared: isShared }) {
    this.#id = id;
    this.#name.value = name;
    this.#shared.checked = isShared;
    say(this.#trouble, '');
    this.#dialog.showModal();
    this.#name.focus();
  }

  async #send() {
    const { signal } = this.#context;
    if (this.#isSending) return;
    const name = this.#name.value.trim();
    if (!name) {
      say(this.#trouble, 'Not saved: the name is missing. Write one.');
      return this.#name.focus();
    }
    this.#isSending = true;
    try {
      await this.#context.voice.messages.change(this.#id, {
        name,
        is_shared: this.#shared.checked,
      });
      if (signal.aborted) return;
      this.#dialog.close();
      this.#onSaved();
    } catch (error) {
      const { title, message, action } = failureOf(error);
      if (!signal.aborted) say(this.#trouble, `${title}: ${message} ${action}`);
    } finally {
      this.#isSending = false;
    }
  }
}
