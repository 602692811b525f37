/**
 * Everything that can go wrong: a stable code for programs, and for people what is wrong and what
 * to do about it. docs/client-library.md has the table.
 */

/**
 * @typedef {keyof typeof FAILURES} FailureCode
 *
 * @typedef {object} Failure
 * @property {FailureCode} code
 * @property {string} title what people call it, as in the set-up guide
 * @property {string} message what is wrong
 * @property {string} action what to do
 * @property {boolean} temporary whether the same may work a little later
 * @property {number} [sdkCode] the Voice SDK's code, twilio.com/docs/api/errors
 * @property {number} [httpStatus] what the endpoint answered
 * @property {number} [retryAfter] seconds the endpoint asks to wait
 * @property {string} [requestId] under which the endpoint's log has the rest
 */

const RELOAD = 'Reload the page. If it happens again, tell your administrator.';
const ADMINISTRATOR = 'Tell your administrator: nothing on this page can change it.';
const CHECK_CONNECTION = 'Check your internet connection, VPN and firewall.';

const FAILURES = /** @type {const} */ ({
  // Endpoints: the codes of docs/endpoints.md.
  phone_system_error: [
    'Phone system error',
    'The phone system is not set up correctly.',
    ADMINISTRATOR,
    false,
  ],
  unauthorized_domain: [
    'Unauthorized domain',
    'Calls can only be placed from Henk’s own pages, and this page is not one of them.',
    'Open Henk at app.callhenk.com and call from there.',
    false,
  ],
  unauthenticated: ['Signed out', 'Your session has ended.', 'Sign in again.', false],
  not_a_member: [
    'No access',
    'You are not, or no longer, a member of this business.',
    'Choose another business, or ask its owner to add you.',
    false,
  ],
  business_required: [
    'No business chosen',
    'You belong to several businesses.',
    'Choose the one to call for.',
    false,
  ],
  rate_limited: [
    'Too many requests',
    'You asked for calls too often in a short time.',
    'Wait a minute, then try again.',
    true,
  ],
  database_unavailable: [
    'Database unavailable',
    'The database does not answer at the moment.',
    'Try again in a moment.',
    true,
  ],
  invalid_request: [
    'Invalid request',
    'The server did not accept what this page sent.',
    RELOAD,
    false,
  ],
  not_found: [
    'Not found',
    'There is no such call in your business.',
    'Reload the list of calls.',
    false,
  ],
  unreachable: ['No connection', 'The server cannot be reached.', CHECK_CONNECTION, true],
  token_unavailable: [
    'Failed to get token',
    'The calling service could not be reached, so there is no permission to call.',
    `${CHECK_CONNECTION} It is tried again by itself.`,
    true,
  ],
  unexpected_answer: [
    'Unexpected answer',
    'The server answered something that this page does not understand.',
    RELOAD,
    true,
  ],

  // The browser and the microphone.
  browser_unsupported: [
    'Unsupported browser',
    'This browser cannot place calls.',
    'Use a current Chrome, Edge, Firefox or Safari.',
    false,
  ],
  insecure_page: [
    'Insecure page',
    'Browsers allow calls on secure pages alone, and this page was not loaded over https.',
    'Open the page with https:// in front of its address.',
    false,
  ],
  microphone_denied: [
    'No microphone permission',
    'The browser does not let this page use the microphone.',
    'Allow the microphone next to the page’s address, then call again.',
    false,
  ],
  microphone_missing: [
    'No microphone',
    'No microphone is connected.',
    'Connect a microphone or headset, then call again.',
    false,
  ],
  microphone_in_use: [
    'Microphone in use',
    'The microphone cannot be opened: another program may be using it.',
    'Close other programs that use it, or choose another microphone.',
    true,
  ],
  microphone_failed: [
    'Microphone failed',
    'The microphone cannot be opened.',
    'Choose another microphone, or connect this one anew.',
    true,
  ],

  // Twilio's permission to call.
  token_refused: [
    'Call not permitted',
    'The phone network refused the permission to call that this page was given.',
    ADMINISTRATOR,
    false,
  ],
  token_expired: [
    'Permission expired',
    'The permission to call has expired.',
    'Call again: a new one is fetched.',
    true,
  ],

  // The call.
  call_in_progress: ['Call in progress', 'There is a call already.', 'Hang up first.', false],
  connect_timeout: [
    'No answer from the phone network',
    'The phone network did not answer in time.',
    `${CHECK_CONNECTION} Then call again.`,
    true,
  ],
  progress_timeout: [
    'The call does not get through',
    'The phone network took the call and did not say what became of it.',
    'Call again. If it happens again, tell your administrator.',
    true,
  ],
  too_many_calls: [
    'Too many calls',
    'The phone network takes no more calls at the moment.',
    'Wait a minute, then call again.',
    true,
  ],
  connection_lost: [
    'Connection lost',
    'The connection to the phone network was lost.',
    `${CHECK_CONNECTION} Then call again.`,
    true,
  ],
  audio_failed: [
    'No audio',
    'The call was connected, but no sound could get through.',
    'A firewall or VPN may block calls: try another network.',
    true,
  ],
  call_declined: [
    'Call declined',
    'The phone network declined the call.',
    'Call again. If it happens again, tell your administrator.',
    true,
  ],
  unknown: [
    'Call failed',
    'The call failed for a reason that this page does not know.',
    RELOAD,
    true,
  ],

  // Heard, or not, during a call that goes on.
  no_audio: [
    'No audio',
    'No sound comes through.',
    'Check the chosen speaker and its volume, and your connection.',
    true,
  ],
  microphone_silent: [
    'Microphone silent',
    'Your microphone picks up nothing, so you cannot be heard.',
    'Check that it is not switched off, or choose another microphone.',
    true,
  ],
  poor_connection: [
    'Poor connection',
    'Your connection is slow or loses data, which the other side hears.',
    'Move closer to the router, or end other uploads and downloads.',
    true,
  ],
});

