import { Database } from './database.js';
import { first } from './first-row.js';
import { Sql } from './sql.js';
import { storable } from './texts.js';

/**
 * @typedef {import('./failures.js').VoiceError} VoiceError
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} CampaignSettings what managers decide about a campaign
 * @property {string} name
 * @property {string | null} script with `{{lead.name}}`, `{{lead.first_name}}`, `{{lead.company}}`,
 *   `{{rep.name}}` and `{{business.name}}`
 * @property {string | null} caller_id E.164; null: the business's default
 * @property {'preview' | 'power'} mode
 * @property {number} wrap_up_seconds from the outcome to the next call, 3 to 600
 * @property {number} max_attempts calls to one lead, 1 to 100
 * @property {number} max_attempts_per_day calls to one lead on a day of theirs
 * @property {boolean} machine_detection whether Twilio listens for answering machines; it costs money
 * @property {boolean} is_paused
 *
 * @typedef {CampaignSettings & { id: string }} CampaignRow
 *
 * @typedef {'due' | 'waiting' | 'leased' | 'paused' | 'done'} EntryGroup
 *
 * @typedef {object} QueueCounts how many leads of a queue are in each group
 * @property {number} due
 * @property {Record<string, number>} waiting by what they wait for
 * @property {number} leased
 * @property {number} paused
 * @property {Record<string, number>} done by why they are done
 *
 * @typedef {object} RepInQueue
 * @property {string} user_id
 * @property {string | null} name
 * @property {'preview' | 'calling' | 'talking' | 'wrap_up'} doing
 * @property {string | null} lead_id
 * @property {string | null} lead_name
 * @property {string} since
 *
 * @typedef {object} QueueFacts
 * @property {QueueCounts} counts
 * @property {string} counted_at when the leads were counted: counts of a large queue are kept for some seconds
 * @property {RepInQueue[]} reps who works on it now
 * @property {string | null} next_at when the next of those who wait is due
 *
 * @typedef {Omit<CampaignRow, 'script'> & QueueFacts} CampaignQueue
 *
 * @typedef {object} NextInQueue
 * @property {string} lead_name
 * @property {'call_back' | 'retry' | 'new'} why
 * @property {string | null} last_called_at
 * @property {string | null} last_outcome
 *
 * @typedef {CampaignQueue & { next: NextInQueue[] }} CampaignQueueWithNext `next`: the first 5 that are due
 *
 * @typedef {object} Entry a lead in a campaign's queue
 * @property {string} id
 * @property {string} lead_id
 * @property {string} lead_name
 * @property {string | null} lead_company
 * @property {string | null} phone_number
 * @property {number} priority higher ones come first
 * @property {'ready' | 'leased' | 'paused' | 'done'} state
 * @property {boolean} is_due
 * @property {string | null} next_at
 * @property {string | null} wait_reason
 * @property {string | null} done_reason
 * @property {number} attempts
 * @property {string | null} last_outcome
 * @property {string | null} last_called_at
 * @property {string} enqueued_at
 * @property {string} updated_at
 *
 * @typedef {object} EntryFilter
 * @property {EntryGroup} [state]
 * @property {string} [reason] what they wait for, or why they are done; only with `state`
 * @property {string} [search] words of a lead's name or company, or a part of a number
 * @property {Entry} [after] the last of the page before
 * @property {number} [limit]
 * @property {AbortSignal} [signal]
 *
 * @typedef {{ paused: boolean } | { priority: number } | { campaign_id: string } | { again: true }
 *   | { remove: true }} EntryChange exactly one of them
 *
 * @typedef {object} EntriesChanged
 * @property {number} changed
 * @property {number} unchanged already so, or not possible, for example while a rep has the lead
 *
 * @typedef {object} RetryRule when a lead is called again after a call that ended so
 * @property {string} result `busy`, `no-answer`, `failed`, `canceled`, or an outcome's key
 * @property {number | null} after_minutes null: not again
 * @property {number | null} max_times how often; null: as often as the campaign allows
 */

const COLUMNS =
  'id,name,script,caller_id,mode,wrap_up_seconds,max_attempts,max_attempts_per_day,' +
  'machine_detection,is_paused';

const NOT_FOUND = {
  message: 'There is no such campaign in your business.',
  action: 'Reload the list of campaigns.',
};

