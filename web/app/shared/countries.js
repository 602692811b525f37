import { COUNTRIES, isCountry } from '../../henk-voice/henk-voice.js';

const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const BY_NAME = new Intl.Collator('en');

/**
 * @param {string} code ISO 3166-1 alpha-2
 * @returns {string} the code itself if it has no name
 */
export function countryName(code) {
  try {
    return NAMES.of(code) ?? code;
  } catch {
    return code;
  }
}

/** @returns {[code: string, name: string][]} all countries that have telephone numbers of their own */
export function countriesByName() {
  return COUNTRIES.map((code) => /** @type {[string, string]} */ ([code, countryName(code)])).sort(
    ([, a], [, b]) => BY_NAME.compare(a, b),
  );
}

/**
 * @param {readonly string[]} languages of the browser, the preferred ones first
 * @returns {string} the country of the first one that names one, or `US`
 */
export function likelyCountry(languages) {
  for (const language of languages) {
    try {
      const { region } = new Intl.Locale(language);
      if (region && isCountry(region)) return region;
    } catch {
      // This is not the tag of a language.
    }
  }
  return 'US';
}
