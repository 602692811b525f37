import { element } from '../shared/dom.js';
import { CallBackField } from './call-back-field.js';
import { OutcomeChoice } from './outcome-choice.js';

/**
 * @typedef {import('../shared/drafts.js').Words} Words
 * @typedef {import('../shared/outcomes.js').Outcomes} Outcomes
 */

/** As many characters as the database takes. */
const LONGEST_NOTES = 10_000;

/** The fields of the form about a call. */
export class WrapUpFields {
  outcome;
  /** Whose call it is. @type {string | null} */
  owner = null;

  #notes = element('notes', HTMLTextAreaElement);
  #callBack;

  /**
   * @param {Outcomes} outcomes
   * @param {AbortSignal} signal
   * @param {object} on
   * @param {() => void} on.change something else is written or chosen
   * @param {() => void} on.choice the rep has decided on an outcome, with a time if it needs one
   */
  constructor(outcomes, signal, { change, choice }) {
    this.#callBack = new CallBackField({ change, choice });
    this.outcome = new OutcomeChoice(outcomes, signal, {
      change: () => {
        this.#showCallBack();
        change();
      },
      choice: () => {
        if (this.#callBack.isShown) this.#callBack.focus();
        else choice();
      },
    });
    outcomes.onLoad(() => this.#showCallBack(), signal);
  }

  /** @returns {Words} */
  get written() {
    const { value: outcome } = this.outcome;
    const words = { outcome, notes: this.#notes.value };
    if (!this.#callBack.isShown) return words;
    const { at, isForAnyone } = this.#callBack.value;
    return { ...words, call_back_at: at, call_back_for: isForAnyone ? null : this.owner };
  }

  /** @param {Words} words */
  set written({ outcome, notes, call_back_at: at = null, call_back_for: who = this.owner }) {
    this.outcome.value = outcome;
    this.#callBack.value = { at, isForAnyone: who === null && this.owner !== null };
    this.#showCallBack();
    // Setting the same text would move the cursor.
    if (this.#notes.value !== (notes ?? '')) this.#notes.value = notes ?? '';
  }

  focusNotes() {
    this.#notes.focus();
  }

  focusCallBack() {
    if (this.#callBack.isShown) this.#callBack.focus();
    return this.#callBack.isShown;
  }

  #showCallBack() {
    this.#callBack.show(this.outcome.effect === 'call_back');
  }
}

/**
 * @param {Words} words
 * @returns {string} why they cannot be saved, or empty
 */
export function whyTooLong({ notes }) {
  const length = [...(notes ?? '').trim()].length;
  if (length <= LONGEST_NOTES) return '';
  return (
    `The notes have ${length.toLocaleString('en')} characters, and at most ` +
    `${LONGEST_NOTES.toLocaleString('en')} can be saved. Shorten them; until then they are kept here.`
  );
}
