import { Emitter } from './emitter.js';
import { failureOf } from './failure-of.js';
import { failureOfRest } from './rest-failures.js';
import { VoiceError, failure } from './failures.js';
import { whyNoAnswer } from './no-answer.js';
import { Session } from './session.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} RequestsEvents
 * @property {Failure} disconnected requests fail, and they are tried again
 * @property {undefined} connected requests work again
 * @property {Failure} signedout the session has ended: somebody has to sign in
 * @property {string} written the name of the table that was written, or of the SQL function that was asked
 *
 * @typedef {{ value?: any, cause?: Failure }} Answer either of the two
 *
 * @typedef {object} RequestOptions
 * @property {'rest' | 'endpoints' | 'storage'} server
 * @property {string} url what is asked if the browser does not say why there is no answer
 * @property {AbortSignal | undefined} [signal] ends it, with all further tries
 * @property {string | undefined} [userId] for whom it is asked; nothing is asked for another user
 * @property {'once' | 'twice' | 'patiently'} tries `patiently`: until there is an answer, if the user
 *   of the library wants that, and otherwise as `twice`
 * @property {number | undefined} [timeoutMs] how long one try may take, if it is not TIMEOUT_MS
 */

const TIMEOUT_MS = 15_000;
const SHORT_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 5_000;

/** After these failures the same request may succeed a moment later. */
const OF_THE_NETWORK = new Set([
  'unreachable',
  'offline',
  'unreadable_answer',
  'database_unavailable',
  'auth_unavailable',
]);

/**
 * All requests go through here: the access token, the refresh after a 401, and further tries after a
 * failure of the network.
 *
 * @extends {Emitter<RequestsEvents>}
 */
export class Requests extends Emitter {
  #session;
  #isPatient;
  /** Since when each server gave no answer, in milliseconds. @type {Map<string, number>} */
  #silentSince = new Map();
  /** Why requests fail at the moment, by server. @type {Map<string, Failure>} */
  #trouble = new Map();
  #isSignedOut = false;
  /** Each ends a pause. @type {Set<() => void>} */
  #sleepers = new Set();

  /**
   * @param {SupabaseClient} supabase
   * @param {boolean} isPatient
   */
  constructor(supabase, isPatient) {
    super();
    this.#session = new Session(supabase);
    this.#isPatient = isPatient;
    globalThis.addEventListener?.('online', () => this.#wake());
    supabase.auth.onAuthStateChange((_event, session) => {
      if (!session) return;
      if (this.#isSignedOut) this.emit('connected', undefined);
      this.#isSignedOut = false;
      // supabase-js does not go on before this function has returned.
      setTimeout(() => this.#wake(), 0);
    });
  }

  /** Whether the session has ended, so that each request would be refused. */
  get isSignedOut() {
    return this.#isSignedOut;
  }

  get session() {
    return this.#session;
  }

  /**
   * Asks the REST API.
   *
   * @param {() => any} build makes the query; each try needs a new one
   * @param {Omit<RequestOptions, 'server' | 'url'>} options
   * @returns {Promise<{ data: any, count: number | null }>}
   * @throws {VoiceError}
   */
  async rest(build, options) {
    const { url: address, method } = build();
    const url = String(address ?? '');
    const answered = await this.#perform(
      async (accessToken, signal) => {
        // supabase-js would take the session of the moment at which it sends. If that has just ended, the
        // request would be nobody's.
        const query = build().setHeader('Authorization', `Bearer ${accessToken}`);
        // supabase-js tries again by itself, but only some requests, and it says nothing meanwhile.
        const answer = await query.retry(false).abortSignal(signal);
        // Without a body and a code, a 404 is none of PostgREST's, but supabase-js makes it a success.
        if (answer.status === 204) answer.error = {};
        if (!answer.error) return { value: answer };
        if (answer.status === 0) return null;
        return { cause: failureOfRest(answer.status, answer.error, accessToken) };
      },
      { ...options, server: 'rest', url },
    );
    const isRefused = answered.data?.error;
    const isRead = method === 'GET' || method === 'HEAD';
    if (!isRead && !isRefused) this.emit('written', url.split('?')[0]?.split('/').at(-1) ?? '');
    return answered;
  }

  /**
   * Asks one of the endpoints.
   *
   * @param {(accessToken: string, signal: AbortSignal) => Promise<Answer>} send rejects if there is no answer
   * @param {Omit<RequestOptions, 'server'>} options
   * @returns {Promise<any>}
   * @throws {VoiceError}
   */
  async endpoint(send, options) {
    return this.#perform((accessToken, signal) => send(accessToken, signal).catch(() => null), {
      ...options,
      server: 'endpoints',
    });
  }

