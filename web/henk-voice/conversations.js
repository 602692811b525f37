import { Database, MOST_ROWS } from './database.js';
import { VoiceError, failure } from './failures.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./number-reader.js').NumberReader} NumberReader
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {import('./call-statuses.js').ConversationStatus} ConversationStatus
 *
 * @typedef {'human' | 'machine_start' | 'machine_end_beep' | 'machine_end_silence' | 'machine_end_other'
 *   | 'fax' | 'unknown'} AnsweredBy
 *
 * @typedef {object} Conversation a row of `conversations`; `timestamp()` reads its times
 * @property {string} id
 * @property {string} business_id
 * @property {string | null} user_id
 * @property {string | null} lead_id
 * @property {string | null} campaign_id
 * @property {'outbound' | 'inbound'} direction
 * @property {ConversationStatus} status
 * @property {import('./legs.js').Stage | null} stage what is going on besides a rep and a lead who
 *   talk; null for a plain call and for one that is over
 * @property {number | null} hold_seconds how many of `duration_seconds` the lead was on hold; null
 *   until the call is over
 * @property {string | null} call_back_at when the lead was promised that somebody calls back
 * @property {AnsweredBy | null} answered_by a hint of the phone network, which may be wrong; null: it has
 *   not told, or the campaign does not ask for it
 * @property {import('./recording-state.js').RecordingState | null} recording_state null: the call is not
 *   to be recorded
 * @property {import('./recording-state.js').RecordingConsent | null} [recording_consent] only where the
 *   endpoints answer it
 * @property {import('./recording-state.js').RecordingPart[]} [recordings] the same
 * @property {string | null} block_reason
 * @property {string | null} from_number
 * @property {string | null} to_number
 * @property {string | null} extension digits to dial once the lead has answered
 * @property {boolean} other_number another number than the lead's own was dialled
 * @property {string} call_sid
 * @property {string | null} dialed_at
 * @property {string | null} ringing_at
 * @property {string | null} answered_at
 * @property {string | null} ended_at
 * @property {number | null} duration_seconds seconds that the rep and the lead talked
 * @property {number | null} time_limit_seconds
 * @property {string | null} outcome
 * @property {string | null} notes
 * @property {string} created_at
 * @property {string} updated_at
 *
 * @typedef {{ id: string, name: string, company: string | null, phone_number: string | null }} Lead
 * @typedef {{ id: string, name: string }} Campaign
 * @typedef {object} Business
 * @property {string} id
 * @property {string} name
 * @property {string} country ISO 3166-1 alpha-2
 * @property {string} time_zone by whose clock the days of reports begin
 * @property {number} week_start 0 is Sunday, 1 is Monday, …
 *
 *
 * @typedef {object} CallQuality how good the line was
 * @property {import('./check-types.js').LineGrade | null} grade null: the call was too short to measure
 * @property {string | null} fault what was wrong, see docs/quality.md
 * @property {number | null} rating what the person said, 1 to 5
 *
 * @typedef {object} InHistory what a row of the history has besides
 * @property {Lead | null} lead
 * @property {Campaign | null} campaign
 * @property {CallQuality | null} [quality] of the reader's own leg, or for managers of the rep's; null: nothing
 *   was measured
 * @typedef {Conversation & InHistory} ConversationInHistory
 *
 * @typedef {{ user_id: string, display_name: string | null, role: 'owner' | 'manager' | 'agent' }} Member
 *
 * @typedef {object} Change of what somebody wrote about a call
 * @property {string | null} changed_by a user's id; null: it was not a user of the business
 * @property {string} changed_at
 * @property {Description} before
 * @property {Description} after
 *
 * @typedef {object} HistoryFilter
 * @property {ConversationStatus[]} [statuses]
 * @property {string} [campaignId]
 * @property {string} [userId] whose calls
 * @property {string} [search] a number, a part of one, or words of a lead's name or company
 * @property {boolean} [needsOutcome] only the user's own calls that were answered and have no outcome yet
 * @property {{ created_at: string, id: string }} [before] only calls older than this one
 * @property {number} [limit]
 * @property {AbortSignal} [signal]
 *
 * @typedef {object} Description what a rep may write about a call
 * @property {string | null} [outcome]
 * @property {string | null} [notes]
 * @property {string | null} [lead_id]
 * @property {string | null} [campaign_id]
 *
 * @typedef {object} Conflict somebody else has changed the same field
 * @property {string | null} current what the field has now
 * @property {string | null} changed_by a user's id; null: it was not a user of the business
 * @property {string | null} changed_by_name
 * @property {string | null} changed_at
 *
 * @typedef {object} Described
 * @property {ConversationInHistory} conversation as it is now
 * @property {Partial<Record<keyof Description, Conflict>>} conflicts fields that were not saved
 */

const BUSINESS_COLUMNS = 'id,name,country,time_zone,week_start';
const HISTORY_COLUMNS = '*,lead:leads(id,name,company,phone_number),campaign:campaigns(id,name)';

const BY_NAME = new Intl.Collator(undefined, { numeric: true });

/** Reads and writes a business's data over Supabase's REST API, under row-level security. */
export class Conversations {
  #supabase;
  #requests;
  #database;
  #numbers;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {NumberReader} numbers
   */
  constructor(supabase, requests, numbers) {
    this.#supabase = supabase;
    this.#requests = requests;
    this.#database = new Database(supabase, requests);
    this.#numbers = numbers;
  }