/** Campaigns, their queues and their rules. Members read them, and managers change them. */
export class Campaigns {
  #supabase;
  #requests;
  #database;
  #sql;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#supabase = supabase;
    this.#requests = requests;
    this.#database = new Database(supabase, requests);
    this.#sql = new Sql(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<CampaignQueue[]>} every campaign with its queue, by name, without its script
   * @throws {VoiceError}
   */
  async queues(businessId, { signal } = {}) {
    return this.#sql.ask('campaign_queues', { p_business_id: businessId }, { signal });
  }

  /**
   * @param {string} campaignId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<CampaignQueueWithNext>}
   * @throws {VoiceError} `not_found`, or another
   */
  async queue(campaignId, { signal } = {}) {
    const values = { p_campaign_id: campaignId };
    return this.#sql.ask('campaign_queue', values, { signal, notFound: NOT_FOUND });
  }

  /**
   * @param {string} campaignId
   * @param {EntryFilter} [filter]
   * @returns {Promise<{ entries: Entry[], more: boolean }>} group by group; `more` says whether others follow
   * @throws {VoiceError} `not_found`, or another
   */
  async entries(campaignId, filter = {}) {
    const { state, reason, search = '', after, limit = 50, signal } = filter;
    const values = {
      p_campaign_id: campaignId,
      p_state: state ?? null,
      p_reason: reason ?? null,
      p_search: search.trim() ? search : null,
      p_after: after ?? null,
      p_limit: limit + 1,
    };
    const found = await this.#sql.ask('list_entries', values, { signal, notFound: NOT_FOUND });
    return { entries: found.slice(0, limit), more: found.length > limit };
  }

  /**
   * @param {string} campaignId
   * @param {string[]} entryIds 1,000 at most
   * @param {EntryChange} change
   * @returns {Promise<EntriesChanged>}
   * @throws {VoiceError} `not_allowed`, `not_found`, or another
   */
  async changeEntries(campaignId, entryIds, change) {
    const values = { p_campaign_id: campaignId, p_entry_ids: entryIds, p_change: change };
    return this.#sql.ask('change_entries', values, { tries: 'twice', notFound: NOT_FOUND });
  }

  /**
   * @param {string} campaignId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<CampaignRow | null>} what managers have decided about it
   * @throws {VoiceError}
   */
  async byId(campaignId, { signal } = {}) {
    const [row] = await this.#database.table('campaigns', COLUMNS, { id: campaignId }, { signal });
    return row ?? null;
  }

  /**
   * @param {string} businessId
   * @param {Partial<CampaignSettings> & { name: string }} campaign
   * @returns {Promise<CampaignRow>}
   * @throws {VoiceError} `not_allowed`, or another
   */
  async add(businessId, campaign) {
    const row = storable({ business_id: businessId, ...campaign });
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('campaigns').insert(row).select(COLUMNS),
      { tries: 'once' },
    );
    return first(data, 'not_allowed');
  }

  /**
   * @param {string} campaignId
   * @param {Partial<CampaignSettings>} changes
   * @returns {Promise<CampaignRow>} as it is afterwards
   * @throws {VoiceError} `not_allowed`, or another
   */
  async change(campaignId, changes) {
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('campaigns')
          .update(storable(changes))
          .eq('id', campaignId)
          .select(COLUMNS),
      { tries: 'twice' },
    );
    return first(data, 'not_allowed');
  }

  /**
   * @param {string} campaignId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<RetryRule[]>} by result; where there is none, docs/queue.md says what happens
   * @throws {VoiceError}
   */
  async rules(campaignId, { signal } = {}) {
    const columns = 'result,after_minutes,max_times';
    const filters = { campaign_id: campaignId };
    return this.#database.table('retry_rules', columns, filters, { signal, key: 'result' });
  }

  /**
   * @param {string} businessId
   * @param {string} campaignId
   * @param {RetryRule} rule takes the place of the rule for the same result
   * @throws {VoiceError} `not_allowed`, or another
   */
  async setRule(businessId, campaignId, rule) {
    const row = storable({ business_id: businessId, campaign_id: campaignId, ...rule });
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('retry_rules')
          .upsert(row, { onConflict: 'business_id,campaign_id,result' })
          .select('result'),
      { tries: 'twice' },
    );
    first(data, 'not_allowed');
  }

  /**
   * @param {string} campaignId
   * @param {string} result
   * @throws {VoiceError} `not_allowed`, or another
   */
  async removeRule(campaignId, result) {
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('retry_rules')
          .delete()
          .eq('campaign_id', campaignId)
          .eq('result', result)
          .select('result'),
      { tries: 'twice' },
    );
    first(data, 'not_allowed');
  }
}
