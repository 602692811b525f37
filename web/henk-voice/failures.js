import { CHECK_CONNECTION, FAILURES } from './failure-texts.js';

/**
 * @typedef {keyof typeof FAILURES} FailureCode stable: programs may compare it
 *
 * @typedef {object} Failure
 * @property {FailureCode} code
 * @property {string} title a short name
 * @property {string} message what is wrong
 * @property {string} action what to do
 * @property {boolean} temporary whether the same may work a little later
 * @property {string} [field] which of the values that were sent is wrong
 * @property {number} [sdkCode] the Voice SDK's code, https://www.twilio.com/docs/api/errors
 * @property {number} [httpStatus] the status of the endpoint's answer
 * @property {string} [authCode] the error code of Supabase Auth
 * @property {number} [retryAfter] how many seconds the endpoint asks to wait
 * @property {string} [blockReason] why a number must not be called; see docs/endpoints.md
 * @property {string} [requestId] the endpoint's log has more under this id
 */

/** What to do in place of `CHECK_CONNECTION`, if the browser knows the cause. */
const CONNECT = 'Connect this device to the internet.';

/** An error with a `failure`, which says what is wrong and what to do. */
export class VoiceError extends Error {
  /** @param {Failure} failure */
  constructor(failure) {
    super(`${failure.title}: ${failure.message} ${failure.action}`);
    this.name = 'VoiceError';
    this.failure = failure;
  }
}

/**
 * @param {FailureCode} code
 * @param {Partial<Failure>} [details]
 * @returns {Failure}
 */
export function failure(code, details = {}) {
  const [title, message, texts, temporary] = FAILURES[code];
  const isOffline = globalThis.navigator?.onLine === false;
  const action = isOffline ? texts.replace(CHECK_CONNECTION, CONNECT) : texts;
  return { code, title, message, action, temporary, ...details };
}
