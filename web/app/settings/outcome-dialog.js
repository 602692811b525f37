import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say } from '../shared/dom.js';
import { EFFECTS } from './outcomes.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Outcome} Outcome
 * @typedef {import('../../henk-voice/henk-voice.js').OutcomeEffect} OutcomeEffect
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Makes an outcome, or changes one. */
export class OutcomeDialog {
  #context;
  #onSaved;
  #dialog = element('outcome-dialog', HTMLDialogElement);
  #title = element('outcome-dialog-title', HTMLElement);
  #label = element('outcome-label', HTMLInputElement);
  #effect = element('outcome-effect', HTMLSelectElement);
  #hint = element('outcome-effect-hint', HTMLElement);
  #success = element('outcome-success', HTMLInputElement);
  #trouble = element('outcome-trouble', HTMLElement);
  #save = element('outcome-save', HTMLButtonElement);
  /** @type {Outcome | null} */
  #outcome = null;
  /** @type {readonly Outcome[]} */
  #all = [];
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {() => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    this.#effect.append(...EFFECTS.map(([value, word]) => create('option', { value }, word)));
    this.#effect.addEventListener('change', () => this.#showEffect());
    element('outcome-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('outcome-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /**
   * @param {Outcome | null} outcome null: a new one
   * @param {readonly Outcome[]} all of the business
   */
  open(outcome, all) {
    this.#outcome = outcome;
    this.#all = all;
    say(this.#title, outcome ? 'Edit the outcome' : 'Add an outcome');
    say(this.#save, outcome ? 'Save the outcome' : 'Add');
    this.#label.value = outcome?.label ?? '';
    this.#effect.value = outcome?.effect ?? 'done';
    this.#success.checked = outcome?.is_success ?? false;
    say(this.#trouble, '');
    this.#showEffect();
    this.#dialog.showModal();
    this.#label.focus();
  }

  #showEffect() {
    const chosen = EFFECTS.find(([value]) => value === this.#effect.value);
    const isOther = this.#outcome && this.#outcome.effect !== this.#effect.value;
    const later = isOther ? ' Calls that have this outcome already stay as they are.' : '';
    say(this.#hint, (chosen?.[2] ?? '') + later);
  }

  async #send() {
    const { business, signal } = this.#context;
    const outcome = this.#outcome;
    if (this.#isSending) return;
    const label = this.#label.value.trim();
    const why = this.#whyNot(label);
    say(this.#trouble, why);
    if (why) return this.#label.focus();
    const columns = {
      label,
      effect: /** @type {OutcomeEffect} */ (this.#effect.value),
      is_success: this.#success.checked,
    };
    this.#isSending = true;
    try {
      if (outcome) await this.#context.voice.outcomes.change(business.id, outcome.key, columns);
      else await this.#context.voice.outcomes.add(business.id, columns);
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

  /** @param {string} label */
  #whyNot(label) {
    if (!label) return 'Not saved: the name is missing. Write what reps choose.';
    const same = this.#all.find(
      (one) => one !== this.#outcome && one.label.toLowerCase() === label.toLowerCase(),
    );
    if (!same) return '';
    const where = same.is_archived ? 'Bring it back from the archived ones' : 'Write another name';
    return `Not saved: there is an outcome “${same.label}” already. ${where}.`;
  }
}
