import { VoiceError, failure, failureOf } from './failures.js';

/**
 * @typedef {import('./endpoints.js').TokenGrant} TokenGrant
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} AccessTokenOptions
 * @property {() => Promise<TokenGrant>} fetch
 * @property {(token: string) => void} onToken a new token
 * @property {(failure: Failure) => void} onFailure there is no usable token, and why
 * @property {() => void} onRecovered there is one again
 */

/** Of its life, after which a token is renewed: an hour's with a quarter of an hour left. */
const RENEW_AFTER = 0.75;
const USABLE_UNTIL = 0.95;
/** A timer runs late after sleep and in background tabs, so the clock is looked at this often. */
const LOOK_EVERY_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** For what does not mend by itself. */
const PERMANENT_RETRY_MS = 300_000;

/**
 * Keeps a fresh Twilio access token at hand.
 *
 * A token's age is counted from its receipt, so a clock that is wrong does no harm.
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

  /** Fetches the first token and from then on renews it. */
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

  /** @returns {Promise<TokenGrant>} one that can be used now */
  async get() {
    return this.#grant && this.#usable ? this.#grant : this.renew();
  }

  /** @returns {Promise<TokenGrant>} a new one; for all who ask meanwhile the same */
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
    // A negative age: the clock was set back, and says nothing any more.
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
      const told = cause.code === 'unreachable' ? failure('token_unavailable') : cause;
      this.#failed(told);
      throw new VoiceError(told);
    }
  }

  /** @param {Failure} cause */
  #failed(cause) {
    const backoff = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    // Spread out: all tabs of all reps lose the same server at the same moment.
    const wait = cause.temporary ? backoff * (0.75 + Math.random() / 2) : PERMANENT_RETRY_MS;
    this.#failures += 1;
    this.#nextAttempt = Date.now() + Math.max(wait, (cause.retryAfter ?? 0) * 1000);
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
        // Told by onFailure, and tried again later.
      });
    } else {
      this.#lookLater();
    }
  }

  // The network is back, or the machine: what failed before may work now.
  #lookNow = () => {
    if (this.#failures > 0) this.#nextAttempt = 0;
    this.#look();
  };

  #lookWhenVisible = () => {
    if (document.visibilityState === 'visible') this.#lookNow();
  };
}

const WAKING = ['online', 'pageshow', 'focus'];

/**
 * @param {TokenGrant} grant just received
 * @returns {number}
 */
function lifetimeMs({ token, expiresAt }) {
  const [, payload = ''] = token.split('.');
  const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  const inAll = (claims.exp - claims.nbf) * 1000;
  const byOurClock = Date.parse(expiresAt) - Date.now();
  // `nbf` lies a little before the token was made. Our clock is nearer, where it can be right.
  return byOurClock > inAll / 4 ? Math.min(inAll, byOurClock) : inAll;
}
