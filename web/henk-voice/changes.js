import { Database } from './database.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} BusinessChange a row of the record: who changed what, from what to what
 * @property {number} id later changes have a greater one
 * @property {string | null} changed_by null: an operator
 * @property {string | null} changed_by_name what colleagues called that person at the time
 * @property {string} changed_at `timestamp()` reads it
 * @property {string} subject the kind of thing: `business`, `member`, `campaign`, …: docs/changes.md has all
 * @property {string} subject_id which one
 * @property {string | null} subject_name what it was called at the time
 * @property {Readonly<Record<string, unknown>> | null} before the columns that changed; null: it was added
 * @property {Readonly<Record<string, unknown>> | null} after null: it was removed. Empty, as `before`: it was about
 *   a person who asked to be forgotten
 *
 * @typedef {object} ChangesFilter
 * @property {readonly string[]} [subjects] only of these kinds
 * @property {string | null} [changedBy] only by this user; null: only by operators
 * @property {BusinessChange} [before] only earlier ones than this
 * @property {number} [limit] 50 by default
 * @property {AbortSignal} [signal]
 */

const COLUMNS =
  'id,changed_by,changed_by_name,changed_at,subject,subject_id,subject_name,before,after';

/** The record of what was changed in a business. Managers and owners read it. */
export class Changes {
  #supabase;
  #database;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#supabase = supabase;
    this.#database = new Database(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {ChangesFilter} [filter]
   * @returns {Promise<{ changes: BusinessChange[], more: boolean }>} the latest first; none for an agent
   * @throws {VoiceError}
   */
  async list(businessId, { subjects, changedBy, before, limit = 50, signal } = {}) {
    const wanted = limit + 1;
    const found = await this.#database.every(
      (from, count, last) => {
        let query = this.#supabase
          .from('changes')
          .select(COLUMNS, count)
          .eq('business_id', businessId)
          .order('id', { ascending: false })
          .limit(wanted - from);
        if (subjects?.length) query = query.in('subject', [...subjects]);
        if (changedBy === null) query = query.is('changed_by', null);
        else if (changedBy) query = query.eq('changed_by', changedBy);
        const end = last ?? before;
        return end ? query.lt('id', end.id) : query;
      },
      { signal, wanted, countsRest: true },
    );
    return { changes: found.slice(0, limit), more: found.length > limit };
  }
}
