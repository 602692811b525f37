import { VoiceError, failure } from './failures.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} ReportSettings by what a business counts. A change applies to all calls, also to earlier ones
 * @property {string} time_zone an IANA name, or `UTC`: when a day begins
 * @property {number} conversation_seconds how long a call must last to be a conversation, 5 to 600
 * @property {number} week_start the first day of a week: 0 is Sunday, 1 is Monday, …
 */

const COLUMNS = 'time_zone,conversation_seconds,week_start';

/** By what the reports of a business count. Members read it, and managers change it. */
export class ReportSettingsStore {
  #supabase;
  #requests;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#supabase = supabase;
    this.#requests = requests;
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<ReportSettings>}
   * @throws {VoiceError}
   */
  async read(businessId, { signal } = {}) {
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('businesses').select(COLUMNS).eq('id', businessId),
      { tries: 'patiently', signal },
    );
    return first(data, 'not_found');
  }

  /**
   * @param {string} businessId
   * @param {Partial<ReportSettings>} changes
   * @returns {Promise<ReportSettings>} as they are afterwards
   * @throws {VoiceError} `not_allowed`, or another
   */
  async change(businessId, changes) {
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('businesses')
          .update(storable(changes))
          .eq('id', businessId)
          .select(COLUMNS),
      { tries: 'twice' },
    );
    return first(data, 'not_allowed');
  }
}

/**
 * Row-level security answers no row for what somebody may not see or change.
 *
 * @param {ReportSettings[] | null} rows
 * @param {'not_found' | 'not_allowed'} otherwise
 */
function first(rows, otherwise) {
  const [row] = rows ?? [];
  if (!row) throw new VoiceError(failure(otherwise));
  return row;
}