  /**
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Business[]>} the user's businesses, by name
   */
  async businesses({ signal } = {}) {
    const found = await this.#database.table('businesses', BUSINESS_COLUMNS, {}, { signal });
    return byName(found);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Campaign[]>} by name
   */
  async campaigns(businessId, { signal } = {}) {
    const found = await this.#database.table(
      'campaigns',
      'id,name',
      { business_id: businessId },
      { signal },
    );
    return byName(found);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Member[]>} by name
   */
  async members(businessId, { signal } = {}) {
    const key = 'user_id';
    const columns = 'user_id,display_name,role';
    const filters = { business_id: businessId };
    const found = await this.#database.table('business_members', columns, filters, { signal, key });
    return found.sort((a, b) => BY_NAME.compare(a.display_name ?? '', b.display_name ?? ''));
  }

  /**
   * @param {string} conversationId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Change[]>} what was written about a call, newest first
   */
  async changes(conversationId, { signal } = {}) {
    return this.#database.every(
      (from, count) =>
        this.#supabase
          .from('conversation_changes')
          .select('changed_by,changed_at,before,after', count)
          .eq('conversation_id', conversationId)
          .order('id', { ascending: false })
          .range(from, from + MOST_ROWS - 1),
      { signal },
    );
  }

  /**
   * @param {string} businessId
   * @param {{ search?: string, limit?: number, signal?: AbortSignal }} [options] `search`: words of the
   *   name or company, or a number as somebody writes it
   * @returns {Promise<{ leads: Lead[], more: boolean }>} by name; `more` says whether others match too
   */
  async leads(businessId, { search = '', limit = 20, signal } = {}) {
    const wanted = Math.min(limit + 1, MOST_ROWS);
    const values = storable({
      p_business_id: businessId,
      p_search: search,
      p_numbers: await this.#numbers.inSearch(businessId, search, signal),
      p_limit: wanted,
    });
    const found = await this.#database.every(
      (from, count) => this.#supabase.rpc('search_leads', values, count).range(from, wanted - 1),
      { signal, wanted },
    );
    return { leads: found.slice(0, limit), more: found.length === wanted };
  }

  /**
   * @param {string} businessId
   * @param {HistoryFilter} [filter]
   * @returns {Promise<{ conversations: ConversationInHistory[], more: boolean }>} newest first;
   *   `more` says whether there are older ones
   */
  async history(businessId, filter = {}) {
    const { statuses, campaignId, userId, search = '', limit = 25, signal } = filter;
    const values = storable({
      p_business_id: businessId,
      p_search: search.trim() ? search : null,
      p_numbers: await this.#numbers.inSearch(businessId, search, signal),
      p_statuses: statuses?.length ? statuses : null,
      p_campaign_id: campaignId || null,
      p_user_id: userId || null,
      p_needs_outcome: filter.needsOutcome || null,
    });
    const wanted = limit + 1;
    const found = await this.#database.every(
      (from, count, last = filter.before) =>
        this.#supabase.rpc(
          'list_conversations',
          {
            ...values,
            p_before_at: last?.created_at ?? null,
            p_before_id: last?.id ?? null,
            p_limit: Math.min(wanted - from, MOST_ROWS),
          },
          count,
        ),
      { signal, wanted, most: MOST_ROWS, countsRest: true },
    );
    return { conversations: found.slice(0, limit), more: found.length > limit };
  }

  /**
   * @param {string} id
   * @returns {Promise<ConversationInHistory | null>}
   */
  async byId(id) {
    return this.#database.one('conversations', HISTORY_COLUMNS, { id });
  }

  /**
   * @param {string} callSid of the browser's leg
   * @returns {Promise<ConversationInHistory | null>} null if the call is not stored (yet)
   */
  async byCallSid(callSid) {
    return this.#database.one('conversations', HISTORY_COLUMNS, { call_sid: callSid });
  }

  /**
   * @param {string} businessId
   * @param {string} userId
   * @returns {Promise<ConversationInHistory[]>} the user's latest 5, newest first
   */
  async latest(businessId, userId) {
    const { conversations } = await this.history(businessId, { userId, limit: 5 });
    return conversations;
  }

  /**
   * Saves what was changed, unless somebody else has changed the same field meanwhile.
   *
   * @param {string} id
   * @param {Description} changes
   * @param {Description} before what the same fields had when the rep began to write
   * @param {{ userId?: string }} [options] who wrote it
   * @returns {Promise<Described>}
   * @throws {VoiceError} for example `not_your_call`
   */
  async describe(id, changes, before, { userId } = {}) {
    const values = storable({
      p_conversation_id: id,
      p_changes: changes,
      p_before: before,
    });
    const { data } = await this.#requests.rest(
      () => this.#supabase.rpc('describe_conversation', values),
      { tries: 'twice', userId },
    );
    if (data?.error === 'not_your_call') throw new VoiceError(failure('not_your_call'));
    if (!data?.conversation) throw new VoiceError(failure('not_found'));
    return { conversation: data.conversation, conflicts: data.conflicts ?? {} };
  }
}

/**
 * Reads a time from the database. PostgREST writes ISO 8601; Supabase Lite, the local stack's REST
 * API, writes it as Postgres does (`2026-01-31 08:05:09.5+00`).
 *
 * @param {string} text
 * @returns {Date}
 */
export function timestamp(text) {
  return new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}

/**
 * @template {{ name: string }} T
 * @param {T[]} rows
 */
function byName(rows) {
  return rows.sort((a, b) => BY_NAME.compare(a.name, b.name));
}
