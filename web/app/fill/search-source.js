import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, create, debounce, element, ltr, say } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { counted } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 * @typedef {import('../../henk-voice/henk-voice.js').LeadSource} LeadSource
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** How many leads are shown to choose from. */
const SHOWN = 50;
const PAUSE_MS = 250;

/** Leads that a search finds: some of them, or all. */
export class SearchSource {
  #context;
  #text = element('fill-search-text', HTMLInputElement);
  #about = element('fill-search-about', HTMLElement);
  #list = element('fill-found', HTMLUListElement);
  #addChosen = element('fill-add-chosen', HTMLButtonElement);
  #addFound = element('fill-add-found', HTMLButtonElement);
  /** What the list was found with. */
  #searched = '';
  /** @type {AbortController | null} */
  #search = null;

  /**
   * @param {ViewContext} context
   * @param {(source: LeadSource) => void} onAdd
   */
  constructor(context, onAdd) {
    this.#context = context;
    this.#text.addEventListener(
      'input',
      debounce(() => void this.#find(), PAUSE_MS),
    );
    this.#list.addEventListener('change', () => this.#showChosen());
    this.#addChosen.addEventListener('click', () => onAdd({ leadIds: this.#chosen() }));
    this.#addFound.addEventListener('click', () => onAdd({ search: this.#searched }));
  }

  open() {
    this.#text.value = '';
    void this.#find();
  }

  async #find() {
    const { voice, business, signal } = this.#context;
    this.#search?.abort();
    const search = new AbortController();
    this.#search = search;
    const text = this.#text.value;
    try {
      const { leads, more } = await voice.conversations.leads(business.id, {
        search: text,
        limit: SHOWN,
        signal: search.signal,
      });
      if (search.signal.aborted || signal.aborted) return;
      this.#searched = text;
      this.#show(leads, more);
    } catch (error) {
      if (search.signal.aborted || signal.aborted) return;
      const { message, action } = failureOf(error);
      say(this.#about, `The leads could not be searched. ${message} ${action}`);
    }
  }

  /**
   * @param {Lead[]} leads
   * @param {boolean} more
   */
  #show(leads, more) {
    const isAll = !this.#searched.trim();
    const found = more
      ? `more than ${SHOWN} leads, of which ${SHOWN} are shown`
      : counted(leads.length, 'lead');
    say(this.#about, isAll ? `There are ${found}.` : `Found: ${found}.`);
    say(this.#addFound, isAll ? 'Add all leads of the business' : 'Add all that are found');
    this.#addFound.hidden = !leads.length;
    this.#list.replaceChildren(
      ...leads.map((lead) => {
        const number = lead.phone_number;
        return create(
          'li',
          {},
          create(
            'label',
            {},
            create('input', { type: 'checkbox', value: lead.id }),
            ' ',
            bdi([lead.name, lead.company].filter(Boolean).join(', ')),
            ' ',
            number ? ltr(formatNumber(number)) : 'no number',
          ),
        );
      }),
    );
    this.#showChosen();
  }

  #chosen() {
    const boxes = [...this.#list.querySelectorAll('input')];
    return boxes.filter(({ checked }) => checked).map(({ value }) => value);
  }

  #showChosen() {
    const { length } = this.#chosen();
    this.#addChosen.disabled = !length;
    say(this.#addChosen, length ? `Add ${counted(length, 'chosen lead')}` : 'Add the chosen leads');
  }
}
