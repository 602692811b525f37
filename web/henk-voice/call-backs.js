import { Sql } from './sql.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {object} CallBack a call that somebody agreed to make
 * @property {string | null} conversation_id in which it was agreed; null: a rep wrote it down without a call
 * @property {string | null} lead_id
 * @property {string | null} lead_name
 * @property {string | null} lead_company
 * @property {string | null} phone_number the number that was called then, E.164
 * @property {string | null} campaign_id
 * @property {string | null} campaign_name
 * @property {string} due_at
 * @property {string | null} user_id for whom; null: anybody of the business
 * @property {string | null} user_name
 * @property {string | null} notes what was written about that call
 * @property {string | null} created_by a user's id; null: nobody answered a transfer, and the lead was promised
 *   a call
 * @property {string} created_at
 */

const NOT_FOUND = {
  message: 'There is no such call-back in your business.',
  action: 'Reload the list.',
};

/** Call-backs. `HenkVoice.describe` makes one, by an outcome whose effect is `call_back`. */
export class CallBacks {
  #sql;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#sql = new Sql(supabase, requests);
  }

  /**
   * @param {string} businessId
   * @param {{ whose?: 'mine' | 'all', signal?: AbortSignal }} [options] `mine`: for the user, and those
   *   that are for anybody
   * @returns {Promise<CallBack[]>} those that nobody has made yet, 500 at most: the earliest first
   * @throws {VoiceError}
   */
  async list(businessId, { whose = 'mine', signal } = {}) {
    return this.#sql.ask(
      'list_call_backs',
      { p_business_id: businessId, p_whose: whose },
      { signal },
    );
  }

  /**
   * Takes a call-back off the list without a call. It is on record who did. Whom it is for may do it, whoever
   * made it, and managers; anybody, if it is for anybody.
   *
   * @param {string} conversationId in which it was agreed
   * @returns {Promise<void>}
   * @throws {VoiceError} `not_found`, `not_allowed`, or another
   */
  async dismiss(conversationId) {
    const values = { p_conversation_id: conversationId };
    await this.#sql.ask('dismiss_call_back', values, { tries: 'twice', notFound: NOT_FOUND });
  }
}
