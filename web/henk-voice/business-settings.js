import { BusinessColumns } from './business-columns.js';
import { isCountry } from './countries.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} BusinessSettings whom a business may call, when, and how often
 * @property {string} name
 * @property {string} country ISO 3166-1 alpha-2: how a number without country code is read
 * @property {string[] | null} allowed_countries which countries may be called; null: the business's own only
 * @property {string | null} calling_hours_start `08:00:00` on the lead's clock; null, like the end: at any time
 * @property {string | null} calling_hours_end until just before it; `24:00:00` is midnight
 * @property {number} calls_per_rep_per_minute
 * @property {number} calls_per_rep_per_day in any 24 hours
 * @property {number} concurrent_calls of all people together
 * @property {number} max_call_seconds
 * @property {number} token_grants_per_minute access tokens of one person
 *
 * @typedef {keyof typeof LIMITS} Limit
 */

/** The least and the most that each limit can be. */
export const LIMITS = /** @type {const} */ ({
  calls_per_rep_per_minute: [1, 1000],
  calls_per_rep_per_day: [1, 100_000],
  concurrent_calls: [1, 1000],
  max_call_seconds: [60, 14_400],
  token_grants_per_minute: [1, 100_000],
});

const COLUMNS =
  'name,country,allowed_countries,calling_hours_start,calling_hours_end,' +
  Object.keys(LIMITS).join(',');
const LONGEST_NAME = 200;
/** Not a sign that can be seen: `private.visible_text` leaves the same out. */
const UNSEEN = /[\s\p{C}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0]/gu;
const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$|^24:00(?::00)?$/;
const NUMBER = new Intl.NumberFormat('en');

/**
 * Whom a business may call, when, and how often. Members read it, and managers change it.
 *
 * @extends {BusinessColumns<BusinessSettings>}
 */
export class BusinessSettingsStore extends BusinessColumns {
  #numbers;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {Pick<import('./number-reader.js').NumberReader, 'forget'>} numbers
   */
  constructor(supabase, requests, numbers) {
    super(supabase, requests, COLUMNS);
    this.#numbers = numbers;
  }

  /**
   * The next call obeys, whoever places it.
   *
   * @override
   * @param {string} businessId
   * @param {Partial<BusinessSettings>} changes only these columns are written; the beginning and the end of calling
   *   hours together
   */
  async change(businessId, changes) {
    const [problem] = Object.entries(settingProblems(changes));
    if (problem) {
      const [field, message] = problem;
      throw new VoiceError(failure('value_refused', { field, message }));
    }
    const settings = await super.change(businessId, changes);
    if (changes.country) this.#numbers.forget();
    return settings;
  }
}

/**
 * @param {Partial<BusinessSettings>} settings
 * @returns {Partial<Record<keyof BusinessSettings, string>>} for each column that cannot be saved, why, and what can
 */
export function settingProblems(settings) {
  const { name, country, allowed_countries: countries } = settings;
  /** @type {Partial<Record<keyof BusinessSettings, string>>} */
  const problems = {};
  if (name !== undefined) put(problems, 'name', problemOfName(name));
  if (country !== undefined && !isCountry(country)) {
    problems.country = `“${country}” is not the code of a country. Choose one of the list.`;
  }
  if (countries) put(problems, 'allowed_countries', problemOfCountries(countries));
  Object.assign(problems, problemOfHours(settings));
  for (const [column, [least, most]] of Object.entries(LIMITS)) {
    const limit = /** @type {Limit} */ (column);
    const value = settings[limit];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < least || value > most) {
      problems[limit] =
        `${Number.isFinite(value) ? `${NUMBER.format(value)} is not possible` : 'The number is missing'}. ` +
        `Write a whole number from ${NUMBER.format(least)} to ${NUMBER.format(most)}.`;
    }
  }
  return problems;
}

/**
 * @param {Partial<Record<keyof BusinessSettings, string>>} problems
 * @param {keyof BusinessSettings} column
 * @param {string} problem empty if there is none
 */
function put(problems, column, problem) {
  if (problem) problems[column] = problem;
}

/** @param {string} name */
function problemOfName(name) {
  if (!name.replace(UNSEEN, '')) return 'The name is missing. Write how your people know it.';
  const { length } = [...name];
  if (length <= LONGEST_NAME) return '';
  return `The name has ${length} characters. Write ${LONGEST_NAME} at most.`;
}

/** @param {readonly string[]} countries */
function problemOfCountries(countries) {
  if (!countries.length) return 'No country is chosen, so nobody could be called. Choose one.';
  const unknown = countries.find((code) => !isCountry(code));
  return unknown === undefined
    ? ''
    : `“${unknown}” is not the code of a country. Choose countries of the list.`;
}

/** @param {Partial<BusinessSettings>} settings */
function problemOfHours({ calling_hours_start: start, calling_hours_end: end }) {
  if (start === undefined && end === undefined) return {};
  if (!start && !end) return {};
  if (!start || !CLOCK.test(start)) {
    return {
      calling_hours_start: `The beginning is ${start ? `“${start}”` : 'missing'}. Write it as 08:00.`,
    };
  }
  if (!end || !CLOCK.test(end)) {
    return { calling_hours_end: `The end is ${end ? `“${end}”` : 'missing'}. Write it as 21:00.` };
  }
  if (end > start) return {};
  return {
    calling_hours_end:
      `The end, ${end.slice(0, 5)}, is not after the beginning, ${start.slice(0, 5)}. ` +
      'Calling hours begin and end on the same day.',
  };
}
