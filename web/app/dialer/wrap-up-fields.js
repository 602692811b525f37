import { create, element } from '../shared/dom.js';
import { OUTCOMES } from '../shared/words.js';

/** @typedef {import('../shared/drafts.js').Words} Words */

/** As many characters as the database takes. */
const LONGEST_NOTES = 10_000;

/** The fields of the form about a call. */
export class WrapUpFields {
  #choices = element('outcomes', HTMLElement);
  #notes = element('notes', HTMLTextAreaElement);
  /** An outcome that is none of the choices; another program stored it. @type {string | null} */
  #otherOutcome = null;

  constructor() {
    for (const [value, label] of [...OUTCOMES, /** @type {const} */ (['', 'None'])]) {
      const radio = create('input', { type: 'radio', name: 'outcome', value });
      this.#choices.append(create('label', {}, radio, create('span', {}, label)));
    }
  }

  /** @returns {Words} */
  get written() {
    const checked = this.#radios.find((radio) => radio.checked);
    return {
      outcome: checked ? checked.value || null : this.#otherOutcome,
      notes: this.#notes.value,
    };
  }

  /** @param {Words} words */
  set written({ outcome, notes }) {
    for (const radio of this.#radios) radio.checked = radio.value === outcome;
    this.#otherOutcome = outcome;
    // Setting the same text would move the cursor.
    if (this.#notes.value !== (notes ?? '')) this.#notes.value = notes ?? '';
  }

  focusNotes() {
    this.#notes.focus();
  }

  get #radios() {
    return [...this.#choices.querySelectorAll('input')];
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
