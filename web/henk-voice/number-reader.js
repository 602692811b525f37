import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('./conversations.js').Business} Business
 * @typedef {import('./endpoints.js').Endpoints} Endpoints
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 */

/** A text with fewer digits is not a phone number. */
const FEWEST_DIGITS = 3;

/** Reads texts as the phone numbers that they mean for a business. The server decides. */
export class NumberReader {
  #endpoints;
  #businesses;
  /** The country of each business, once it was asked for. @type {Map<string, Promise<string>>} */
  #countries = new Map();

  /**
   * @param {Endpoints} endpoints
   * @param {() => Promise<Business[]>} businesses asks for the user's businesses
   */
  constructor(endpoints, businesses) {
    this.#endpoints = endpoints;
    this.#businesses = businesses;
  }

  /**
   * @param {string} businessId
   * @param {string[]} texts
   * @param {Parameters<Endpoints['readNumbers']>[2]} [options]
   * @returns {Promise<NumberReading[]>} one for each text, in the same order
   */
  async read(businessId, texts, options) {
    const country = this.#countries.get(businessId) ?? this.#countryOf(businessId);
    this.#countries.set(businessId, country);
    country.catch(() => this.#countries.delete(businessId));
    return this.#endpoints.readNumbers(await country, texts, options);
  }

  /**
   * The numbers that a search may mean, as well as its words.
   *
   * @param {string} businessId
   * @param {string} search
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<string[]>} in E.164; empty if it is not a number
   */
  async inSearch(businessId, search, signal) {
    const digits = search.match(/\p{Nd}/gu) ?? [];
    if (digits.length < FEWEST_DIGITS) return [];
    // Words can be searched for as they are. A number would not be found in other spellings.
    const hasWords = /\p{L}/u.test(search);
    const tries = hasWords ? 'once' : 'patiently';
    try {
      const [reading] = await this.read(businessId, [search], { signal, tries });
      return reading?.to ? [reading.to] : [];
    } catch (error) {
      if (hasWords) return [];
      throw error;
    }
  }

  /** The country of a business may be another one now. */
  forget() {
    this.#countries.clear();
  }

  /** @param {string} businessId */
  async #countryOf(businessId) {
    const businesses = await this.#businesses();
    const business = businesses.find(({ id }) => id === businessId);
    if (!business) throw new VoiceError(failure('not_a_member'));
    return business.country;
  }
}
