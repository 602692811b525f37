import { VoiceError, failure } from './failures.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./number-reader.js').NumberReader} NumberReader
 * @typedef {import('./requests.js').Requests} Requests
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
 * @typedef {{ id: string, name: string, country: string }} Business
 * @typedef {{ phone_number: string, label: string | null, is_default: boolean }} CallerId
 * @typedef {Conversation & { lead: Lead | null, campaign: Campaign | null }} ConversationInHistory
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

const HISTORY_COLUMNS = '*,lead:leads(id,name,company,phone_number),campaign:campaigns(id,name)';
/** The SQL functions answer this many rows at most. */
const MOST_ROWS = 1000;
/** A text with fewer digits is not a phone number. */
const FEWEST_DIGITS = 3;

const BY_NAME = new Intl.Collator(undefined, { numeric: true });

/** Reads and writes a business's data over Supabase's REST API, under row-level security. */
export class Conversations {
  #supabase;
  #requests;
  #numbers;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   * @param {NumberReader} numbers
   */
  constructor(supabase, requests, numbers) {
    this.#supabase = supabase;
    this.#requests = requests;
    this.#numbers = numbers;
  }

  /**
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Business[]>} the user's businesses, by name
   */
  async businesses({ signal } = {}) {
    const found = await this.#table('businesses', 'id,name,country', {}, { signal });
    return byName(found);
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Campaign[]>} by name
   */
  async campaigns(businessId, { signal } = {}) {
    const found = await this.#table(
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
   * @returns {Promise<CallerId[]>} the default one first
   */
  async callerIds(businessId, { signal } = {}) {
    const key = 'phone_number';
    const columns = 'phone_number,label,is_default';
    const filters = { business_id: businessId };
    const found = await this.#table('phone_numbers', columns, filters, { signal, key });
    // They come by number, and sorting keeps that order.
    return found.sort((a, b) => Number(b.is_default) - Number(a.is_default));
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
    const found = await this.#table('business_members', columns, filters, { signal, key });
    return found.sort((a, b) => BY_NAME.compare(a.display_name ?? '', b.display_name ?? ''));
  }

  /**
   * @param {string} conversationId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Change[]>} what was written about a call, newest first
   */
  async changes(conversationId, { signal } = {}) {
    return this.#every(
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
      p_numbers: await this.#numbersIn(businessId, search, signal),
      p_limit: wanted,
    });
    const found = await this.#every(
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
      p_numbers: await this.#numbersIn(businessId, search, signal),
      p_statuses: statuses?.length ? statuses : null,
      p_campaign_id: campaignId || null,
      p_user_id: userId || null,
      p_needs_outcome: filter.needsOutcome || null,
    });
    const wanted = limit + 1;
    const found = await this.#every(
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

  /**
   * Every row of a table, whatever number of rows the REST API answers at most.
   *
   * @param {string} table
   * @param {string} columns
   * @param {Record<string, string>} filters what columns must be equal to
   * @param {{ signal?: AbortSignal | undefined, key?: string }} options `key`: a column that no two of
   *   these rows have in common
   * @returns {Promise<any[]>} in the order of the key
   */
  async #table(table, columns, filters, { signal, key = 'id' }) {
    return this.#every(
      (_from, count, last) => {
        let query = this.#supabase.from(table).select(columns, count).order(key);
        for (const [column, value] of Object.entries(filters)) query = query.eq(column, value);
        // Rows that come or go meanwhile do not shift the rows after them.
        return last === undefined ? query : query.gt(key, last[key]);
      },
      { signal, countsRest: true },
    );
  }

  /**
   * Reads on until there are no more rows: the REST API answers only so many at once, and does not say
   * so.
   *
   * @param {(from: number, count: { count: 'exact' }, last: any) => any} build the query for the rows
   *   after the first `from`, of which `last` is the last
   * @param {object} options
   * @param {AbortSignal | undefined} options.signal
   * @param {number} [options.wanted] how many rows are enough
   * @param {number} [options.most] a query is about this many rows at most
   * @param {boolean} [options.countsRest] whether a query counts only the rows after `last`
   * @returns {Promise<any[]>}
   */
  async #every(build, { signal, wanted = Infinity, most = Infinity, countsRest = false }) {
    /** @type {any[]} */
    const found = [];
    for (;;) {
      const from = found.length;
      const { data, count } = await this.#requests.rest(
        () => build(from, { count: 'exact' }, found.at(-1)),
        { signal, tries: 'patiently' },
      );
      if (!data?.length) return found;
      found.push(...data);
      // Without a count, only an empty answer says that this was all.
      const all = count === null || count >= most ? Infinity : count + (countsRest ? from : 0);
      if (found.length >= Math.min(wanted, all)) return found;
    }
  }

  /**
   * @param {string} businessId
   * @param {string} search
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<string[]>} the numbers that the text may mean, in E.164
   */
  async #numbersIn(businessId, search, signal) {
    const digits = search.match(/\p{Nd}/gu) ?? [];
    if (digits.length < FEWEST_DIGITS) return [];
    // Words can be searched for as they are. A number would not be found in other spellings.
    const hasWords = /\p{L}/u.test(search);
    const tries = hasWords ? 'once' : 'patiently';
    try {
      const [reading] = await this.#numbers.read(businessId, [search], { signal, tries });
      return reading?.to ? [reading.to] : [];
    } catch (error) {
      if (hasWords) return [];
      throw error;
    }
  }

  /**
   * @param {string} column
   * @param {string} value
   * @returns {Promise<ConversationInHistory | null>}
   */
  async #one(column, value) {
    const { data } = await this.#requests.rest(
      () => this.#supabase.from('conversations').select(HISTORY_COLUMNS).eq(column, value).limit(1),
      { tries: 'patiently' },
    );
    return data?.[0] ?? null;
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
