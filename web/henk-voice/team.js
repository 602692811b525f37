import { storable } from './texts.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 *
 * @typedef {'available' | 'busy' | 'away'} PresenceState
 *
 * @typedef {object} Colleague a person of the business
 * @property {string} user_id
 * @property {string | null} name
 * @property {'owner' | 'manager' | 'agent'} role
 * @property {PresenceState} state only who is `available` can be rung
 * @property {string | null} since since when; null if they were never there
 */

/** How often to tell that one is there, if the database does not say. */
const HEARTBEAT_SECONDS = 15;

/** Who of a business can be rung. */
export class Team {
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
   * @param {AbortSignal} [signal]
   * @returns {Promise<Colleague[]>} without the user: who can be rung first, then by name
   */
  async colleagues(businessId, signal) {
    const { data } = await this.#requests.rest(
      () => this.#supabase.rpc('list_colleagues', { p_business_id: businessId }),
      { signal, tries: 'patiently' },
    );
    return (data ?? []).sort(byStateAndName);
  }

  /**
   * @param {string} businessId
   * @param {PresenceState} state
   * @returns {Promise<{ seconds: number, role?: import('./people.js').Role | null, settings?: number }>} after how
   *   many seconds it has to be told again; the role of the user, or null if they are not a member any more; the number
   *   of the latest change of a setting
   */
  async setPresence(businessId, state) {
    const { data } = await this.#requests.rest(() => this.#presence(businessId, state), {
      tries: 'once',
    });
    const role = data?.error === 'not_found' ? null : data?.role;
    return {
      seconds: data?.heartbeat_seconds ?? HEARTBEAT_SECONDS,
      ...(role !== undefined && { role }),
      ...(data?.settings !== undefined && { settings: data.settings }),
    };
  }

  /**
   * Tells that the user is away while the page is closed: nothing may be awaited then.
   *
   * @param {string} businessId
   * @param {string} accessToken
   */
  leave(businessId, accessToken) {
    const { url, headers, body } = this.#presence(businessId, 'away');
    const all = new Headers(headers);
    // supabase-js adds these only when it sends a query itself, after it has waited for the session.
    all.set('apikey', this.#supabase.realtime.apiKey ?? '');
    all.set('authorization', `Bearer ${accessToken}`);
    all.set('content-type', 'application/json');
    fetch(url, { method: 'POST', headers: all, body: JSON.stringify(body), keepalive: true }).catch(
      () => {
        // Without a heartbeat the user is away a little later.
      },
    );
  }

  /**
   * Tells who transfers that the user does not take the call.
   *
   * @param {string} conversationId
   */
  async decline(conversationId) {
    await this.#requests.rest(
      () => this.#supabase.rpc('decline_call', { p_conversation_id: conversationId }),
      { tries: 'once' },
    );
  }

  /**
   * @param {string} businessId
   * @param {PresenceState} state
   * @returns {any} a query
   */
  #presence(businessId, state) {
    const values = storable({ p_business_id: businessId, p_state: state });
    return this.#supabase.rpc('set_presence', values);
  }
}

/** @type {readonly PresenceState[]} */
const STATES = ['available', 'busy', 'away'];
const BY_NAME = new Intl.Collator(undefined, { numeric: true });

/**
 * @param {Colleague} a
 * @param {Colleague} b
 */
function byStateAndName(a, b) {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) || BY_NAME.compare(a.name ?? '', b.name ?? '')
  );
}
