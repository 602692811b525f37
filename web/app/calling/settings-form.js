import { failureOf, settingProblems } from '../../henk-voice/henk-voice.js';
import { element, say, sayParts } from '../shared/dom.js';
import { markInvalid, tellNotLoaded, tellTrouble } from '../shared/trouble.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessSettings} BusinessSettings
 * @typedef {import('./settings-source.js').SettingsSource} SettingsSource
 * @typedef {keyof BusinessSettings} Column
 *
 * @typedef {object} Field of one column
 * @property {HTMLElement} input what gets the focus if the value is wrong
 * @property {HTMLElement} error where it is said
 * @property {() => any} read what is typed, as the database has it
 * @property {(value: any) => void} write shows a value of the database
 * @property {(problem: string) => string} [problem] in the words of the field, if they differ from the library's
 *
 * @typedef {object} Options
 * @property {string} name the start of the ids
 * @property {Partial<Record<Column, Field>>} fields
 * @property {readonly Column[]} [together] columns that are only written together
 * @property {() => void} [onShow] something that is shown was typed or read
 */

/**
 * A form of some columns of the business. Only what the person changes is written, so two managers do not undo each
 * other's changes; and what somebody else changes meanwhile is shown, except where the person is changing it.
 */
export class SettingsForm {
  #source;
  #fields;
  #together;
  #onShow;
  #status;
  #form;
  #fieldset;
  #save;
  #saved;
  #trouble;
  /** What the fields showed before anything was typed. @type {Partial<BusinessSettings> | null} */
  #shown = null;
  #isSaving = false;

  /**
   * @param {SettingsSource} source
   * @param {Options} options
   */
  constructor(source, { name, fields, together = [], onShow = () => {} }) {
    this.#source = source;
    this.#fields = /** @type {[Column, Field][]} */ (Object.entries(fields));
    this.#together = together;
    this.#onShow = onShow;
    this.#status = element(`${name}-status`, HTMLElement);
    this.#form = element(`${name}-form`, HTMLFormElement);
    this.#fieldset = element(`${name}-fields`, HTMLFieldSetElement);
    this.#save = element(`${name}-save`, HTMLButtonElement);
    this.#saved = element(`${name}-saved`, HTMLElement);
    this.#trouble = element(`${name}-trouble`, HTMLElement);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#form.addEventListener('input', () => this.typed());
    const { team, signal } = source.context;
    team.onLoad(() => this.#showRole(), signal);
    source.follow(
      (settings) => this.#fill(settings),
      (error) => tellNotLoaded(this.#status, 'The settings', error, () => source.read()),
    );
  }

  /** Something that is shown has another value now. */
  typed() {
    say(this.#saved, Object.keys(this.#changes()).length ? 'Not saved yet.' : '');
    this.#onShow();
  }

  /** @param {BusinessSettings} settings */
  #fill(settings) {
    const before = this.#shown;
    for (const [column, { read, write }] of this.#fields) {
      const isTyped = before && !isSame(read(), before[column]);
      if (isTyped && !isSame(read(), settings[column])) continue;
      write(settings[column]);
      // As the field shows it: it may not be able to show all of it.
      this.#shown = { ...this.#shown, [column]: read() };
    }
    this.#form.hidden = false;
    this.#onShow();
    this.#showRole();
  }

  #showRole() {
    const { isManager } = this.#source.context.team;
    if (!this.#shown) return;
    const words = isManager
      ? 'A change applies from the next call on, and is on record.'
      : 'Your managers can change this.';
    say(this.#status, words);
    this.#fieldset.disabled = !isManager;
    this.#save.hidden = !isManager;
    this.#onShow();
  }

  /** What the person has changed. */
  #changes() {
    const typed = /** @type {Partial<BusinessSettings>} */ (
      Object.fromEntries(this.#fields.map(([column, { read }]) => [column, read()]))
    );
    const isChanged = (/** @type {Column} */ column) =>
      !isSame(typed[column], this.#shown?.[column]);
    const all = this.#together.some(isChanged) ? this.#together : [];
    return /** @type {Partial<BusinessSettings>} */ (
      Object.fromEntries(
        Object.entries(typed).filter(([name]) => {
          const column = /** @type {Column} */ (name);
          return isChanged(column) || all.includes(column);
        }),
      )
    );
  }

  async #send() {
    const { signal } = this.#source.context;
    if (this.#isSaving) return;
    sayParts(this.#trouble);
    const changes = this.#changes();
    if (this.#showProblems(settingProblems(changes))) return say(this.#saved, '');
    if (!Object.keys(changes).length) return say(this.#saved, 'Nothing is changed.');
    this.#isSaving = true;
    say(this.#saved, 'Saving…');
    try {
      await this.#source.change(changes);
      if (!signal.aborted) say(this.#saved, 'Saved.');
    } catch (error) {
      if (signal.aborted) return;
      say(this.#saved, '');
      const { field, message } = failureOf(error);
      if (!field || !this.#showProblems({ [field]: message })) tellTrouble(this.#trouble, error);
    } finally {
      this.#isSaving = false;
    }
  }

  /**
   * @param {Partial<Record<string, string>>} problems by column
   * @returns {boolean} whether there is one of a field of this form; the first has the focus then
   */
  #showProblems(problems) {
    /** @type {HTMLElement | null} */
    let first = null;
    for (const [column, { input, error, problem }] of this.#fields) {
      const text = problems[column] ?? '';
      markInvalid(input, Boolean(text));
      say(error, text && `Not saved. ${problem ? problem(text) : text}`);
      if (text) first ??= input;
    }
    first?.focus();
    return first !== null;
  }
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
function isSame(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
