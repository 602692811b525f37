import { countriesByName, countryName } from '../shared/countries.js';
import { create, element } from '../shared/dom.js';
import { markInvalid } from '../shared/trouble.js';

/** Which countries may be called: that of the business only (null), or those of a list. */
export class CountryList {
  #own = element('whom-own', HTMLInputElement);
  #these = element('whom-these', HTMLInputElement);
  #box = element('whom-list-box', HTMLElement);
  #list = element('whom-list', HTMLUListElement);
  #add = element('whom-add', HTMLSelectElement);
  #addButton = element('whom-add-button', HTMLButtonElement);
  #onChange;
  /** @type {string[]} */
  #codes = [];

  /** @param {() => void} onChange what is chosen is another now, and not by an input event */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const radio of [this.#own, this.#these]) {
      radio.addEventListener('change', () => this.#showChoice());
    }
    this.#addButton.addEventListener('click', () => this.#addChosen());
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (button) this.#remove(button.value);
    });
  }

  /** @returns {string[] | null} */
  get value() {
    return this.#these.checked ? [...this.#codes] : null;
  }

  /** What gets the focus if the value is wrong: where it is mended. */
  get wrong() {
    return this.#these.checked ? this.#add : this.#own;
  }

  /** @param {readonly string[] | null} value */
  show(value) {
    this.#own.checked = value === null;
    this.#these.checked = value !== null;
    this.#codes = [...(value ?? this.#codes)];
    this.#showChoice();
    this.#render();
  }

  #showChoice() {
    for (const field of [this.#own, this.#add]) markInvalid(field, false);
    this.#box.hidden = !this.#these.checked;
  }

  #render() {
    const focused = document.activeElement;
    const kept = focused instanceof HTMLButtonElement && this.#list.contains(focused);
    const code = kept ? focused.value : '';
    this.#list.replaceChildren(
      ...this.#codes.map((one) =>
        create(
          'li',
          {},
          create('span', {}, countryName(one)),
          create(
            'button',
            {
              type: 'button',
              class: 'quiet',
              value: one,
              'aria-label': `Remove ${countryName(one)}`,
            },
            'Remove',
          ),
        ),
      ),
    );
    const chosen = new Set(this.#codes);
    this.#add.replaceChildren(
      ...countriesByName()
        .filter(([one]) => !chosen.has(one))
        .map(([one, words]) => create('option', { value: one }, words)),
    );
    if (!kept) return;
    const same = this.#list.querySelector(`button[value="${CSS.escape(code)}"]`);
    (same instanceof HTMLButtonElement ? same : this.#add).focus();
  }

  #addChosen() {
    if (!this.#add.value) return;
    this.#codes.push(this.#add.value);
    this.#render();
    this.#onChange();
  }

  /** @param {string} code */
  #remove(code) {
    this.#codes = this.#codes.filter((one) => one !== code);
    this.#render();
    this.#onChange();
  }
}
