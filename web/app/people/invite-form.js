import { failureOf } from '../../henk-voice/henk-voice.js';
import { copyText } from '../shared/copy-text.js';
import { create, element, say } from '../shared/dom.js';
import { markInvalid } from '../shared/trouble.js';
import { addressesIn, whyNotInvited } from './addresses.js';
import { ROLE_MEANINGS, ROLES, invitationLink, rolesToGive } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure
 * @typedef {import('../../henk-voice/henk-voice.js').Role} Role
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** After one of these, another address fares no better. */
const SAME_FOR_ALL = new Set(['too_many_invitations', 'not_allowed', 'not_a_member']);

/** Invites people by their e-mail addresses. */
export class InviteForm {
  #context;
  #onInvited;
  #section = element('invitations', HTMLElement);
  #emails = element('invite-emails', HTMLTextAreaElement);
  #role = element('invite-role', HTMLSelectElement);
  #hint = element('invite-role-hint', HTMLElement);
  #trouble = element('invite-trouble', HTMLElement);
  #said = element('invite-said', HTMLElement);
  #link = element('invite-link', HTMLTextAreaElement);
  #copied = element('invite-copied', HTMLElement);
  #send = element('invite-send', HTMLButtonElement);
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {() => void} onInvited
   */
  constructor(context, onInvited) {
    this.#context = context;
    this.#onInvited = onInvited;
    const form = element('invite-form', HTMLFormElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#invite();
    });
    this.#emails.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#emails.addEventListener('input', () => {
      say(this.#trouble, '');
      markInvalid(this.#emails, false);
    });
    this.#role.addEventListener('change', () => this.#showRole());
    this.#link.value = invitationLink(location.href);
    element('invite-copy', HTMLButtonElement).addEventListener('click', () => void this.#copy());
    context.team.onLoad(() => this.#show(), context.signal);
    this.#show();
  }

  #show() {
    const { team } = this.#context;
    this.#section.hidden = !team.isManager;
    const roles = rolesToGive(team.role);
    const chosen = this.#role.value;
    this.#role.replaceChildren(
      ...roles.map((role) => create('option', { value: role }, ROLES[role])),
    );
    this.#role.value = roles.some((role) => role === chosen) ? chosen : 'agent';
    this.#showRole();
  }

  #showRole() {
    say(this.#hint, ROLE_MEANINGS[/** @type {Role} */ (this.#role.value)] ?? '');
  }

  async #copy() {
    const isCopied = await copyText(this.#link.value, this.#link);
    this.#link.hidden = false;
    say(this.#copied, isCopied ? 'Copied.' : 'The browser does not copy it: press Ctrl+C or ⌘C.');
  }

  async #invite() {
    if (this.#isSending) return;
    const text = this.#emails.value;
    const why = whyNotInvited(text);
    this.#tell(why, '');
    if (why) return;
    this.#isSending = true;
    this.#send.disabled = true;
    const left = addressesIn(text);
    const role = /** @type {Role} */ (this.#role.value);
    const invited = await this.#inviteEach(left, role);
    this.#isSending = false;
    this.#send.disabled = false;
    if (this.#context.signal.aborted) return;
    this.#emails.value = left.join(', ');
    const said =
      invited.length === 1
        ? `${invited[0]} can join now, as ${ROLES[role]}.`
        : `${invited.length} people can join now, as ${ROLES[role]}s.`;
    if (invited.length) this.#onInvited();
    this.#tell(this.#trouble.textContent ?? '', invited.length ? said : '');
    if (!left.length) this.#emails.focus();
  }

  /**
   * @param {string[]} left addresses that are to be invited; those that are invited are taken out
   * @param {Role} role
   * @returns {Promise<string[]>} who is invited
   */
  async #inviteEach(left, role) {
    const { voice, business, signal } = this.#context;
    const invited = [];
    const complaints = [];
    for (const email of [...left]) {
      try {
        const invitation = await voice.people.invite(business.id, { email, role });
        left.splice(left.indexOf(email), 1);
        invited.push(invitation.email);
      } catch (error) {
        const { code, message, action, temporary } = failureOf(error);
        complaints.push(`“${email}” is not invited: ${message} ${action}`);
        if (SAME_FOR_ALL.has(code) || temporary) break;
      }
      if (signal.aborted) break;
    }
    if (!signal.aborted) say(this.#trouble, complaints.join(' '));
    return invited;
  }

  /**
   * @param {string} trouble
   * @param {string} said
   */
  #tell(trouble, said) {
    say(this.#trouble, trouble);
    say(this.#said, said);
    markInvalid(this.#emails, Boolean(trouble));
    if (trouble) this.#emails.focus();
  }
}
