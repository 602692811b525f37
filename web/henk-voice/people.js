import { Database } from './database.js';
import { emailAddress } from './email-address.js';
import { failureOf } from './failure-of.js';
import { VoiceError, failure } from './failures.js';
import { Sql } from './sql.js';
import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./failures.js').FailureCode} FailureCode
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {'owner' | 'manager' | 'agent'} Role owners manage everybody, managers manage agents
 *
 * @typedef {object} Person a member of a business
 * @property {string} user_id
 * @property {string | null} display_name as they have named themselves, or else their e-mail address
 * @property {Role} role
 * @property {string} created_at since when; `timestamp()` reads it
 *
 * @typedef {object} Invitation an offer to whoever has this e-mail address
 * @property {string} id
 * @property {string} email in small letters
 * @property {Role} role
 * @property {string | null} invited_by the id of a user
 * @property {string} created_at
 * @property {string} expires_at after it, nobody can accept
 *
 * @typedef {object} OwnInvitation an offer to the signed-in user
 * @property {string} id
 * @property {string} business_id
 * @property {string} business_name
 * @property {Role} role
 * @property {string | null} invited_by_name null if they are not a member any more
 * @property {string} created_at
 * @property {string} expires_at
 *
 * @typedef {object} OwnInvitations
 * @property {string | null} email the confirmed e-mail address of the user; null: they have none, so nobody
 *   knows which invitations are theirs
 * @property {OwnInvitation[]} invitations the newest first
 */

const MEMBER_COLUMNS = 'user_id,display_name,role,created_at';
const INVITATION_COLUMNS = 'id,email,role,invited_by,created_at,expires_at';
const BY_NAME = new Intl.Collator(undefined, { numeric: true });

/** What the errors of the SQL functions mean here. @type {Readonly<Record<string, FailureCode>>} */
const OF_MEMBERS = { not_found: 'not_a_member', not_a_member: 'person_gone' };
/** @type {Readonly<Record<string, FailureCode>>} */
const OF_INVITATIONS = {
  not_found: 'no_invitation',
  accepted: 'invitation_accepted',
  declined: 'invitation_declined',
  withdrawn: 'invitation_withdrawn',
  expired: 'invitation_expired',
};
const NO_INVITATION = {
  message: 'There is no such invitation in your business.',
  action: 'Reload the list of invitations.',
};
/** @type {Readonly<Record<string, FailureCode>>} */
const OF_BUSINESSES = { not_allowed: 'no_new_business', too_many: 'too_many_businesses' };

/** @type {ReadonlySet<FailureCode>} */
const REFUSALS = new Set(['no_new_business', 'email_not_verified', 'too_many_businesses']);

/** Who is in a business, in which role, and how they come and go. Every change is on record. */
export class People {
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
   * @returns {Promise<Person[]>} by name
   * @throws {VoiceError}
   */
  async members(businessId, { signal } = {}) {
    const filters = { business_id: businessId };
    const options = { signal, key: 'user_id' };
    const found = await this.#database.table('business_members', MEMBER_COLUMNS, filters, options);
    return found.sort((a, b) => BY_NAME.compare(a.display_name ?? '', b.display_name ?? ''));
  }

