import { VoiceError, failure } from './failures.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./recording-state.js').ConsentMode} ConsentMode
 * @typedef {import('./recording-state.js').RecordingMode} RecordingMode
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} RecordingColumns what a business has decided about recordings
 * @property {RecordingMode | 'off'} recording_mode
 * @property {ConsentMode} consent_mode
 * @property {string | null} recording_notice null: the library's own text is played
 * @property {number} recording_retention_days 1 to 3,650
 * @property {'own' | 'all'} recording_access whose recordings agents may hear
 *
 * @typedef {object} RecordingRule what a country, or a state of the US, asks for besides. It can only be
 *   stricter than the business
 * @property {string} country ISO 3166-1 alpha-2
 * @property {string | null} region a state of the US without `US-`; null: the whole country
 * @property {RecordingMode | 'off' | null} mode null asks for nothing
 * @property {ConsentMode | null} consent_mode null asks for nothing
 *
 * @typedef {RecordingColumns & { rules: (RecordingRule & { id: string })[] }} RecordingSettings
 */

const COLUMNS =
  'recording_mode,consent_mode,recording_notice,recording_retention_days,recording_access,' +
  'rules:recording_rules(id,country,region,mode,consent_mode)';

/** What a business has decided about recordings. Members read it, and managers change it. */
export class RecordingSettingsStore {
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
   * @returns {Promise<RecordingSettings>} its rules by country and state
   */
  async read(businessId, { signal } = {}) {
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('businesses').select(COLUMNS).eq('id', businessId),
      { tries: 'patiently', signal },
    );
    return sorted(first(data, 'not_found'));
  }

  /**
   * @param {string} businessId
   * @param {Partial<RecordingColumns>} changes
   * @returns {Promise<RecordingSettings>} as they are afterwards
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
    return sorted(first(data, 'not_allowed'));
  }

  /**
   * @param {string} businessId
   * @param {RecordingRule} rule
   * @throws {VoiceError}
   */
  async addRule(businessId, rule) {
    const row = storable({ business_id: businessId, ...rule });
    await this.#requests.rest(
      () => this.#supabase.from('recording_rules').insert(row).select('id'),
      {
        tries: 'once',
      },
    );
  }

  /**
   * @param {string} id of a rule
   * @throws {VoiceError} `not_allowed`, or another
   */
  async removeRule(id) {
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('recording_rules').delete().eq('id', id).select('id'),
      { tries: 'twice' },
    );
    first(data, 'not_allowed');
  }
}

/**
 * Row-level security answers no row for what somebody may not see or change.
 *
 * @param {any[] | null} rows
 * @param {'not_found' | 'not_allowed'} otherwise
 */
function first(rows, otherwise) {
  if (!rows?.length) throw new VoiceError(failure(otherwise));
  return rows[0];
}

/**
 * @param {RecordingSettings} settings
 * @returns {RecordingSettings}
 */
function sorted(settings) {
  const key = (/** @type {RecordingRule} */ { country, region }) => `${country}-${region ?? ''}`;
  settings.rules.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return settings;
}
