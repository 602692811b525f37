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
  #done = element('invitations-done', HTMLElement);
  #trouble = element('invitations-trouble', HTMLElement);
  #isBusy = false;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    context.team.onLoad(() => this.#begin(), context.signal);
    this.#begin();
  }

  /** Nobody but managers sees invitations. */
  #begin() {
    // Whoever may not give a role any more has their invitations to it withdrawn.
    if (this.#context.team.isManager) void this.read();
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
    const focused = document.activeElement;
    const kept = focused instanceof HTMLButtonElement && this.#list.contains(focused) && focused;
    say(this.#status, invitations.length ? '' : 'Nobody is invited at the moment.');
    this.#list.replaceChildren(...invitations.map((invitation) => this.#itemOf(invitation)));
    if (!kept) return;
    const again = [...this.#list.querySelectorAll('button')].find(
      ({ ariaLabel }) => ariaLabel === kept.ariaLabel,
    );
    (again ?? this.#title).focus();
  }

  /** @param {Invitation} invitation */
  #itemOf(invitation) {
    const { email, role, expires_at: expires, invited_by: by } = invitation;
    const { team } = this.#context;
    const withdraw = create('button', { type: 'button', class: 'quiet' }, 'Withdraw');
    withdraw.setAttribute('aria-label', `Withdraw the invitation to ${email}`);
    withdraw.addEventListener('click', () =>
      this.#change(['The invitation of ', bdi(email), ' is withdrawn.'], () =>
        this.#context.voice.people.withdraw(invitation.id),
      ),
    );
    const renew = create('button', { type: 'button', class: 'quiet' }, 'Renew');
    renew.setAttribute('aria-label', `Renew the invitation to ${email} for 14 days`);
    renew.addEventListener('click', () =>
      this.#change([bdi(email), ' can join for another 14 days.'], () =>
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

  /**
   * @param {(Node | string)[]} done what is said afterwards
   * @param {() => Promise<unknown>} action
   */
  async #change(done, action) {
    const { signal } = this.#context;
    if (this.#isBusy) return;
    this.#isBusy = true;
    sayParts(this.#done);
    sayParts(this.#trouble);
    try {
      await action();
      if (!signal.aborted) sayParts(this.#done, ...done);
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isBusy = false;
    }
    if (!signal.aborted) await this.read();
  }
}
