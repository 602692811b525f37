import { AUTH_FAILURES } from './auth-failure-texts.js';
import { failure } from './failures.js';
import { IN_BETWEEN, isAboutKey, isAboutTokenSize } from './no-answer.js';

/**
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} AuthError an error of the Supabase client's `auth`
 * @property {string} [name]
 * @property {string | undefined} [code]
 * @property {number | undefined} [status]
 * @property {string} [message]
 */

/**
 * Why there is no session: the server cannot be asked, or it refused, or nobody is signed in.
 *
 * @param {AuthError | null} error of `getSession()` or `refreshSession()`
 * @returns {Failure}
 */
export function failureOfAuth(error) {
  const reason = error && withoutAnswer(error);
  if (reason) return reason;
  const texts = textsOf(error?.code);
  return failure('unauthenticated', texts && { authCode: error?.code, ...texts });
}

/**
 * Why a sign-in failed.
 *
 * @param {AuthError} error of `signInWithPassword()` or another way to sign in
 * @returns {Failure}
 */
export function failureOfSignIn(error) {
  const reason = withoutAnswer(error);
  if (reason) return reason;
  if (isAboutTokenSize(error.status ?? 0, '')) return failure('access_token_too_large');
  const details = { httpStatus: error.status };
  // The client calls an error so if the answer is not JSON.
  if (error.name === 'AuthUnknownError') {
    return failure('unreadable_answer', { ...details, message: IN_BETWEEN });
  }
  if (isAboutKey(error)) return failure('phone_system_error', details);
  const code = error.code ?? codeWithout(error);
  const texts = textsOf(code);
  if (texts) return failure('sign_in_refused', { ...details, authCode: code, ...texts });
  // A code that is newer than this library is named, so that somebody can look it up.
  const message = code && `The sign-in service refused it, for the reason “${code}”.`;
  return failure('sign_in_refused', { ...details, ...(message && { authCode: code, message }) });
}

/** @param {AuthError} error */
function withoutAnswer({ name, status, code }) {
  if (name !== 'AuthRetryableFetchError' || code) return null;
  if (status) return failure('auth_unavailable', { httpStatus: status });
  return failure(globalThis.navigator?.onLine === false ? 'offline' : 'unreachable');
}

/**
 * The code of an answer that has none: older Auth servers have only a message.
 *
 * @param {AuthError} error
 */
function codeWithout({ status, message }) {
  if (status === 429) return 'over_request_rate_limit';
  return message === 'Invalid login credentials' ? 'invalid_credentials' : undefined;
}

/** @param {string | undefined} code */
function textsOf(code) {
  if (!code || !Object.hasOwn(AUTH_FAILURES, code)) return undefined;
  const [message, action] = AUTH_FAILURES[/** @type {keyof typeof AUTH_FAILURES} */ (code)];
  return { message, action };
}
