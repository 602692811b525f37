import { failureOf } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';
import { markInvalid } from '../shared/trouble.js';

/** @typedef {import('../frame/view.js').ViewContext} ViewContext */

/** What colleagues see in place of the user's e-mail address. */
export class OwnName {
  #context;
  #onSaved;
  #name = element('own-name', HTMLInputElement);
  #trouble = element('own-name-trouble', HTMLElement);
  #saved = element('own-name-saved', HTMLElement);
  #isTouched = false;

  /**
   * @param {ViewContext} context
   * @param {() => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    this.#name.addEventListener('input', () => (this.#isTouched = true));
    element('own-name-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
    context.team.onLoad(() => this.#fill(), context.signal);
    this.#fill();
  }

  #fill() {
    const { team, userId } = this.#context;
    if (!this.#isTouched) this.#name.value = team.realNameOf(userId);
  }

  async #save() {
    const { voice, business, team, signal } = this.#context;
    this.#tell('', '');
    const name = this.#name.value.trim();
    if (!name) return this.#tell('Not saved: the name is missing. Write it.', '');
    try {
      await voice.people.nameMyself(business.id, name);
      if (signal.aborted) return;
      this.#isTouched = false;
      this.#tell('', 'Saved.');
      await team.load();
      this.#onSaved();
    } catch (error) {
      const { title, message, action } = failureOf(error);
      if (!signal.aborted) this.#tell(`${title}: ${message} ${action}`, '');
    }
  }

  /**
   * @param {string} trouble
   * @param {string} saved
   */
  #tell(trouble, saved) {
    say(this.#trouble, trouble);
    say(this.#saved, saved);
    markInvalid(this.#name, Boolean(trouble));
    if (trouble) this.#name.focus();
  }
}
