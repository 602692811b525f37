import { timestamp } from '../../henk-voice/henk-voice.js';
import { ROLES } from '../people/words.js';
import { bdi, create, element, nodesOf, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { invitationSentence, noInvitations } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').OwnInvitation} OwnInvitation
 * @typedef {import('./view.js').WelcomeContext} WelcomeContext
 */

/** What the user is invited to. */
export class InvitationList {
  #context;
  #title = element('welcome-invitations-title', HTMLElement);
  #status = element('welcome-status', HTMLElement);
  #list = element('welcome-invitations', HTMLUListElement);
  #trouble = element('welcome-trouble', HTMLElement);
  #again = element('welcome-again', HTMLButtonElement);
  #isBusy = false;

  /** @param {WelcomeContext} context */
  constructor(context) {
    this.#context = context;
    this.#again.addEventListener('click', () => void this.#read());
    void this.#read();
  }

  async #read() {
    const { voice, signal } = this.#context;
    say(this.#status, 'Loading…');
    try {
      const { email, invitations } = await voice.people.mine({ signal });
      if (signal.aborted) return;
      sayParts(this.#trouble);
      sayParts(this.#status, ...nodesOf(noInvitations(email, invitations.length)));
      this.#list.replaceChildren(...invitations.map((invitation) => this.#itemOf(invitation)));
    } catch (error) {
      if (signal.aborted) return;
      say(this.#status, 'Not loaded.');
      tellTrouble(this.#trouble, error, () => this.#read());
    }
  }

  /** @param {OwnInvitation} invitation */
  #itemOf(invitation) {
    const { business_name: name, role } = invitation;
    const accept = create('button', { type: 'button', class: 'primary' }, 'Accept');
    const decline = create('button', { type: 'button' }, 'Decline');
    accept.setAttribute('aria-label', `Accept: ${name}, ${ROLES[role]}`);
    decline.setAttribute('aria-label', `Decline: ${name}, ${ROLES[role]}`);
    accept.addEventListener('click', () => void this.#answer(invitation, true));
    decline.addEventListener('click', () => void this.#answer(invitation, false));
    const expires = timestamp(invitation.expires_at);
    return create(
      'li',
      { 'data-invitation': invitation.id },
      create(
        'span',
        { class: 'person-words' },
        create('strong', {}, bdi(name)),
        create('span', { class: 'aside' }, ...nodesOf(invitationSentence(invitation, expires))),
      ),
      create('span', { class: 'person-buttons' }, accept, decline),
    );
  }

  /**
   * @param {OwnInvitation} invitation
   * @param {boolean} accept
   */
  async #answer(invitation, accept) {
    const { voice, enter, signal } = this.#context;
    if (this.#isBusy) return;
    this.#isBusy = true;
    sayParts(this.#trouble);
    try {
      const businessId = await voice.people.answer(invitation.id, accept);
      if (signal.aborted) return;
      if (accept) return enter(businessId);
      this.#title.focus();
      await this.#read();
    } catch (error) {
      if (signal.aborted) return;
      this.#title.focus();
      await this.#read();
      tellTrouble(this.#trouble, error);
    } finally {
      this.#isBusy = false;
    }
  }
}
