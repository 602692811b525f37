import { VoiceError, failure } from './failures.js';
import { leadCondition, numberConditions } from './search-conditions.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 *
 * @typedef {import('./call-statuses.js').ConversationStatus} ConversationStatus
 *
 * @typedef {object} Conversation a row of `conversations`; `timestamp()` reads its times
 * @property {string} id
 * @property {string} business_id
 * @property {string | null} user_id
 * @property {string | null} lead_id
 * @property {string | null} campaign_id
 * @property {'outbound' | 'inbound'} direction
 * @property {ConversationStatus} status
 * @property {string | null} block_reason
 * @property {string | null} from_number
 * @property {string | null} to_number
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
 * @typedef {{ id: string, name: string, country: string }} Business
 * @typedef {{ phone_number: string, label: string | null, is_default: boolean }} CallerId
 * @typedef {Conversation & { lead: Lead | null, campaign: Campaign | null }} ConversationInHistory
 *
 * @typedef {object} HistoryFilter
 * @property {ConversationStatus[]} [statuses]
 * @property {string} [campaignId]
 * @property {string} [userId] whose calls
 * @property {string} [search] a part of a number, or of a lead's name or company
 * @property {number} [offset]
 * @property {number} [limit]
 *
 * @typedef {object} Description what a rep may write about a call
 * @property {string | null} [outcome]
 * @property {string | null} [notes]
 * @property {string | null} [lead_id]
 * @property {string | null} [campaign_id]
 */

const LEAD_COLUMNS = 'id,name,company,phone_number';
const HISTORY_COLUMNS = `*,lead:leads(${LEAD_COLUMNS}),campaign:campaigns(id,name)`;
/** A search in the history looks at this many leads. Their ids go into a URL, which is limited. */
const SEARCHED_LEADS = 100;

/** Reads and writes a business's data over Supabase's REST API, under row-level security. */
export class Conversations {
  #supabase;

  /** @param {SupabaseClient} supabase */
  constructor(supabase) {
    this.#supabase = supabase;
  }

  /** @returns {Promise<Business[]>} the user's businesses, by name */
  async businesses() {
    return rows(this.#supabase.from('businesses').select('id,name,country').order('name'));
  }

  /**
   * @param {string} businessId
   * @param {{ search?: string, limit?: number }} [options]
   * @returns {Promise<Lead[]>} by name
   */
  async leads(businessId, { search = '', limit = 20 } = {}) {
    const query = this.#supabase.from('leads').select(LEAD_COLUMNS).eq('business_id', businessId);
    const condition = leadCondition(search);
    return rows((condition ? query.or(condition) : query).order('name').limit(limit));
  }

  /**
   * @param {string} businessId
   * @returns {Promise<Campaign[]>} by name
   */
  async campaigns(businessId) {
    return rows(
      this.#supabase
        .from('campaigns')
        .select('id,name')
        .eq('business_id', businessId)
        .order('name'),
    );
  }

  /**
   * @param {string} businessId
   * @returns {Promise<CallerId[]>} the default one first
   */
  async callerIds(businessId) {
    return rows(
      this.#supabase
        .from('phone_numbers')
        .select('phone_number,label,is_default')
        .eq('business_id', businessId)
        .order('is_default', { ascending: false })
        .order('phone_number'),
    );
  }

  /**
   * @param {string} businessId
   * @param {HistoryFilter} [filter]
   * @returns {Promise<{ conversations: ConversationInHistory[], more: boolean }>} newest first;
   *   `more` says whether there are older ones
   */
  async history(businessId, filter = {}) {
    const { statuses, campaignId, userId, search = '', offset = 0, limit = 25 } = filter;
    let query = this.#supabase
      .from('conversations')
      .select(HISTORY_COLUMNS)
      .eq('business_id', businessId);
    if (statuses?.length) query = query.in('status', statuses);
    if (campaignId) query = query.eq('campaign_id', campaignId);
    if (userId) query = query.eq('user_id', userId);
    if (search.trim()) {
      const leads = await this.leads(businessId, { search, limit: SEARCHED_LEADS });
      const conditions = [
        ...numberConditions('to_number', search),
        ...(leads.length ? [`lead_id.in.(${leads.map(({ id }) => id).join(',')})`] : []),
      ];
      if (!conditions.length) return { conversations: [], more: false };
      query = query.or(conditions.join(','));
    }
    // It asks for one row too many, which tells whether there are more.
    const found = await rows(
      query.order('created_at', { ascending: false }).range(offset, offset + limit),
    );
    return { conversations: found.slice(0, limit), more: found.length > limit };
  }

  /**
   * @param {string} id
   * @returns {Promise<ConversationInHistory | null>}
   */
  async byId(id) {
    return this.#one('id', id);
  }

  /**
   * @param {string} callSid of the browser's leg
   * @returns {Promise<ConversationInHistory | null>} null if the call is not stored (yet)
   */
  async byCallSid(callSid) {
    return this.#one('call_sid', callSid);
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
   * @param {string} id
   * @param {Description} description
   * @returns {Promise<ConversationInHistory>}
   */
  async describe(id, description) {
    const [changed] = await rows(
      this.#supabase.from('conversations').update(description).eq('id', id).select(HISTORY_COLUMNS),
    );
    if (!changed) throw new VoiceError(failure('not_found'));
    return changed;
  }

  /**
   * @param {string} column
   * @param {string} value
   * @returns {Promise<ConversationInHistory | null>}
   */
  async #one(column, value) {
    const [found] = await rows(
      this.#supabase.from('conversations').select(HISTORY_COLUMNS).eq(column, value).limit(1),
    );
    return found ?? null;
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
 * @param {PromiseLike<{ data: any[] | null, error: { code?: string } | null, status: number }>} query
 * @returns {Promise<any[]>} the rows
 * @throws {VoiceError}
 */
async function rows(query) {
  const { data, error, status } = await query;
  if (!error) return data ?? [];
  const details = { httpStatus: status };
  // supabase-js reports status 0 if a request got no answer.
  if (status === 0) throw new VoiceError(failure('unreachable'));
  if (status === 401) throw new VoiceError(failure('unauthenticated', details));
  if (status >= 500) throw new VoiceError(failure('database_unavailable', details));
  throw new VoiceError(failure('unexpected_answer', details));
}