/** The same cause has many codes. twilio.com/docs/api/errors
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

/** What getUserMedia refuses with. https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia
 * @type {Readonly<Record<string, FailureCode>>} */
const MICROPHONE_ERRORS = {
  NotAllowedError: 'microphone_denied',
  SecurityError: 'microphone_denied',
  NotFoundError: 'microphone_missing',
  OverconstrainedError: 'microphone_missing',
  NotReadableError: 'microphone_in_use',
  AbortError: 'microphone_in_use',
};

/** Warnings of a call. twilio.com/docs/voice/sdks/javascript/twiliocall#warning-event
 * @type {Readonly<Record<string, FailureCode>>} */
const CALL_WARNINGS = {
  'constant-audio-input-level': 'microphone_silent',
  'low-bytes-received': 'no_audio',
  'low-bytes-sent': 'microphone_silent',
  'ice-connectivity-lost': 'poor_connection',
  'high-rtt': 'poor_connection',
  'high-jitter': 'poor_connection',
  'high-packet-loss': 'poor_connection',
  'high-packets-lost-fraction': 'poor_connection',
  'low-mos': 'poor_connection',
};

/** An error that says what is wrong and what to do. */
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
  const [title, message, action, temporary] = FAILURES[code];
  return { code, title, message, action, temporary, ...details };
}

/**
 * What an endpoint refused with.
 *
 * @param {string} code of docs/endpoints.md
 * @param {Partial<Failure>} details
 * @returns {Failure}
 */
export function failureOfEndpoint(code, details) {
  return failure(isFailureCode(code) ? code : 'unexpected_answer', details);
}

/**
 * @param {{ code?: number, originalError?: { code?: number } }} error the Voice SDK's
 * @returns {Failure}
 */
export function failureOfSdk(error) {
  // The SDK folds many codes into a few and keeps what the network said as `originalError`.
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
 * @param {string} warning a call's warning
 * @returns {Failure | null} null for one that a person can do nothing about
 */
export function failureOfWarning(warning) {
  const code = CALL_WARNINGS[warning];
  return code ? failure(code) : null;
}

/**
 * @param {unknown} error anything thrown
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
