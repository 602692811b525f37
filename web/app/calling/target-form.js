import { failureOf } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { markInvalid } from '../shared/trouble.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').TransferTarget} TransferTarget
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Makes a transfer target, or changes one. */
export class TargetForm {
  #context;
  #onSaved;
  #dialog = element('transfer-target-dialog', HTMLDialogElement);
  #title = element('transfer-target-title', HTMLElement);
  #fields = {
    name: element('transfer-target-name', HTMLInputElement),
    phone_number: element('transfer-target-number', HTMLInputElement),
  };
  #errors = {
    name: element('transfer-target-name-error', HTMLElement),
    phone_number: element('transfer-target-number-error', HTMLElement),
  };
  #trouble = element('transfer-target-trouble', HTMLElement);
  #save = element('transfer-target-save', HTMLButtonElement);
  /** @type {TransferTarget | null} */
  #target = null;
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {() => Promise<void>} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    element('transfer-target-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('transfer-target-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /** @param {TransferTarget | null} target null: a new one */
  open(target) {
    this.#target = target;
    say(this.#title, target ? 'Edit the transfer target' : 'Add a transfer target');
    say(this.#save, target ? 'Save the transfer target' : 'Add');
    this.#fields.name.value = target?.name ?? '';
    this.#fields.phone_number.value = formatNumber(target?.phone_number ?? '');
    this.#tell({});
    this.#dialog.showModal();
    this.#fields.name.focus();
  }

  async #send() {
    const { voice, business, signal } = this.#context;
    if (this.#isSending) return;
    const name = this.#fields.name.value.trim();
    const number = this.#fields.phone_number.value.trim();
    if (!name) return this.#tell({ name: 'The name is missing. Write what your people choose.' });
    if (!number) return this.#tell({ phone_number: 'The number is missing. Write it.' });
    this.#isSending = true;
    try {
      await voice.transferTargets.save(business.id, { id: this.#target?.id, name, number });
      if (signal.aborted) return;
      this.#dialog.close();
      await this.#onSaved();
    } catch (error) {
      if (signal.aborted) return;
      const { field, message, action } = failureOf(error);
      this.#tell({ [field ?? 'other']: `${message} ${action}`.trim() });
    } finally {
      this.#isSending = false;
    }
  }

  /** @param {Partial<Record<string, string>>} problems by field; `other` is of none */
  #tell({ other = '', ...problems }) {
    say(this.#trouble, other && `Not saved. ${other}`);
    /** @type {HTMLInputElement | null} */
    let first = null;
    for (const name of /** @type {const} */ (['name', 'phone_number'])) {
      const problem = problems[name];
      markInvalid(this.#fields[name], Boolean(problem));
      say(this.#errors[name], problem ? `Not saved. ${problem}` : '');
      if (problem) first ??= this.#fields[name];
    }
    first?.focus();
  }
}
