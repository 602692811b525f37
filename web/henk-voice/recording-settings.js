import { BusinessColumns } from './business-columns.js';
import { first } from './first-row.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./recording-state.js').ConsentMode} ConsentMode
 * @typedef {import('./recording-state.js').RecordingMode} RecordingMode
 * @typedef {import('./requests.js').Requests} Requests
 * @typedef {import('./failures.js').VoiceError} VoiceError
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

/**
 * What a business has decided about recordings, with its rules by country and state. Members read it, and managers
 * change it.
 *
 * @extends {BusinessColumns<RecordingSettings>}
 */
export class RecordingSettingsStore extends BusinessColumns {
  #supabase;
  #requests;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    super(supabase, requests, COLUMNS);
    this.#supabase = supabase;
    this.#requests = requests;
  }

  /**
   * @override
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   */
  async read(businessId, options) {
    return sorted(await super.read(businessId, options));
  }

  /**
   * @override
   * @param {string} businessId
   * @param {Partial<RecordingColumns>} changes
   */
  async change(businessId, changes) {
    return sorted(await super.change(businessId, changes));
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
 * @param {RecordingSettings} settings
 * @returns {RecordingSettings}
 */
function sorted(settings) {
  const key = (/** @type {RecordingRule} */ { country, region }) => `${country}-${region ?? ''}`;
  settings.rules.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return settings;
}
