import { BusinessColumns } from './business-columns.js';

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

/**
 * By what the reports of a business count. Members read it, and managers change it.
 *
 * @extends {BusinessColumns<ReportSettings>}
 */
export class ReportSettingsStore extends BusinessColumns {
  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    super(supabase, requests, COLUMNS);
  }
}
