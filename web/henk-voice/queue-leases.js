import { Database } from './database.js';
import { VoiceError, failure } from './failures.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {'preview' | 'power'} QueueMode
 *
 * @typedef {object} QueueLead
 * @property {string} id
 * @property {string} name
 * @property {string | null} company
 * @property {string} phone_number in E.164
 * @property {string | null} email
 * @property {string | null} time_zone
 *
 * @typedef {object} QueueEntry a lead of a campaign's queue, reserved for the user
 * @property {string} id
 * @property {string} campaign_id
 * @property {string} lead_id
 * @property {string} lease_token proves the reservation; a newer one makes it worthless
 * @property {string} lease_until when the reservation ends, unless it is extended
 * @property {number} attempts how many calls of this campaign to the lead were dialled before
 * @property {'call_back' | 'retry' | 'new'} why_now
 * @property {string | null} call_back_at what the lead was promised
 * @property {number} priority higher first
 * @property {string | null} conversation_id the call that was begun under this reservation
 * @property {QueueLead} lead
 *
 * @typedef {object} NextLead
 * @property {QueueEntry | null} entry
 * @property {string | null} again_at when the next lead may be due
 * @property {'campaign_paused' | 'nothing_due' | 'empty' | 'look_again' | null} why there is no entry
 *
 * @typedef {object} QueueCampaign what of a campaign concerns the queue
 * @property {string} id
 * @property {string} name
 * @property {QueueMode} mode
 * @property {number} wrap_up_seconds the countdown before a call in power mode
 * @property {boolean} is_paused
 *
 * @typedef {object} FinishWish how a lead is left
 * @property {string | null} [outcome] a key of the outcomes of the business; null: it is written already,
 *   or none is needed because nobody answered
 * @property {string | null} [callBackAt] ISO 8601
 * @property {string | null} [callBackFor] a user's id; null: anybody
 *
 * @typedef {'skipped' | 'outside_calling_hours' | 'blocked' | 'stopped'} ReleaseReason
 *
 * @typedef {'lease_lost' | 'outcome_missing' | 'unknown_outcome' | 'in_call'} FinishError
 */

/** The leads that are reserved for the user: the SQL functions of the queue. */
export class QueueLeases {
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

  userId() {
    return this.#requests.session.userId();
  }

  /**
   * @param {string} id
   * @returns {Promise<QueueCampaign | null>}
   */
  async campaign(id) {
    return this.#database.one('campaigns', 'id,name,mode,wrap_up_seconds,is_paused', { id });
  }

  /**
   * @param {string} campaignId
   * @returns {Promise<boolean>} whether a lead of this campaign is reserved for the user
   */
  async hasOne(campaignId) {
    const mine = {
      campaign_id: campaignId,
      lease_owner: await this.userId(),
      state: 'leased',
    };
    return Boolean(await this.#database.one('queue_entries', 'id', mine));
  }

  /**
   * Reserves the next lead. If one is reserved already, it is that one, with a new token.
   *
   * @param {string} campaignId
   * @returns {Promise<NextLead>}
   * @throws {VoiceError} `not_found` if there is no such campaign
   */
  async next(campaignId) {
    return this.#ask('next_lead', { p_campaign_id: campaignId });
  }

  /**
   * @param {QueueEntry} entry
   * @returns {Promise<boolean>} false: the lead is not reserved for this page any more
   * @throws {VoiceError}
   */
  async extend(entry) {
    const { error } = await this.#ask('extend_lease', leaseOf(entry));
    return error !== 'lease_lost';
  }

  /**
   * @param {QueueEntry} entry
   * @param {FinishWish} wish
   * @returns {Promise<FinishError | null>} null: done
   * @throws {VoiceError}
   */
  async finish(entry, { outcome, callBackAt, callBackFor }) {
    const values = {
      ...leaseOf(entry),
      p_outcome: outcome ?? null,
      p_call_back_at: callBackAt ?? null,
      p_call_back_for: callBackFor ?? null,
    };
    const { error } = await this.#ask('finish_lead', values, 'patiently');
    return error ?? null;
  }

  /**
   * Gives a lead back.
   *
   * @param {QueueEntry} entry
   * @param {ReleaseReason} reason
   * @param {string | null} [nextAt] ISO 8601: when it may be called
   * @throws {VoiceError}
   */
  async release(entry, reason, nextAt = null) {
    // A lease that was lost is what was wanted.
    await this.#ask('release_lead', {
      ...leaseOf(entry),
      p_reason: reason,
      p_next_at: nextAt,
    });
  }

  /**
   * @param {string} name of an SQL function
   * @param {Record<string, unknown>} values
   * @param {'twice' | 'patiently'} [tries]
   */
  async #ask(name, values, tries = 'twice') {
    const { data } = await this.#requests.rest(() => this.#supabase.rpc(name, storable(values)), {
      tries,
    });
    if (data?.error === 'signed_out') throw new VoiceError(failure('unauthenticated'));
    if (data?.error === 'not_found') throw new VoiceError(failure('not_found'));
    return data ?? {};
  }
}

/** @param {QueueEntry} entry */
function leaseOf({ id, lease_token: token }) {
  return { p_entry_id: id, p_lease_token: token };
}
