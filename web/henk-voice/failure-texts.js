/** The texts of all failures. docs/client-library.md has a table of them. */

import { SETTINGS_FAILURES } from './settings-failure-texts.js';

const AGAIN = 'Try again. If it happens again, tell your administrator.';
const ADMINISTRATOR = 'Tell your administrator: nothing on this page can change it.';
export const CHECK_CONNECTION = 'Check your internet connection, VPN and firewall.';

/**
 * For each failure: its title (the set-up guide uses the same), what is wrong, what to do, and
 * whether the same request may work a little later.
 */
export const FAILURES = /** @type {const} */ ({
  // The endpoints: the error codes of docs/endpoints.md.
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
  sign_in_refused: [
    'Not signed in',
    'The sign-in service refused it without saying why.',
    'Check what you entered. If it happens again, tell your administrator.',
    false,
  ],
  other_user: [
    'Somebody else is signed in',
    'Somebody else has signed in in this browser, and this belongs to your account.',
    'Sign in again.',
    true,
  ],
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
    'You asked for permission to call too often in a short time.',
    'Wait a minute, then try again.',
    true,
  ],
  database_unavailable: [
    'Database unavailable',
    'The database does not answer at the moment.',
    'Try again in a moment.',
    true,
  ],
  took_too_long: [
    'This took too long',
    'The database may not spend more time on one question, and has stopped.',
    'Try again, or ask for less: a shorter time, or a longer word.',
    true,
  ],
  database_fault: [
    'The database has a fault',
    'The database could not do this.',
    'Try again. If it happens again, tell your administrator.',
    true,
  ],
  invalid_request: [
    'Invalid request',
    'The server did not accept what this page sent.',
    AGAIN,
    false,
  ],
  not_found: [
    'Not found',
    'There is no such call in your business.',
    'Reload the list of calls.',
    false,
  ],
  not_your_call: [
    'Not your call',
    'Only the person who made this call, or a manager, can change what is written about it.',
    'Ask one of them to change it.',
    false,
  ],
  not_in_progress: [
    'Call not in progress',
    'This call is over, or not far enough for that.',
    'Look at what the page says about the call.',
    false,
  ],
  busy: [
    'Colleague busy',
    'This person is in another call.',
    'Choose somebody else, or try again later. The call goes on as it was.',
    true,
  ],
  away: [
    'Colleague away',
    'This person is away, or has not opened the page.',
    'Choose somebody else. The call goes on as it was.',
    true,
  ],
  no_message: [
    'No such message',
    'The recorded message is deleted, or its owner does not share it.',
    'Choose another message. The call goes on as it was.',
    false,
  ],
  blocked: [
    'Number not allowed',
    'This number must not be called.',
    'Choose another number. The call goes on as it was.',
    false,
  ],
  twilio_unavailable: [
    'Phone network unavailable',
    'The phone network did not do it.',
    'Try again in a moment. The call goes on as it was.',
    true,
  ],

  consent_required: [
    'Consent missing',
    'This call must not be recorded before the lead has agreed.',
    'Ask whether they agree, then say on this page what they answered.',
    false,
  ],
  recording_off: [
    'Recording is off',
    'This business does not record this call.',
    'Your managers decide which calls are recorded.',
    false,
  ],
  recording_refused: [
    'Recording refused',
    'The lead does not want this call to be recorded, and that cannot be changed.',
    'The call goes on without a recording.',
    false,
  ],
  not_allowed: [
    'Not allowed',
    'Your role in this business does not allow that.',
    'Ask a manager of the business.',
    false,
  ],
  unreadable_file: [
    'File not read',
    'The file could not be read.',
    'Open it in a spreadsheet, save it as “CSV UTF-8”, and choose that file.',
    false,
  ],
  import_over: [
    'Import is over',
    'Somebody has finished or undone this import.',
    'Look at what the queue has now.',
    false,
  ],
  value_refused: [
    'Not saved',
    'The database does not accept one of these values.',
    'Correct it, then save again.',
    false,
  ],
  already_exists: [
    'Already there',
    'There is one with this name already.',
    'Choose another name, then save again.',
    false,
  ],
  recording_gone: [
    'Recording deleted',
    'This call has no recording, or it was deleted.',
    'The list of its recordings says why.',
    false,
  ],
  legal_hold: [
    'Legal hold',
    'A legal hold keeps these recordings.',
    'End the hold first, if that is allowed.',
    false,
  ],
  in_progress: [
    'Call in progress',
    'A call with this person goes on.',
    'Try again when it is over.',
    true,
  ],
  storage_unavailable: [
    'Recordings unavailable',
    'The place where recordings are kept does not answer at the moment.',
    'Try again in a moment. Nothing is lost.',
    true,
  ],

  // The network, and what stands between the browser and the server.
  unreachable: ['No connection', 'The server cannot be reached.', CHECK_CONNECTION, true],
  offline: [
    'No internet connection',
    'This device is not connected to the internet.',
    'Connect it. The page goes on by itself.',
    true,
  ],
  unreadable_answer: [
    'Answer not readable',
    'The server can be reached, but something in between answers in its place, and the browser does not let this page read the answer.',
    ADMINISTRATOR,
    true,
  ],
  access_token_too_large: [
    'Session too large',
    'The server does not accept your session: your account carries more data than fits into a request.',
    'Ask your administrator to remove data from the metadata of your account, then sign in again.',
    false,
  ],
  auth_unavailable: [
    'Sign-in unavailable',
    'The sign-in service does not answer at the moment.',
    'Try again in a moment.',
    true,
  ],
  token_unavailable: [
    'Failed to get token',
    'The calling service could not be reached, so there is no permission to call.',
    `${CHECK_CONNECTION} The page keeps trying.`,
    true,
  ],
  unexpected_answer: [
    'Unexpected answer',
    'The server answered something that this page does not understand.',
    AGAIN,
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
    'Browsers allow calls only on secure pages, and this page was not loaded over https.',
    'Open the page with https:// in front of its address.',
    false,
  ],
  microphone_denied: [
    'No microphone permission',
    'The browser does not let this page use the microphone.',
    'Allow the microphone next to the page’s address, then call again.',
    false,
  ],
  microphone_unanswered: [
    'Microphone not allowed yet',
    'The browser asked whether this page may use the microphone, and got no answer.',
    'Call again, and allow the microphone in the question next to the page’s address.',
    true,
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
    'Choose another microphone, or connect this one again.',
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
  not_ready: [
    'Not ready to call',
    'The phone is still getting ready.',
    'Call again in a moment.',
    true,
  ],
  call_in_progress: [
    'Call in progress',
    'You are in a call already.',
    'Hang up before you place another call.',
    false,
  ],
  connect_timeout: [
    'No answer from the phone network',
    'The phone network did not answer in time.',
    `${CHECK_CONNECTION} Then call again.`,
    true,
  ],
  progress_timeout: [
    'The call does not get through',
    'The phone network took the call, but did not say whether it rings.',
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
    AGAIN,
    true,
  ],

  no_audio: [
    'No sound',
    'The sound cannot be played.',
    'Check the chosen speaker and its volume.',
    true,
  ],
  ...SETTINGS_FAILURES,
});
