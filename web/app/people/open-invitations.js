import { timestamp } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { ROLES, expiryWords, mayManage } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Invitation} Invitation
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** The invitations that nobody has answered. */
export class OpenInvitations {
  #context;
  #title = element('invitations-open-title', HTMLElement);
  #status = element('invitations-status', HTMLElement);
  #list = element('invitations-list', HTMLUListElement);
  #trouble = element('invitations-trouble', HTMLElement);
  #isBusy = false;
  #wasManager = false;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    context.team.onLoad(() => this.#begin(), context.signal);
    this.#begin();
  }

  /** Nobody but managers sees invitations. */
  #begin() {
    const { isManager } = this.#context.team;
    if (isManager && !this.#wasManager) void this.read();
    this.#wasManager = isManager;
  }

  async read() {
    const { voice, business, signal } = this.#context;
    try {
      const invitations = await voice.people.invitations(business.id, { signal });
      if (!signal.aborted) this.#show(invitations);
    } catch (error) {
      if (signal.aborted) return;
      say(this.#status, 'Not loaded.');
      tellTrouble(this.#trouble, error, () => this.read());
    }
  }

  /** @param {Invitation[]} invitations */
  #show(invitations) {
    const hadFocus = this.#list.contains(document.activeElement);
    say(this.#status, invitations.length ? '' : 'Nobody is invited at the moment.');
    this.#list.replaceChildren(...invitations.map((invitation) => this.#itemOf(invitation)));
    if (hadFocus) this.#title.focus();
  }

  /** @param {Invitation} invitation */
  #itemOf(invitation) {
    const { email, role, expires_at: expires, invited_by: by } = invitation;
    const { team } = this.#context;
    const withdraw = create('button', { type: 'button', class: 'quiet' }, 'Withdraw');
    withdraw.setAttribute('aria-label', `Withdraw the invitation to ${email}`);
    withdraw.addEventListener('click', () =>
      this.#change(() => this.#context.voice.people.withdraw(invitation.id)),
    );
    const renew = create('button', { type: 'button', class: 'quiet' }, 'Renew');
    renew.setAttribute('aria-label', `Renew the invitation to ${email} for 14 days`);
    renew.addEventListener('click', () =>
      this.#change(() =>
        this.#context.voice.people.invite(this.#context.business.id, { email, role }),
      ),
    );
    const open = expiryWords(timestamp(expires), new Date());
    return create(
      'li',
      { 'data-email': email },
      create(
        'span',
        { class: 'person-words' },
        create('strong', {}, bdi(email)),
        create('span', { class: 'aside' }, `${ROLES[role]} · ${open} · by `, bdi(team.nameOf(by))),
      ),
      mayManage(team.role, role) && create('span', { class: 'person-buttons' }, renew, withdraw),
    );
  }

  /** @param {() => Promise<unknown>} action */
  async #change(action) {
    const { signal } = this.#context;
    if (this.#isBusy) return;
    this.#isBusy = true;
    sayParts(this.#trouble);
    try {
      await action();
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isBusy = false;
    }
    if (!signal.aborted) await this.read();
  }
}
