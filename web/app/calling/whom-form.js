import { create, element, say } from '../shared/dom.js';
import { countriesByName, countryName } from './countries.js';
import { CountryList } from './country-list.js';
import { SettingsForm } from './settings-form.js';

/**
 * @typedef {import('./settings-source.js').SettingsSource} SettingsSource
 */

/**
 * The name of the business, its country, and the countries that may be called.
 *
 * @param {SettingsSource} source
 */
export function startWhomForm(source) {
  const name = element('whom-name', HTMLInputElement);
  const country = element('whom-country', HTMLSelectElement);
  country.append(
    ...countriesByName().map(([code, words]) => create('option', { value: code }, words)),
  );
  const countries = new CountryList(() => form.typed());
  const form = new SettingsForm(source, {
    name: 'whom',
    fields: {
      name: {
        input: name,
        error: element('whom-name-error', HTMLElement),
        read: () => name.value.trim(),
        write: (value) => (name.value = value),
      },
      country: {
        input: country,
        error: element('whom-country-error', HTMLElement),
        read: () => country.value,
        write: (value) => choose(country, value),
      },
      allowed_countries: {
        input: countries.first,
        error: element('whom-countries-error', HTMLElement),
        read: () => countries.value,
        write: (value) => countries.show(value),
      },
    },
    onShow: () => say(element('whom-own-words', HTMLElement), `${countryName(country.value)} only`),
  });
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} code may be none of the list
 */
function choose(select, code) {
  select.value = code;
  if (select.value === code) return;
  select.append(create('option', { value: code }, countryName(code)));
  select.value = code;
}
