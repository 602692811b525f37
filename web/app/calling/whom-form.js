import { settingProblems } from '../../henk-voice/henk-voice.js';
import { countriesByName, countryName } from '../shared/countries.js';
import { create, element, say } from '../shared/dom.js';
import { CountryList } from './country-list.js';
import { SettingsForm } from '../shared/settings-form.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessSettings} BusinessSettings
 * @typedef {import('../shared/settings-source.js').SettingsSource<BusinessSettings>} SettingsSource
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
    problems: settingProblems,
    fields: {
      name: {
        input: name,
        read: () => name.value.trim(),
        write: (value) => (name.value = value),
      },
      country: {
        input: country,
        read: () => country.value,
        write: (value) => choose(country, value),
      },
      allowed_countries: {
        get input() {
          return countries.wrong;
        },
        about: 'whom-countries',
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