  /**
   * Asks Supabase Storage, twice if the network fails. Its client takes the access token of the session.
   *
   * @param {() => Promise<Answer>} send rejects if there is no answer
   * @param {string} url what is asked if the browser does not say why there is no answer
   * @returns {Promise<any>}
   * @throws {VoiceError}
   */
  async storage(send, url) {
    const options = /** @type {const} */ ({ server: 'storage', url, tries: 'twice' });
    return this.#perform(() => send().catch(() => null), options);
  }

  /**
   * @param {(accessToken: string, signal: AbortSignal) => Promise<Answer | null>} send resolves to null if there is no answer
   * @param {RequestOptions} options
   */
  async #perform(send, options) {
    const { server, signal, tries } = options;
    for (let failures = 0; ; failures += 1) {
      try {
        const value = await this.#once(send, options);
        this.#works(server);
        return value;
      } catch (error) {
        const cause = failureOf(error);
        const isFromNetwork = isOfTheNetwork(cause);
        if (cause.code === 'unauthenticated') this.#endSession(cause);
        const patient = tries === 'patiently' && this.#isPatient;
        const isFault = cause.code === 'database_fault';
        const mayHelp = isFromNetwork || isFault || (patient && cause.code === 'unauthenticated');
        // A server that answers with a fault is asked once more, and not until somebody has mended it.
        const triesLeft = (patient && !isFault) || (tries !== 'once' && failures === 0);
        if (!mayHelp || !triesLeft || signal?.aborted) throw error;
        if (patient && failures > 0 && isFromNetwork) this.#announce(server, cause);
        await this.#pause(cause, failures, signal);
        if (signal?.aborted) throw error;
      }
    }
  }

  /**
   * @param {(accessToken: string, signal: AbortSignal) => Promise<Answer | null>} send
   * @param {RequestOptions} options
   */
  async #once(send, { server, url, signal, userId, timeoutMs }) {
    const token = await this.#session.accessToken(userId);
    let answer = await inTime(send, token, signal, timeoutMs);
    if (answer?.cause?.code === 'unauthenticated') {
      // The session has expired by the server's clock, or the signing key was changed.
      answer = await inTime(send, await this.#session.newerThan(token), signal, timeoutMs);
    }
    // Nobody waits for the answer any more, so nobody needs to know why there is none.
    if (!answer && signal?.aborted) throw new VoiceError(failure('unreachable'));
    if (!answer) {
      const now = performance.now();
      const since = this.#silentSince.get(server) ?? now;
      this.#silentSince.set(server, since);
      throw new VoiceError(await whyNoAnswer(url, token, now - since));
    }
    this.#silentSince.delete(server);
    if (answer.cause) throw new VoiceError(answer.cause);
    return answer.value;
  }

  /** @param {Failure} cause */
  #endSession(cause) {
    if (this.#isSignedOut) return;
    this.#isSignedOut = true;
    this.emit('signedout', cause);
  }

  /**
   * @param {string} server
   * @param {Failure} cause
   */
  #announce(server, cause) {
    if (this.#trouble.get(server)?.code === cause.code) return;
    this.#trouble.set(server, cause);
    this.emit('disconnected', cause);
  }

  /** @param {string} server */
  #works(server) {
    if (!this.#trouble.delete(server) || this.#trouble.size) return;
    this.#wake();
    this.emit('connected', undefined);
  }

  /** Requests that wait to be tried again are tried now. */
  tryNow() {
    this.#wake();
  }

  #wake() {
    for (const end of [...this.#sleepers]) end();
  }

  /**
   * @param {Failure} cause
   * @param {number} failures how many tries failed before this one
   * @param {AbortSignal | undefined} signal ends the pause
   * @returns {Promise<void>}
   */
  #pause(cause, failures, signal) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#sleepers.delete(end);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const wait = Math.min(SHORT_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      // Without a session only a sign-in ends the pause.
      const timer =
        cause.code === 'unauthenticated'
          ? undefined
          : setTimeout(
              end,
              Math.max(wait * (0.75 + Math.random() / 2), (cause.retryAfter ?? 0) * 1000),
            );
      this.#sleepers.add(end);
      signal?.addEventListener('abort', end);
    });
  }
}

/** @param {Failure} cause */
function isOfTheNetwork({ code, httpStatus = 0 }) {
  // A gateway in front of the server answers in its own words.
  return OF_THE_NETWORK.has(code) || (code === 'unexpected_answer' && httpStatus >= 500);
}

/**
 * @template T
 * @param {(accessToken: string, signal: AbortSignal) => Promise<T>} send
 * @param {string} accessToken
 * @param {AbortSignal | undefined} signal
 * @param {number | undefined} timeoutMs
 */
async function inTime(send, accessToken, signal, timeoutMs = TIMEOUT_MS) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  try {
    return await send(accessToken, controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
