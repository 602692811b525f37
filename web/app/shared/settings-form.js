import { failureOf } from '../../henk-voice/henk-voice.js';
import { element, say, sayParts } from './dom.js';
import { tellField, tellNotLoaded, tellTrouble } from './trouble.js';

/**
 * @typedef {object} Field of one column
 * @property {HTMLElement} input what gets the focus if the value is wrong; it is said in the element `<id>-error`
 * @property {string} [about] the start of the id of that element, if it is another one
 * @property {() => any} read what is typed, as the database has it
 * @property {(value: any) => void} write shows a value of the database
 * @property {(problem: string) => string} [problem] in the words of the field, if they differ from the library's
 */

/**
 * @template {object} Columns
 * @typedef {import('./settings-source.js').SettingsSource<Columns>} SettingsSource
 */

/**
 * @template {object} Columns
 * @typedef {object} SettingsFormOptions
 * @property {string} name the start of the ids
 * @property {string} [form] the id of the form, if it is not `<name>-form`
 * @property {Partial<Record<keyof Columns, Field>>} fields
 * @property {(changes: Partial<Columns>) => Partial<Record<keyof Columns, string>>} problems for each column that
 *   cannot be saved, why
 * @property {readonly (keyof Columns)[]} [together] columns that are only written together
 * @property {string} [note] what managers are told about a change
 * @property {string} [saved] what is said when it is saved
 * @property {(changes: Partial<Columns>) => Promise<boolean>} [confirm] whether the person is sure
 * @property {() => void} [onShow] something that is shown was typed or read
 */

/**
 * A form of some columns of the business. Only what the person changes is written, so two managers do not undo each
 * other's changes; and what somebody else changes meanwhile is shown, except where the person is changing it.
 *
 * @template {object} Columns
 */
export class SettingsForm {
  #source;
  #options;
  #fields;
  #status;
  #form;
  #fieldset;
  #save;
  #saved;
  #trouble;
  /** What the fields showed before anything was typed. @type {Partial<Columns> | null} */
  #shown = null;
  #isSaving = false;

  /**
   * @param {SettingsSource<Columns>} source
   * @param {SettingsFormOptions<Columns>} options
   */
  constructor(source, options) {
    const { name, form = `${name}-form`, fields } = options;
    this.#source = source;
    this.#options = options;
    this.#fields = /** @type {[keyof Columns, Field][]} */ (Object.entries(fields));
    this.#status = element(`${name}-status`, HTMLElement);
    this.#form = element(form, HTMLFormElement);
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
    this.#options.onShow?.();
  }

  /** @param {Columns} settings */
  #fill(settings) {
    const before = this.#shown;
    for (const [column, { read, write }] of this.#fields) {
      const isNow = isSame(read(), settings[column]);
      if (before && !isNow && !isSame(read(), before[column])) continue;
      // The cursor stays where it is.
      if (!before || !isNow) write(settings[column]);
      // As the field shows it: it may not be able to show all of it.
      this.#shown = { ...this.#shown, [column]: read() };
    }
    this.#form.hidden = false;
    this.#showRole();
  }

  #showRole() {
    const { isManager } = this.#source.context.team;
    if (!this.#shown) return;
    const { note = 'A change applies from the next call on, and is on record.' } = this.#options;
    say(this.#status, isManager ? note : 'Your managers can change this.');
    this.#fieldset.disabled = !isManager;
    this.#save.hidden = !isManager;
    this.#options.onShow?.();
  }

  /** What the person has changed. */
  #changes() {
    const { together = [] } = this.#options;
    const typed = /** @type {Partial<Columns>} */ (
      Object.fromEntries(this.#fields.map(([column, { read }]) => [column, read()]))
    );
    const isChanged = (/** @type {keyof Columns} */ column) =>
      !isSame(typed[column], this.#shown?.[column]);
    const all = together.some(isChanged) ? together : [];
    return /** @type {Partial<Columns>} */ (
      Object.fromEntries(
        Object.entries(typed).filter(([name]) => {
          const column = /** @type {keyof Columns} */ (name);
          return isChanged(column) || all.includes(column);
        }),
      )
    );
  }

  async #send() {
    const { signal } = this.#source.context;
    const { problems, confirm, saved = 'Saved.' } = this.#options;
    if (this.#isSaving) return;
    sayParts(this.#trouble);
    const changes = this.#changes();
    if (this.#showProblems(problems(changes))) return say(this.#saved, '');
    if (!Object.keys(changes).length) return say(this.#saved, 'Nothing is changed.');
    this.#isSaving = true;
    try {
      if (confirm && !(await confirm(changes))) return;
      if (signal.aborted) return;
      say(this.#saved, 'Saving…');
      await this.#source.change(changes);
      if (signal.aborted) return;
      // What was typed while it was saved is not saved yet.
      const isUnsaved = Object.keys(this.#changes()).length > 0;
      say(this.#saved, isUnsaved ? 'Not saved yet.' : saved);
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
    for (const [column, { input, about, problem }] of this.#fields) {
      const text = problems[/** @type {string} */ (column)] ?? '';
      tellField(input, text && `Not saved. ${problem ? problem(text) : text}`, about);
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
