import { first } from './first-row.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 * @typedef {import('./failures.js').VoiceError} VoiceError
 */

/**
 * Some columns of a business. Members read them, and managers change them.
 *
 * @template {object} Columns
 */
export class BusinessColumns {
  #supabase;
  #requests;
  #columns;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {string} columns as PostgREST selects them
   */
  constructor(supabase, requests, columns) {
    this.#supabase = supabase;
    this.#requests = requests;
    this.#columns = columns;
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Columns>}
   * @throws {VoiceError} `not_found`, or another
   */
  async read(businessId, { signal } = {}) {
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('businesses').select(this.#columns).eq('id', businessId),
      { tries: 'patiently', signal },
    );
    return first(data, 'not_found');
  }

  /**
   * @param {string} businessId
   * @param {Partial<Columns>} changes only these columns are written
   * @returns {Promise<Columns>} as they are afterwards
   * @throws {VoiceError} `value_refused` (its failure's `field` is the column), `not_allowed`, or another
   */
  async change(businessId, changes) {
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('businesses')
          .update(/** @type {any} */ (storable(changes)))
          .eq('id', businessId)
          .select(this.#columns),
      { tries: 'twice' },
    );
    return first(data, 'not_allowed');
  }
}
