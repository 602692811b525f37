import { failureOf } from '../../henk-voice/henk-voice.js';
import { clockOf, zoneWords, zonesByRegion } from '../shared/time-zones.js';
import { create, element, say } from '../shared/dom.js';
import { markInvalid, tellNotLoaded } from '../shared/trouble.js';
import { countriesByName, likelyCountry } from '../shared/countries.js';

/** @typedef {import('./view.js').WelcomeContext} WelcomeContext */

/** Makes a business, for those who may. */
export class NewBusiness {
  #context;
  #section = element('business-new', HTMLElement);
  #none = element('business-none', HTMLElement);
  #form = element('business-form', HTMLFormElement);
  #name = element('business-name-field', HTMLInputElement);
  #country = element('business-country', HTMLSelectElement);
  #zone = element('business-zone', HTMLSelectElement);
  #zoneHint = element('business-zone-hint', HTMLElement);
  #trouble = element('business-trouble', HTMLElement);
  #create = element('business-create', HTMLButtonElement);
  /** Where each field says what is wrong with it. @type {[HTMLInputElement | HTMLSelectElement, HTMLElement][]} */
  #places = [
    [this.#name, element('business-name-error', HTMLElement)],
    [this.#country, element('business-country-error', HTMLElement)],
    [this.#zone, element('business-zone-error', HTMLElement)],
  ];

  /** @param {WelcomeContext} context */
  constructor(context) {
    this.#context = context;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#country.append(
      ...countriesByName().map(([code, name]) => create('option', { value: code }, name)),
    );
    this.#country.value = likelyCountry(navigator.languages);
    this.#zone.append(
      create('option', { value: 'UTC' }, 'UTC'),
      ...[...zonesByRegion(zone)].map(([region, zones]) => {
        const options = zones.map((one) => create('option', { value: one }, zoneWords(one)));
        return create('optgroup', { label: region }, ...options);
      }),
    );
    this.#zone.value = zone;
    this.#zone.addEventListener('change', () => this.#showClock());
    this.#showClock();
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    void this.#ask();
  }

  async #ask() {
    const { voice, hasBusiness, signal } = this.#context;
    try {
      const why = await voice.people.whyNoBusiness({ signal });
      if (signal.aborted) return;
      this.#section.hidden = why !== null;
      // Whoever has a business does not look for another one here.
      if (why && !hasBusiness) say(this.#none, `${why.message} ${why.action}`);
    } catch (error) {
      if (signal.aborted) return;
      tellNotLoaded(this.#none, 'Whether you may create a business', error, () => this.#ask());
    }
  }

  #showClock() {
    const clock = clockOf(this.#zone.value, new Date());
    say(
      this.#zoneHint,
      `Its days are those of the reports.${clock && ` It is ${clock} there now.`}`,
    );
  }

  async #send() {
    const { voice, enter, signal } = this.#context;
    const name = this.#name.value.trim();
    this.#complain('', null);
    if (!name) {
      return this.#complain('Not created: the name is missing. Write it.', this.#name);
    }
    this.#create.disabled = true;
    try {
      const country = this.#country.value;
      const timeZone = this.#zone.value;
      const businessId = await voice.people.createBusiness({ name, country, timeZone });
      if (!signal.aborted) enter(businessId);
    } catch (error) {
      if (signal.aborted) return;
      const { code, message, action } = failureOf(error);
      this.#complain(`Not created: ${message} ${action}`, this.#fieldOf(code));
    } finally {
      this.#create.disabled = false;
    }
  }

  /** @param {string} code of a failure */
  #fieldOf(code) {
    if (code === 'invalid_name') return this.#name;
    if (code === 'invalid_country') return this.#country;
    return code === 'invalid_time_zone' ? this.#zone : null;
  }

  /**
   * @param {string} text
   * @param {HTMLInputElement | HTMLSelectElement | null} wrong the field that has to be changed
   */
  #complain(text, wrong) {
    say(this.#trouble, wrong ? '' : text);
    for (const [field, place] of this.#places) {
      say(place, field === wrong ? text : '');
      markInvalid(field, field === wrong);
    }
    wrong?.focus();
  }
}
