import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, create, debounce, element, ltr, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./target.js').Target} Target
 */

const SHOWN = 20;
const SEARCH_AFTER_MS = 200;

/** The contact field: a combobox after https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. */
export class LeadSearch {
  #context;
  #target;
  #input = element('lead-search', HTMLInputElement);
  #list = element('lead-list', HTMLUListElement);
  #clear = element('lead-clear', HTMLButtonElement);
  #hint = element('lead-hint', HTMLElement);
  #new = element('lead-new', HTMLButtonElement);
  /** The contacts of the list that is open. @type {Lead[]} */
  #leads = [];
  #active = -1;
  /** The latest search. A key, a choice or the end of the view makes it useless. @type {AbortController | null} */
  #searching = null;

  /**
   * @param {ViewContext} context
   * @param {Target} target
   */
  constructor(context, target) {
    this.#context = context;
    this.#target = target;
    const searchSoon = debounce(() => {
      if (document.activeElement === this.#input) void this.#search();
    }, SEARCH_AFTER_MS);
    this.#input.addEventListener('input', () => {
      // The list is of an older text: nobody may choose from it.
      this.#close();
      target.searchFor(this.#input.value);
      searchSoon();
    });
    this.#input.addEventListener('focus', () => void this.#search());
    this.#input.addEventListener('blur', () => this.#close());
    this.#input.addEventListener('keydown', (event) => this.#onKey(event));
    context.signal.addEventListener('abort', () => this.#searching?.abort());
    this.#clear.addEventListener('click', () => {
      this.#empty();
      this.#input.focus();
    });
    // Without this the field loses focus, and the list closes, before the click arrives.
    this.#list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.#list.addEventListener('click', (event) => {
      const option = event.target instanceof Element && event.target.closest('[role=option]');
      if (option) this.#pick([...this.#list.children].indexOf(option));
    });
  }

  focus() {
    this.#input.focus();
  }

  /** Shows the contact that is chosen, or the text that is searched for. */
  show() {
    const { lead, search } = this.#target;
    const text = lead ? lead.name : search;
    if (this.#input.value !== text) this.#input.value = text;
    this.#clear.hidden = !lead;
    this.#new.hidden = Boolean(lead) || !text.trim() || !this.#context.team.isManager;
    if (!lead) return;
    this.#close();
    sayParts(this.#hint, ...(lead.company ? [bdi(lead.company)] : []));
  }

  #empty() {
    this.#close();
    this.#target.choose(null);
  }

  async #search() {
    // A contact was chosen after the last key press.
    if (this.#target.lead) return;
    const { business, voice } = this.#context;
    this.#searching?.abort();
    const { signal } = (this.#searching = new AbortController());
    const search = this.#input.value;
    try {
      const found = await voice.conversations.leads(business.id, { search, limit: SHOWN, signal });
      if (!signal.aborted) this.#show(found, search.trim());
    } catch (error) {
      if (!signal.aborted) say(this.#hint, failureOf(error).message);
    }
  }

  /**
   * @param {{ leads: Lead[], more: boolean }} found
   * @param {string} search
   */
  #show({ leads, more }, search) {
    // The same search may be answered twice: the contact that is marked stays marked.
    const marked = this.#leads[this.#active]?.id;
    this.#leads = leads;
    this.#list.replaceChildren(...leads.map(option));
    this.#open(leads.length > 0);
    this.#activate(leads.findIndex(({ id }) => id === marked));
    if (!leads.length) {
      say(this.#hint, search ? `No contact matches “${search}”.` : 'There are no contacts yet.');
    } else if (more) {
      say(this.#hint, `The first ${leads.length} contacts. There are more: type more of the name.`);
    } else {
      say(this.#hint, leads.length === 1 ? '1 contact' : `${leads.length} contacts`);
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return;
    const isOpen = !this.#list.hidden;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        event.preventDefault();
        if (!isOpen) void this.#search();
        else this.#move(event.key === 'ArrowDown' ? 1 : -1);
        break;
      case 'Enter':
        // Enter in this field chooses a contact; it never places a call.
        event.preventDefault();
        if (isOpen && this.#active >= 0) this.#pick(this.#active);
        else if (!isOpen) void this.#search();
        break;
      case 'Escape':
        if (isOpen) this.#close();
        else this.#empty();
        break;
    }
  }

  /** @param {number} step */
  #move(step) {
    const count = this.#leads.length;
    const from = this.#active < 0 && step < 0 ? 0 : this.#active;
    this.#activate((from + step + count) % count);
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    [...this.#list.children].forEach((option, position) => {
      option.setAttribute('aria-selected', String(position === index));
      if (position === index) option.scrollIntoView({ block: 'nearest' });
    });
    if (index < 0) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', `lead-${index}`);
  }

  /** @param {number} index */
  #pick(index) {
    const lead = this.#leads[index];
    if (!lead) return;
    this.#close();
    this.#target.choose(lead);
  }

  #close() {
    this.#searching?.abort();
    this.#open(false);
    if (!this.#target.lead) say(this.#hint, '');
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#list.hidden = !isOpen;
    this.#input.setAttribute('aria-expanded', String(isOpen));
    this.#activate(-1);
  }
}

/**
 * @param {Lead} lead
 * @param {number} index
 */
function option({ name, company, phone_number: phoneNumber }, index) {
  const about = [
    ...(company ? [bdi(company), ' · '] : []),
    phoneNumber ? ltr(formatNumber(phoneNumber)) : 'no number',
  ];
  return create(
    'li',
    { role: 'option', id: `lead-${index}`, 'aria-selected': 'false' },
    create('span', { class: 'lead-name' }, bdi(name)),
    create('span', { class: 'lead-about' }, ...about),
  );
}
