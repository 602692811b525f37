import { Database } from './database.js';
import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {{ phone_number: string, label: string | null, is_default: boolean }} CallerId
 */

const COLUMNS = 'phone_number,label,is_default';
const NO_NUMBER = {
  message: 'Your business does not have this number any more.',
  action: 'Reload the page.',
};

/**
 * The numbers that a business may show when it calls. Whoever runs the installation gives them; managers name them, and
 * choose which one calls show that name none.
 */
export class CallerIds {
  #database;
  #sql;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#database = new Database(supabase, requests);
    this.#sql = new Sql(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<CallerId[]>} the default one first, then by number
   * @throws {VoiceError}
   */
  async list(businessId, { signal } = {}) {
    const filters = { business_id: businessId };
    const options = { signal, key: 'phone_number' };
    const found = await this.#database.table('phone_numbers', COLUMNS, filters, options);
    // They come by number, and sorting keeps that order.
    return found.sort((a, b) => Number(b.is_default) - Number(a.is_default));
  }

  /**
   * @param {string} businessId
   * @param {string} number in E.164
   * @param {string | null} label at most 100 characters; null takes it away
   * @returns {Promise<string | null>} the label as it is stored
   * @throws {VoiceError} `invalid_label`, `not_found`, `not_allowed`, or another
   */
  async label(businessId, number, label) {
    const values = { p_business_id: businessId, p_phone_number: number, p_label: label };
    const answer = await this.#sql.ask('label_caller_id', values, {
      tries: 'twice',
      notFound: NO_NUMBER,
    });
    return answer.label;
  }

  /**
   * From the next call on, calls show this number if they name no other and their campaign names none.
   *
   * @param {string} businessId
   * @param {string} number in E.164
   * @returns {Promise<void>}
   * @throws {VoiceError} `not_found`, `not_allowed`, or another
   */
  async choose(businessId, number) {
    const values = { p_business_id: businessId, p_phone_number: number };
    await this.#sql.ask('choose_caller_id', values, { tries: 'twice', notFound: NO_NUMBER });
  }
}
