import { create, element, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { contactWords, groupWords } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Contact} Contact
 * @typedef {import('../../henk-voice/henk-voice.js').DuplicateGroup} DuplicateGroup
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Of how many contacts at most can be said at once that they are different people. */
const MOST_TOLD_APART = 1000;

/** Contacts that have the same number or e-mail address. */
export class Duplicates {
  #context;
  #merge;
  #status = element('duplicates-status', HTMLElement);
  #list = element('duplicates', HTMLUListElement);
  #trouble = element('duplicates-trouble', HTMLElement);
  #isSending = false;
  /** What was said to have been done. */
  #before = '';

  /**
   * @param {ViewContext} context
   * @param {(contacts: readonly Contact[]) => void} merge
   */
  constructor(context, merge) {
    this.#context = context;
    this.#merge = merge;
    element('tab-contacts-duplicates', HTMLElement).addEventListener(
      'click',
      () => void this.read(),
    );
  }

  /** Whether they are shown, and not all contacts. */
  get isOpen() {
    return !element('panel-contacts-duplicates', HTMLElement).hidden;
  }

  /** @param {string} [before] what to say first: what has just been done */
  async read(before = '') {
    this.#before = before;
    await this.readAgain();
    if (before && !this.#context.signal.aborted) this.#status.focus();
  }

  /** Colleagues have changed contacts. */
  async readAgain() {
    const before = this.#before;
    const { business, signal, voice } = this.#context;
    sayParts(this.#trouble);
    try {
      const { groups, more } = await voice.contacts.duplicates(business.id, { signal });
      if (signal.aborted) return;
      const found = groups.length
        ? `${more ? 'The first ' : ''}${groups.length === 1 ? '1 group' : `${groups.length} groups`} of contacts that may be one person.`
        : 'No two contacts have the same number or e-mail address.';
      say(this.#status, before ? `${before} ${found}` : found);
      const hadFocus = this.#list.contains(document.activeElement);
      this.#list.replaceChildren(...groups.map((group) => this.#item(group)));
      if (hadFocus) this.#status.focus();
    } catch (error) {
      if (signal.aborted) return;
      say(this.#status, before);
      tellTrouble(this.#trouble, error, () => this.readAgain());
    }
  }

  /** @param {DuplicateGroup} group */
  #item(group) {
    const words = groupWords(group);
    const item = create(
      'li',
      {},
      create(
        'div',
        {},
        create('p', { class: 'hint' }, words),
        create(
          'ul',
          {},
          ...group.contacts.map((contact) => create('li', {}, contactWords(contact))),
        ),
      ),
    );
    if (!this.#context.team.isManager) return item;
    const button = create('button', { type: 'button', 'aria-label': `Merge ${words}` }, 'Merge');
    button.addEventListener('click', () => this.#merge(group.contacts));
    const buttons = create('span', { class: 'contact-buttons' }, button);
    item.append(buttons);
    if (group.size > MOST_TOLD_APART) return item;
    const apart = create(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Different people: ${words}` },
      'Different people',
    );
    apart.addEventListener('click', () => void this.#tellApart(group));
    buttons.append(apart);
    return item;
  }

  /** @param {DuplicateGroup} group */
  async #tellApart(group) {
    const { business, signal, voice } = this.#context;
    if (this.#isSending) return;
    this.#isSending = true;
    sayParts(this.#trouble);
    try {
      const isTold = await voice.contacts.tellApart(business.id, group);
      if (signal.aborted) return;
      await this.read(
        isTold
          ? 'Noted: they are different people. If somebody else gets the same number or address, they are shown again.'
          : 'Not noted: somebody has changed these contacts meanwhile. They are shown as they are now.',
      );
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isSending = false;
    }
  }
}
