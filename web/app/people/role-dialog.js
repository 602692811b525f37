import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { markInvalid } from '../shared/trouble.js';
import { ROLE_MEANINGS, ROLES, rolesToGive } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Person} Person
 * @typedef {import('../../henk-voice/henk-voice.js').Role} Role
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Gives a member another role, or the whole business. */
export class RoleDialog {
  #context;
  #onSaved;
  #dialog = element('role-dialog', HTMLDialogElement);
  #title = element('role-title', HTMLElement);
  #choice = element('role-choice', HTMLSelectElement);
  #hint = element('role-hint', HTMLElement);
  #handOverField = element('role-hand-over-field', HTMLElement);
  #handOver = element('role-hand-over', HTMLInputElement);
  #trouble = element('role-trouble', HTMLElement);
  /** @type {Person | null} */
  #person = null;
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {(person: Person, role: Role) => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    this.#choice.addEventListener('change', () => {
      this.#refuse('');
      this.#showChoice();
    });
    element('role-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('role-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /**
   * @param {Person} person
   * @param {string} name
   */
  open(person, name) {
    this.#person = person;
    const isMe = person.user_id === this.#context.userId;
    sayParts(this.#title, ...(isMe ? ['Your role'] : ['The role of ', bdi(name)]));
    const roles = rolesToGive(this.#context.team.role);
    this.#choice.replaceChildren(
      ...roles.map((role) => create('option', { value: role }, ROLES[role])),
    );
    this.#choice.value = person.role;
    this.#handOver.checked = false;
    this.#refuse('');
    this.#showChoice();
    this.#dialog.showModal();
    this.#choice.focus();
  }

  get #role() {
    return /** @type {Role} */ (this.#choice.value);
  }

  #showChoice() {
    const isMe = this.#person?.user_id === this.#context.userId;
    // A manager's invitations to be an agent go on.
    const isLess = this.#person?.role !== this.#role && this.#role !== 'owner';
    const less =
      isLess && this.#person?.role !== 'agent'
        ? ' Open invitations to a role that they could not give any more are withdrawn.'
        : '';
    say(this.#hint, `${ROLE_MEANINGS[this.#role]}${less}`);
    this.#handOverField.hidden = isMe || this.#role !== 'owner';
    if (this.#handOverField.hidden) this.#handOver.checked = false;
  }

  async #send() {
    const { voice, business, signal } = this.#context;
    const person = this.#person;
    if (this.#isSending || !person) return;
    const role = this.#role;
    this.#refuse('');
    this.#isSending = true;
    try {
      if (this.#handOver.checked) await voice.people.handOver(business.id, person.user_id);
      else await voice.people.changeRole(business.id, person.user_id, role);
      if (signal.aborted) return;
      this.#dialog.close();
      this.#onSaved(person, role);
    } catch (error) {
      const { title, message, action } = failureOf(error);
      if (signal.aborted) return;
      this.#refuse(`${title}: ${message} ${action}`);
      this.#choice.focus();
    } finally {
      this.#isSending = false;
    }
  }

  /** @param {string} why empty: nothing is wrong */
  #refuse(why) {
    say(this.#trouble, why);
    markInvalid(this.#choice, Boolean(why));
  }
}