  /**
   * Changes what colleagues see in place of the user's e-mail address.
   *
   * @param {string} businessId
   * @param {string} name 1 to 200 characters
   * @throws {VoiceError} `not_a_member`, or another
   */
  async nameMyself(businessId, name) {
    const userId = await this.#requests.session.userId();
    const { data } = await this.#requests.rest(
      () =>
        this.#supabase
          .from('business_members')
          .update(storable({ display_name: name }))
          .eq('business_id', businessId)
          .eq('user_id', userId ?? '')
          .select('user_id'),
      { tries: 'twice' },
    );
    // Row-level security answers no row.
    if (!data?.[0]) throw new VoiceError(failure('not_a_member'));
  }

  /**
   * Gives a member another role. Owners change everybody's, managers nobody's but an agent's.
   *
   * @param {string} businessId
   * @param {string} userId
   * @param {Role} role
   * @throws {VoiceError} `not_allowed`, `person_gone`, `last_owner`, or another
   */
  async changeRole(businessId, userId, role) {
    const values = { p_business_id: businessId, p_user_id: userId, p_role: role };
    await this.#sql.ask('change_role', values, { tries: 'twice', codes: OF_MEMBERS });
  }

  /**
   * Takes a person out of the business. A call of theirs goes on; everything else ends at once.
   *
   * @param {string} businessId
   * @param {string} userId
   * @throws {VoiceError} `not_allowed`, `person_gone`, `last_owner`, or another
   */
  async remove(businessId, userId) {
    const values = { p_business_id: businessId, p_user_id: userId };
    await this.#sql.ask('remove_member', values, { tries: 'once', codes: OF_MEMBERS });
  }

  /**
   * Takes the user out of the business.
   *
   * @param {string} businessId
   * @throws {VoiceError} `last_owner`, or another
   */
  async leave(businessId) {
    const userId = await this.#requests.session.userId();
    if (userId) await this.remove(businessId, userId);
  }

  /**
   * Makes another member the owner in place of the user, who becomes a manager.
   *
   * @param {string} businessId
   * @param {string} userId
   * @throws {VoiceError} `not_allowed`, `person_gone`, or another
   */
  async handOver(businessId, userId) {
    const values = { p_business_id: businessId, p_user_id: userId };
    await this.#sql.ask('hand_over_business', values, { tries: 'once', codes: OF_MEMBERS });
  }

  /**
   * Offers a role to whoever signs in with this e-mail address, for 14 days. No message is sent. An open
   * offer to the same address is renewed, with the new role.
   *
   * @param {string} businessId
   * @param {{ email: string, role: Role }} offer
   * @returns {Promise<Invitation>}
   * @throws {VoiceError} `invalid_email`, `already_a_member`, `too_many_invitations`, `not_allowed`, or another
   */
  async invite(businessId, { email, role }) {
    const values = { p_business_id: businessId, p_email: emailAddress(email), p_role: role };
    /** @type {Readonly<Record<string, FailureCode>>} */
    const codes = { not_found: 'not_a_member', too_many: 'too_many_invitations' };
    const { invitation } = await this.#sql.ask('invite_member', values, { tries: 'twice', codes });
    return invitation;
  }

  /**
   * @param {string} businessId
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Invitation[]>} those that nobody has answered, the newest first, expired ones too;
   *   managers and owners alone see them
   * @throws {VoiceError}
   */
  async invitations(businessId, { signal } = {}) {
    const filters = { business_id: businessId, state: 'open' };
    const options = { signal };
    const found = await this.#database.table('invitations', INVITATION_COLUMNS, filters, options);
    return found.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  /**
   * Takes an offer back.
   *
   * @param {string} invitationId
   * @throws {VoiceError} `not_found`, `not_allowed`, `invitation_accepted`, `invitation_declined`, or another
   */
  async withdraw(invitationId) {
    const values = { p_invitation_id: invitationId };
    const { not_found: _, ...codes } = OF_INVITATIONS;
    const options = /** @type {const} */ ({ tries: 'twice', codes, notFound: NO_INVITATION });
    await this.#sql.ask('withdraw_invitation', values, options);
  }

  /**
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<OwnInvitations>} what the user is offered
   * @throws {VoiceError}
   */
  async mine({ signal } = {}) {
    return this.#sql.ask('my_invitations', {}, { signal });
  }

  /**
   * Accepts an offer to the user, or declines it.
   *
   * @param {string} invitationId
   * @param {boolean} accept
   * @returns {Promise<string>} the id of the business
   * @throws {VoiceError} `no_invitation`, `invitation_withdrawn`, `invitation_expired`, `invitation_accepted`,
   *   `invitation_declined`, or another
   */
  async answer(invitationId, accept) {
    const values = { p_invitation_id: invitationId, p_accept: accept };
    const codes = OF_INVITATIONS;
    const answer = await this.#sql.ask('answer_invitation', values, { tries: 'twice', codes });
    return answer.business_id;
  }

  /**
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Failure | null>} why the user may not create a business; null: they may
   * @throws {VoiceError} if it cannot be asked
   */
  async whyNoBusiness({ signal } = {}) {
    try {
      await this.#sql.ask('may_create_business', {}, { signal, codes: OF_BUSINESSES });
      return null;
    } catch (error) {
      const why = failureOf(error);
      if (REFUSALS.has(why.code)) return why;
      throw error;
    }
  }

  /**
   * Creates a business, whose owner is the user.
   *
   * @param {{ name: string, country: string, timeZone: string }} business `country`: ISO 3166-1 alpha-2, how
   *   numbers without a country code are read; `timeZone`: an IANA name, whose days reports have
   * @returns {Promise<string>} its id
   * @throws {VoiceError} `no_new_business`, `email_not_verified`, `too_many_businesses`, `invalid_name`,
   *   `invalid_country`, `invalid_time_zone`, or another
   */
  async createBusiness({ name, country, timeZone }) {
    const values = { p_name: name, p_country: country, p_time_zone: timeZone };
    const codes = OF_BUSINESSES;
    const made = await this.#sql.ask('create_business', values, { tries: 'once', codes });
    return made.business_id;
  }
}
