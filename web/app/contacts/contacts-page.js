import { showInDialer } from '../dialer/dialer-form.js';
import { FillDialog } from '../fill/fill-dialog.js';
import { create, debounce, element, say, sayParts } from '../shared/dom.js';
import { showItems } from '../shared/list-items.js';
import { onSetting } from '../shared/setting-changes.js';
import { setUpTabs } from '../shared/tabs.js';
import { tellTrouble } from '../shared/trouble.js';
import { ContactDialog } from './contact-dialog.js';
import { Duplicates } from './duplicates.js';
import { MergeDialog } from './merge-dialog.js';
import { contactWords } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Contact} Contact
 * @typedef {import('../../henk-voice/henk-voice.js').ContactPlace} ContactPlace
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const PAGE = 50;
/** What a search answers at most. */
const MOST_FOUND = 200;
const SEARCH_AFTER_MS = 250;
/** What a list answers at most. */
const MOST_READ = 999;
/** What changes contacts, in the words of the record of changes. */
const SUBJECTS = ['lead', 'lead_import', 'erasure'];
/** One that stays, and 20 that go. */
const MOST_MERGED = 21;

/** The contacts of the business: found, made, changed, imported and merged. */
export class ContactsPage {
  #context;
  #search = element('contacts-search', HTMLInputElement);
  #status = element('contacts-status', HTMLElement);
  #trouble = element('contacts-trouble', HTMLElement);
  #list = element('contacts-list', HTMLUListElement);
  #more = element('contacts-more', HTMLButtonElement);
  #new = element('contacts-new', HTMLButtonElement);
  #import = element('contacts-import', HTMLButtonElement);
  #chosenBox = element('contacts-chosen', HTMLElement);
  #chosenCount = element('contacts-chosen-count', HTMLElement);
  #mergeButton = element('contacts-merge', HTMLButtonElement);
  #dialog;
  #duplicates;
  /** What is shown. @type {Contact[]} */
  #contacts = [];
  /** @type {ContactPlace | null} */
  #after = null;
  /** Those that are chosen, by id. @type {Map<string, Contact>} */
  #chosen = new Map();
  /** Ends the request before. */
  #reading = new AbortController();
  /** What was said to have been done, until something else is looked for. */
  #before = '';
  /** Settles when the last request is over. @type {Promise<unknown> | null} */
  #asking = null;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { signal, team } = context;
    setUpTabs(element('contacts-tabs', HTMLElement));
    this.#dialog = new ContactDialog(context, (contact) => void this.#saved(contact));
    const merge = new MergeDialog(context, (sentence) => void this.#merged(sentence));
    this.#duplicates = new Duplicates(context, (contacts) =>
      merge.open(contacts.slice(0, MOST_MERGED)),
    );
    const fill = new FillDialog(context, { onChange: () => void this.#read() });
    this.#new.addEventListener('click', () => void this.#dialog.open(null));
    this.#import.addEventListener('click', () => void fill.open(null));
    this.#mergeButton.addEventListener('click', () => merge.open([...this.#chosen.values()]));
    element('contacts-choose-none', HTMLButtonElement).addEventListener('click', () => {
      this.#chosen.clear();
      this.#show();
      this.#search.focus();
    });
    const search = debounce(() => !signal.aborted && void this.#read(), SEARCH_AFTER_MS);
    this.#search.addEventListener('input', search);
    element('contacts-search-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#read();
    });
    this.#more.addEventListener('click', () => void this.#readMore());
    this.#list.addEventListener('click', ({ target }) => this.#onButton(target));
    this.#list.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement) this.#choose(target);
    });
    team.onLoad(() => this.#show(), signal);
    onSetting(context.voice, SUBJECTS, () => void this.#follow(), signal);
    signal.addEventListener('abort', () => this.#reading.abort());
    void this.#read();
  }

  /**
   * @param {string} [before] what to say first: what has just been done
   * @param {number} [limit]
   */
  async #read(before = '', limit = PAGE) {
    this.#before = before;
    const found = await this.#ask(null, () => this.#read(before), limit);
    if (!found) return;
    this.#contacts = found.contacts;
    for (const contact of found.contacts) {
      if (this.#chosen.has(contact.id)) this.#chosen.set(contact.id, contact);
    }
    this.#after = found.after;
    this.#show();
    const { length } = this.#contacts;
    const count = length === 1 ? '1 contact' : `${length} contacts`;
    const words = this.#search.value.trim()
      ? `${found.more ? `The first ${count}. There are more: type more.` : `Found: ${count}.`}`
      : length
        ? `${found.more ? 'The first ' : ''}${count}, by name.`
        : this.#nothing;
    say(this.#status, before ? `${before} ${words}` : words);
  }

  /** Colleagues have changed contacts: as many as are shown are read again. */
  async #follow() {
    await this.#asking;
    const { isOpen } = this.#duplicates;
    const shown = Math.min(Math.max(PAGE, this.#contacts.length), MOST_READ);
    await Promise.all([
      this.#read(this.#before, shown),
      isOpen ? this.#duplicates.readAgain() : null,
    ]);
  }

  get #nothing() {
    return this.#context.team.isManager
      ? 'There are no contacts yet. Add one, or import a file.'
      : 'There are no contacts yet. Your managers can add them.';
  }

  async #readMore() {
    const before = this.#contacts.length;
    const found = await this.#ask(this.#after, () => this.#readMore());
    if (!found) return;
    this.#contacts = [...this.#contacts, ...found.contacts];
    this.#after = found.after;
    this.#show();
    say(this.#status, `${this.#contacts.length} contacts, by name.`);
    const first = this.#list.children[before];
    if (!(first instanceof HTMLElement) || !this.#more.hidden) return;
    first.tabIndex = -1;
    first.focus();
  }

  /**
   * @param {ContactPlace | null} after
   * @param {() => Promise<void>} again
   * @param {number} [limit] without a search
   */
  #ask(after, again, limit = PAGE) {
    const asking = this.#askNow(after, again, limit);
    this.#asking = asking;
    return asking;
  }

  /**
   * @param {ContactPlace | null} after
   * @param {() => Promise<void>} again
   * @param {number} most
   */
  async #askNow(after, again, most) {
    const { business, voice } = this.#context;
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    const search = this.#search.value;
    const limit = search.trim() ? MOST_FOUND : most;
    sayParts(this.#trouble);
    try {
      const found = await voice.contacts.list(business.id, { search, after, limit, signal });
      return signal.aborted ? null : found;
    } catch (error) {
      if (signal.aborted) return null;
      say(this.#status, '');
      tellTrouble(this.#trouble, error, again);
      return null;
    }
  }

  #show() {
    const { isManager } = this.#context.team;
    this.#new.hidden = !isManager;
    this.#import.hidden = !isManager;
    this.#more.hidden = !this.#after;
    this.#list.classList.toggle('read-only', !isManager);
    const items = this.#contacts.map((contact) => this.#item(contact, isManager));
    showItems(this.#list, items, this.#search);
    for (const box of this.#list.querySelectorAll('input')) {
      box.checked = this.#chosen.has(box.value);
    }
    this.#showChosen();
  }

  /**
   * @param {Contact} contact
   * @param {boolean} isManager
   */
  #item(contact, isManager) {
    const { id, name, phone_number: number } = contact;
    const box = create('input', {
      type: 'checkbox',
      value: id,
      'data-act': 'choose',
      'aria-label': `Choose ${name}`,
    });
    return create(
      'li',
      {},
      isManager && box,
      contactWords(contact),
      create(
        'span',
        { class: 'contact-buttons' },
        number && buttonOf(contact, 'call', 'Call'),
        isManager && buttonOf(contact, 'edit', 'Edit'),
      ),
    );
  }

  /** @param {EventTarget | null} target */
  #onButton(target) {
    const button = target instanceof Element && target.closest('button');
    const contact = this.#contacts.find(({ id }) => button && id === button.value);
    if (!button || !contact) return;
    if (button.dataset.act === 'edit') void this.#dialog.open(contact);
    else showInDialer(this.#context, contact);
  }

  /** @param {HTMLInputElement} box */
  #choose(box) {
    const contact = this.#contacts.find(({ id }) => id === box.value);
    if (!contact) return;
    if (box.checked) this.#chosen.set(contact.id, contact);
    else this.#chosen.delete(contact.id);
    this.#showChosen();
  }

  #showChosen() {
    const { size } = this.#chosen;
    this.#chosenBox.hidden = !size;
    this.#mergeButton.disabled = size < 2 || size > MOST_MERGED;
    const words = size === 1 ? '1 contact is chosen. Choose another one to merge them.' : '';
    const tooMany = size > MOST_MERGED ? ` ${MOST_MERGED} at most can be merged at once.` : '';
    say(this.#chosenCount, words || `${size} contacts are chosen.${tooMany}`);
  }

  /** @param {Contact} contact */
  async #saved(contact) {
    this.#chosen.delete(contact.id);
    await this.#read(`Saved: ${contact.name}.`);
  }

  /** @param {string} sentence */
  async #merged(sentence) {
    this.#chosen.clear();
    const isAmongDuplicates = this.#duplicates.isOpen;
    await Promise.all([
      this.#read(sentence),
      isAmongDuplicates ? this.#duplicates.read(sentence) : null,
    ]);
    if (!isAmongDuplicates) this.#search.focus();
  }
}

/**
 * @param {Contact} contact
 * @param {string} act
 * @param {string} text
 */
function buttonOf({ id, name }, act, text) {
  return create(
    'button',
    {
      type: 'button',
      class: 'quiet',
      value: id,
      'data-act': act,
      'aria-label': `${text} ${name}`,
    },
    text,
  );
}
