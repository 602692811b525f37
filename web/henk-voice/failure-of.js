import { FAILURES } from './failure-texts.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./failures.js').FailureCode} FailureCode
 */

/** The Voice SDK has many codes for the same cause. https://www.twilio.com/docs/api/errors
 * @type {Readonly<Record<number, FailureCode>>} */
const SDK_CODES = {
  20101: 'token_refused',
  20103: 'token_refused',
  20104: 'token_expired',
  20106: 'token_refused',
  20107: 'token_refused',
  20151: 'token_refused',
  20160: 'token_refused',
  31000: 'connection_lost',
  31001: 'phone_system_error',
  31002: 'call_declined',
  31003: 'connection_lost',
  31005: 'connection_lost',
  31009: 'connection_lost',
  31100: 'phone_system_error',
  31102: 'token_refused',
  31104: 'token_refused',
  31105: 'phone_system_error',
  31201: 'token_refused',
  31202: 'token_refused',
  31203: 'phone_system_error',
  31204: 'token_refused',
  31205: 'token_expired',
  31206: 'too_many_calls',
  31207: 'token_refused',
  31208: 'microphone_denied',
  31401: 'microphone_denied',
  31402: 'microphone_failed',
  31429: 'too_many_calls',
  31603: 'call_declined',
  53000: 'connection_lost',
  53001: 'connection_lost',
  53400: 'audio_failed',
  53401: 'audio_failed',
  53402: 'audio_failed',
  53403: 'audio_failed',
  53404: 'audio_failed',
  53405: 'audio_failed',
  53406: 'audio_failed',
  53407: 'audio_failed',
  53408: 'audio_failed',
};

/** The names of the errors that getUserMedia rejects with. https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
 * @type {Readonly<Record<string, FailureCode>>} */
const MICROPHONE_ERRORS = {
  NotAllowedError: 'microphone_denied',
  SecurityError: 'microphone_denied',
  NotFoundError: 'microphone_missing',
  OverconstrainedError: 'microphone_missing',
  NotReadableError: 'microphone_in_use',
  AbortError: 'microphone_in_use',
};

/**
 * The failure for an endpoint's error code.
 *
 * @param {string} code see docs/endpoints.md
 * @param {Partial<Failure>} details
 * @returns {Failure}
 */
export function failureOfEndpoint(code, details) {
  return failure(isFailureCode(code) ? code : 'unexpected_answer', details);
}

/**
 * @param {{ code?: number, originalError?: { code?: number } }} error of the Voice SDK
 * @returns {Failure}
 */
export function failureOfSdk(error) {
  // The SDK maps many codes to a few of its own. `originalError` has the network's code.
  const sdkCode = [error.originalError?.code, error.code].find((code) => code && code in SDK_CODES);
  const code = sdkCode === undefined ? 'unknown' : (SDK_CODES[sdkCode] ?? 'unknown');
  return failure(code, { sdkCode: sdkCode ?? error.code });
}

/**
 * @param {unknown} error what getUserMedia rejected with
 * @returns {Failure}
 */
export function failureOfMicrophone(error) {
  const name = error instanceof Error ? error.name : '';
  return failure(MICROPHONE_ERRORS[name] ?? 'microphone_failed');
}

/**
 * @param {unknown} error anything that was thrown
 * @returns {Failure}
 */
export function failureOf(error) {
  if (error instanceof VoiceError) return error.failure;
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    return failureOfSdk(/** @type {{ code: number }} */ (error));
  }
  return failure('unknown');
}

/**
 * @param {string} code
 * @returns {code is FailureCode}
 */
function isFailureCode(code) {
  return Object.hasOwn(FAILURES, code);
}
