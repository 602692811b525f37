const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
/** Groups of countries, and codes that ISO 3166-1 does not give to a country of today. */
const NO_COUNTRIES = new Set(
  'AC AN BU CP CQ CS CT DD DG DY EA EU EZ FQ FX HV IC JT MI NH NQ NT PC PU PZ QO QU RH SU TA TP UK UN VD WK XA XB YD YU ZR ZZ'.split(
    ' ',
  ),
);
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** @returns {{ code: string, name: string }[]} all countries by their English names: ISO 3166-1 alpha-2 */
export function countries() {
  const codes = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  return codes
    .filter((code) => !NO_COUNTRIES.has(code))
    .map((code) => ({ code, name: NAMES.of(code) ?? '' }))
    .filter(({ name }) => name)
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/**
 * @param {readonly string[]} languages of the browser, the preferred ones first
 * @returns {string} the country of the first one that names one, or `US`
 */
export function likelyCountry(languages) {
  for (const language of languages) {
    try {
      const { region } = new Intl.Locale(language);
      if (region && /^[A-Z]{2}$/.test(region)) return region;
    } catch {
      // This is not the tag of a language.
    }
  }
  return 'US';
}
