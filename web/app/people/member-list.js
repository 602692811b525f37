import { timestamp } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { ask } from '../shared/question.js';
import { tellTrouble } from '../shared/trouble.js';
import { RoleDialog } from './role-dialog.js';
import { ROLES, isOnlyOwner, mayManage, rolesToGive, summary } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Person} Person
 * @typedef {import('../../henk-voice/henk-voice.js').Role} Role
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** The members of the business. */
export class MemberList {
  #context;
  #dialog;
  #title = element('people-title', HTMLElement);
  #status = element('people-status', HTMLElement);
  #list = element('people-list', HTMLUListElement);
  #done = element('people-done', HTMLElement);
  #trouble = element('people-trouble', HTMLElement);
  /** @type {Person[]} */
  #members = [];
  #isBusy = false;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#dialog = new RoleDialog(context, (person, role) => void this.#gave(person, role));
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      const person = this.#members.find(({ user_id: id }) => button && id === button.value);
      if (!button || !person) return;
      this.#say();
      if (button.dataset.act === 'role') this.#dialog.open(person, this.#nameOf(person));
      else void this.#remove(person);
    });
    // Their roles may have been changed elsewhere.
    context.team.onLoad(() => void this.read(), context.signal);
    void this.read();
  }

  async read() {
    const { voice, business, signal } = this.#context;
    try {
      const members = await voice.people.members(business.id, { signal });
      if (signal.aborted) return;
      this.#members = members;
      this.#show();
    } catch (error) {
      if (signal.aborted) return;
      say(this.#status, 'Not loaded.');
      tellTrouble(this.#trouble, error, () => this.read());
    }
  }

  /**
   * @param {Person} person
   * @param {Role} role
   */
  async #gave(person, role) {
    const isMe = person.user_id === this.#context.userId;
    await this.#changed();
    const now = ` ${role === 'manager' ? 'a' : 'an'} ${ROLES[role]} now.`;
    this.#say(...(isMe ? ['You are'] : [bdi(this.#nameOf(person)), ' is']), now);
  }

  /** @param {(Node | string)[]} words what was done; none: nothing */
  #say(...words) {
    sayParts(this.#done, ...words);
    sayParts(this.#trouble);
  }

  /** What the other views show of members is read again, too, and then this list. */
  async #changed() {
    await this.#context.team.load();
  }

  #show() {
    const focused = document.activeElement;
    const kept = focused instanceof HTMLButtonElement && this.#list.contains(focused) && focused;
    say(this.#status, summary(this.#members));
    this.#list.replaceChildren(...this.#members.map((person) => this.#itemOf(person)));
    if (!kept) return;
    const { value, dataset } = kept;
    const again = [...this.#list.querySelectorAll('button')].find(
      (button) => button.value === value && button.dataset.act === dataset.act,
    );
    (again ?? this.#title).focus();
  }

  /** @param {Person} person */
  #itemOf(person) {
    const { user_id: id, role, created_at: since } = person;
    const { userId } = this.#context;
    const isMe = id === userId;
    const mine = this.#members.find(({ user_id: other }) => other === userId)?.role;
    const may = mayManage(mine, role);
    const name = this.#nameOf(person);
    const words = `${ROLES[role]} · since ${DAY.format(timestamp(since))}`;
    return create(
      'li',
      { 'data-person': id },
      create(
        'span',
        { class: 'person-words' },
        create('strong', {}, bdi(name)),
        isMe && ' (you)',
        create('span', { class: 'aside' }, words),
      ),
      create(
        'span',
        { class: 'person-buttons' },
        // A manager has no other role to give than the one that agents have.
        may &&
          rolesToGive(mine).length > 1 &&
          buttonOf(id, 'role', 'Change role', `Change role of ${name}`),
        isMe
          ? buttonOf(id, 'remove', 'Leave', 'Leave the business')
          : may && buttonOf(id, 'remove', 'Remove', `Remove ${name}`),
      ),
    );
  }

  /** @param {Person} person */
  #nameOf({ display_name: name }) {
    return name ?? 'A colleague';
  }

  /** @param {Person} person */
  async #remove(person) {
    const { voice, business, userId, signal } = this.#context;
    if (this.#isBusy) return;
    const isMe = person.user_id === userId;
    if (isMe && isOnlyOwner(this.#members, userId)) {
      const why = 'Not left: you are the only owner. Make somebody else an owner first.';
      return void sayParts(this.#trouble, why);
    }
    const name = this.#nameOf(person);
    const sure = await ask({
      title: isMe ? `Leave ${business.name}?` : `Remove ${name}?`,
      text: isMe
        ? ['You will see nothing of this business any more. Only an invitation brings you back.']
        : [
            bdi(name),
            ' will see nothing of this business any more and cannot call for it. A call that goes on ' +
              'is not cut off. What they did stays on record; invitations of theirs that are open are withdrawn.',
          ],
      yes: isMe ? 'Leave the business' : 'Remove',
      isDestructive: true,
    });
    if (!sure || signal.aborted) return;
    this.#isBusy = true;
    try {
      await voice.people.remove(business.id, person.user_id);
      if (isMe) return void this.#context.lookAtMembership();
      this.#title.focus();
      await this.#changed();
      if (!signal.aborted) this.#say(bdi(name), ' is not a member any more.');
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isBusy = false;
    }
  }
}

/**
 * @param {string} id of a person
 * @param {string} act
 * @param {string} text
 * @param {string} name for screen readers
 */
function buttonOf(id, act, text, name) {
  const attributes = { type: 'button', class: 'quiet', value: id, 'data-act': act };
  return create('button', { ...attributes, 'aria-haspopup': 'dialog', 'aria-label': name }, text);
}
