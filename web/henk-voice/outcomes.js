import { Database } from './database.js';
import { first } from './first-row.js';
import { storable } from './texts.js';

/**
 * @typedef {import('./failures.js').VoiceError} VoiceError
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {'done' | 'call_back' | 'retry' | 'wrong_number' | 'do_not_call'} OutcomeEffect what a call's
 *   outcome does: nothing more for the campaign, a call-back, another try, or it flags the number, or nobody
 *   of the business calls it again
 *
 * @typedef {object} Outcome what a call can end with
 * @property {string} key stays as it is: calls refer to it
 * @property {string} label what people read
 * @property {OutcomeEffect} effect
 * @property {boolean} is_success
 * @property {number} position
 * @property {boolean} is_archived not offered any more; calls that have it keep it
 */

const COLUMNS = 'key,label,effect,is_success,position,is_archived';

/** The outcomes of a business. Members read them, and managers change them. */
export class Outcomes {
  #supabase;
  #requests;
  #database;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#supabase = supabase;
    this.#requests = requests;
    this.#database = new Database(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Outcome[]>} by position, archived ones too
   * @throws {VoiceError}
   */
  async list(businessId, { signal } = {}) {
    const filters = { business_id: businessId };
    const found = await this.#database.table('outcomes', COLUMNS, filters, { signal, key: 'key' });
    // They come by key, and sorting keeps that order.
    return found.sort((a, b) => a.position - b.position);
  }

  /**
   * @param {string} businessId
   * @param {Pick<Outcome, 'label' | 'effect'> & Partial<Outcome>} outcome without a key it gets one from its
   *   label, and without a position the last one
   * @returns {Promise<Outcome>}
   * @throws {VoiceError} `not_allowed`, `already_exists`, or another
   */
  async add(businessId, outcome) {
    const others = await this.list(businessId);
    const last = Math.max(0, ...others.map(({ position }) => position));
    const keys = new Set(others.map(({ key }) => key));
    const row = storable({
      business_id: businessId,
      position: last + 1,
      ...outcome,
      key: outcome.key ?? freeKey(outcome.label, keys),
    });
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('outcomes').insert(row).select(COLUMNS),
      { tries: 'once' },
    );
    return first(data, 'not_allowed');
  }

  /**
   * @param {string} businessId
   * @param {string} key
   * @param {Partial<Omit<Outcome, 'key'>>} changes
   * @returns {Promise<Outcome>} as it is afterwards
   * @throws {VoiceError} `not_allowed`, or another
   */
  async change(businessId, key, changes) {
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('outcomes')
          .update(storable(changes))
          .eq('business_id', businessId)
          .eq('key', key)
          .select(COLUMNS),
      { tries: 'twice' },
    );
    return first(data, 'not_allowed');
  }
}

/**
 * @param {string} label
 * @param {ReadonlySet<string>} taken
 * @returns {string} a key that begins like the label, in letters of ASCII, digits and `_`
 */
export function freeKey(label, taken) {
  const plain = label
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mn}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 45);
  const base = plain || 'outcome';
  let key = base;
  for (let number = 2; taken.has(key); number += 1) key = `${base}_${number}`;
  return key;
}
