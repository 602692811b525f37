import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, debounce, element, say } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const SHOWN = 20;

/** The contact field: a combobox after https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. */
export class LeadSearch {
  /** @type {Lead | null} */
  chosen = null;

  #context;
  #onChoose;
  #input = element('lead-search', HTMLInputElement);
  #list = element('lead-list', HTMLUListElement);
  #clear = element('lead-clear', HTMLButtonElement);
  #hint = element('lead-hint', HTMLElement);
  /** @type {Lead[]} */
  #leads = [];
  #active = -1;
  #searches = 0;

  /**
   * @param {ViewContext} context
   * @param {(lead: Lead | null) => void} onChoose
   */
  constructor(context, onChoose) {
    this.#context = context;
    this.#onChoose = onChoose;
    const searchSoon = debounce(() => void this.#search(), 200);
    this.#input.addEventListener('input', () => {
      if (this.chosen) this.choose(null);
      searchSoon();
    });
    this.#input.addEventListener('focus', () => void this.#search());
    this.#input.addEventListener('blur', () => this.#close());
    this.#input.addEventListener('keydown', (event) => this.#onKey(event));
    this.#clear.addEventListener('click', () => {
      this.clear();
      this.#input.focus();
    });
    // Without this the field loses focus, and the list closes, before the click arrives.
    this.#list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.#list.addEventListener('click', (event) => {
      const option = event.target instanceof Element && event.target.closest('[role=option]');
      if (option) this.#pick([...this.#list.children].indexOf(option));
    });
  }

  clear() {
    this.#input.value = '';
    this.choose(null);
  }

  /** @param {Lead | null} lead */
  choose(lead) {
    this.chosen = lead;
    this.#clear.hidden = !lead;
    if (lead) this.#input.value = lead.name;
    say(this.#hint, lead?.company ?? '');
    this.#onChoose(lead);
  }

  async #search() {
    // A contact was chosen after the last key press.
    if (this.chosen) return;
    const { business, voice } = this.#context;
    const number = ++this.#searches;
    const text = this.#input.value;
    try {
      const { leads } = await voice.conversations.leads(business.id, {
        search: text,
        limit: SHOWN,
      });
      // A later search may have started, or the field may have lost focus.
      if (number === this.#searches && document.activeElement === this.#input) this.#show(leads);
    } catch (error) {
      if (number === this.#searches) say(this.#hint, failureOf(error).message);
    }
  }

  /** @param {Lead[]} leads */
  #show(leads) {
    this.#leads = leads;
    const { country } = this.#context.business;
    this.#list.replaceChildren(
      ...leads.map((lead, index) =>
        create(
          'li',
          { role: 'option', id: `lead-${index}`, 'aria-selected': 'false' },
          create('span', { class: 'lead-name' }, lead.name),
          create(
            'span',
            { class: 'lead-about' },
            [
              lead.company,
              lead.phone_number ? formatNumber(lead.phone_number, country) : 'no number',
            ]
              .filter(Boolean)
              .join(' · '),
          ),
        ),
      ),
    );
    this.#open(leads.length > 0);
    const searched = this.#input.value.trim();
    if (leads.length === 0) {
      say(
        this.#hint,
        searched ? `No contact matches “${searched}”.` : 'There are no contacts yet.',
      );
    } else {
      say(this.#hint, leads.length === 1 ? '1 contact' : `${leads.length} contacts`);
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const isOpen = !this.#list.hidden;
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        event.preventDefault();
        if (!isOpen) void this.#search();
        else this.#move(event.key === 'ArrowDown' ? 1 : -1);
        break;
      case 'Enter':
        // Enter in the list chooses a contact; it must not place the call.
        if (!isOpen) return;
        event.preventDefault();
        if (this.#active >= 0) this.#pick(this.#active);
        break;
      case 'Escape':
        if (isOpen) this.#close();
        else this.clear();
        break;
    }
  }

  /** @param {number} step */
  #move(step) {
    const count = this.#leads.length;
    this.#activate((this.#active + step + count) % count);
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
    this.choose(lead);
  }

  #close() {
    this.#searches += 1;
    this.#open(false);
    if (!this.chosen) say(this.#hint, '');
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#list.hidden = !isOpen;
    this.#input.setAttribute('aria-expanded', String(isOpen));
    this.#activate(-1);
  }
}
