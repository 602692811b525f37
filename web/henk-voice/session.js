import { failureOfAuth } from './auth-failures.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('@supabase/supabase-js').Session} SupabaseSession
 */

/** A server that refuses a session this soon after its refresh will refuse the next one too. */
const REFRESH_AGAIN_AFTER_MS = 60_000;
/** The Supabase client may wait for the network for much longer. */
const GIVE_UP_AFTER_MS = 10_000;

/** The session of the user who is signed in with the Supabase client. */
export class Session {
  #auth;
  /** One refresh for all requests that need it. @type {Promise<string> | null} */
  #refreshing = null;
  #refreshedAt = -Infinity;

  /** @param {SupabaseClient} supabase */
  constructor({ auth }) {
    this.#auth = auth;
  }

  /**
   * @param {string} [userId] whose it has to be
   * @returns {Promise<string>} the access token
   * @throws {VoiceError} if nobody is signed in, or somebody else, or if the session cannot be refreshed
   *   now
   */
  async accessToken(userId) {
    const { access_token: token, user } = await this.#get();
    if (userId && user.id !== userId) throw new VoiceError(failure('other_user'));
    return token;
  }

  /** @returns {Promise<string>} */
  async userId() {
    return (await this.#get()).user.id;
  }

  /**
   * @param {string} refused an access token that a server answered with 401
   * @returns {Promise<string>} a newer one. All callers share one refresh
   * @throws {VoiceError}
   */
  async newerThan(refused) {
    const held = await this.accessToken();
    // Another request, or another tab, has refreshed the session.
    if (held !== refused) return held;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  async #get() {
    const { data, error } = await inTime(this.#auth.getSession());
    if (!data.session) throw new VoiceError(failureOfAuth(error));
    return data.session;
  }

  async #refresh() {
    // The time since the page was opened, because the clock may be set.
    const now = performance.now();
    if (now - this.#refreshedAt < REFRESH_AGAIN_AFTER_MS) {
      throw new VoiceError(failure('unauthenticated'));
    }
    const { data, error } = await inTime(this.#auth.refreshSession());
    if (!data.session) throw new VoiceError(failureOfAuth(error));
    this.#refreshedAt = now;
    return data.session.access_token;
  }
}

/**
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T>}
 */
async function inTime(answer) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new VoiceError(failure('unreachable'))), GIVE_UP_AFTER_MS);
  });
  try {
    return await Promise.race([answer, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}
