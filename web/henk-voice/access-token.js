import { failureOf } from './failure-of.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('./endpoints.js').TokenGrant} TokenGrant
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} AccessTokenOptions
 * @property {() => Promise<TokenGrant>} fetch
 * @property {(token: string) => void} onToken called with every new token
 * @property {(failure: Failure) => void} onFailure called with the reason when no token can be used
 * @property {() => void} onRecovered called when a token can be used again
 */

/** A token is renewed after this part of its lifetime: a token of an hour after 45 minutes. */
const RENEW_AFTER = 0.75;
/** A token is not used after this part of its lifetime. */
const USABLE_UNTIL = 0.95;
/** Timers run late after sleep and in background tabs, so the clock is read at least this often. */
const LOOK_EVERY_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** The pause after a failure that is not temporary. */
const PERMANENT_RETRY_MS = 300_000;

/**
 * Keeps a Twilio access token, and renews it so that it is always valid.
 *
 * The age of a token counts from the moment it was received, so a wrong clock does no harm.
 */
export class AccessToken {
  #options;
  /** @type {TokenGrant | null} */
  #grant = null;
  #receivedAt = 0;
  #lifetimeMs = 0;
  #nextAttempt = 0;
  #failures = 0;
  /** @type {string | null} */
  #reported = null;
  /** @type {Promise<TokenGrant> | null} */
  #pending = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #running = false;

  /** @param {AccessTokenOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Fetches the first token, and renews it until `stop()`. */
  start() {
    this.#running = true;
    document.addEventListener('visibilitychange', this.#lookWhenVisible);
    for (const name of WAKING) window.addEventListener(name, this.#lookNow);
    return this.renew();
  }

  stop() {
    this.#running = false;
    this.#grant = null;
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#lookWhenVisible);
    for (const name of WAKING) window.removeEventListener(name, this.#lookNow);
  }

  /** @returns {Promise<TokenGrant>} a token that can be used now */
  async get() {
    return this.#grant && this.#usable ? this.#grant : this.renew();
  }

  /**
   * The newest grant, and when it was received by this device's clock, in milliseconds since 1970.
   *
   * @returns {[TokenGrant, number] | null}
   */
  get latest() {
    return this.#grant && [this.#grant, this.#receivedAt];
  }

  /** @returns {Promise<TokenGrant>} a new token; callers at the same time share one request */
  renew() {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = null;
      if (this.#running) this.#lookLater();
    });
    return this.#pending;
  }

  get #age() {
    return Date.now() - this.#receivedAt;
  }

  get #usable() {
    // A negative age means that the clock was set back, so the age is unknown.
    return this.#age >= 0 && this.#age < this.#lifetimeMs * USABLE_UNTIL;
  }

  async #fetch() {
    try {
      const grant = await this.#options.fetch();
      this.#grant = grant;
      this.#receivedAt = Date.now();
      this.#lifetimeMs = lifetimeMs(grant);
      this.#nextAttempt = this.#receivedAt + this.#lifetimeMs * RENEW_AFTER;
      this.#failures = 0;
      if (this.#running) this.#options.onToken(grant.token);
      if (this.#reported) this.#options.onRecovered();
      this.#reported = null;
      return grant;
    } catch (error) {
      const cause = failureOf(error);
      const reported = cause.code === 'unreachable' ? failure('token_unavailable') : cause;
      this.#failed(reported);
      throw new VoiceError(reported);
    }
  }

  /** @param {Failure} cause */
  #failed(cause) {
    this.#nextAttempt = Date.now() + retryWaitMs(cause, this.#failures);
    this.#failures += 1;
    if (!this.#running || this.#usable) return;
    if (this.#reported === cause.code) return;
    this.#reported = cause.code;
    this.#options.onFailure(cause);
  }

  #lookLater() {
    clearTimeout(this.#timer);
    const wait = Math.max(this.#nextAttempt - Date.now(), 0);
    this.#timer = setTimeout(() => this.#look(), Math.min(wait, LOOK_EVERY_MS));
  }

  #look() {
    if (!this.#running) return;
    const clockSetBack = this.#grant !== null && this.#age < 0;
    if (Date.now() >= this.#nextAttempt || clockSetBack) {
      this.renew().catch(() => {
        // onFailure has reported it, and the timer tries again.
      });
    } else {
      this.#lookLater();
    }
  }

  /** Tries again at once if the latest attempt failed: the network may be back. */
  lookNow() {
    if (!this.#running) return;
    if (this.#failures > 0) this.#nextAttempt = 0;
    this.#look();
  }

  // The network may be back, or the machine may have woken up.
  #lookNow = () => this.lookNow();

  #lookWhenVisible = () => {
    if (document.visibilityState === 'visible') this.#lookNow();
  };
}

/** After these events of `window` it looks at the clock at once. */
const WAKING = ['online', 'pageshow', 'focus'];

/**
 * How long to wait before the next attempt to get a token.
 *
 * @param {Failure} cause
 * @param {number} earlierFailures how many attempts in a row failed before this one
 * @param {number} [random] from 0 to 1
 * @returns {number} milliseconds
 */
export function retryWaitMs(cause, earlierFailures, random = Math.random()) {
  const backoff = Math.min(FIRST_RETRY_MS * 2 ** earlierFailures, LONGEST_RETRY_MS);
  // Random, because all tabs of all reps lose the same server at the same moment.
  const wait = cause.temporary ? backoff * (0.75 + random / 2) : PERMANENT_RETRY_MS;
  return Math.max(wait, (cause.retryAfter ?? 0) * 1000);
}

/**
 * @param {TokenGrant} grant received just now
 * @returns {number} milliseconds
 */
function lifetimeMs({ token, expiresAt }) {
  const [, payload = ''] = token.split('.');
  const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  const byClaims = (claims.exp - claims.nbf) * 1000;
  const byOurClock = Date.parse(expiresAt) - Date.now();
  // `nbf` is a little before the token was made, so our clock is more exact, if it is right.
  return byOurClock > byClaims / 4 ? Math.min(byClaims, byOurClock) : byClaims;
}
