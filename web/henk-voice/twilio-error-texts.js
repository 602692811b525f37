/** @typedef {import('./line-faults.js').FaultSide} FaultSide */

const ADMINISTRATOR = 'Tell your administrator';

/**
 * What is behind codes of Twilio: whose side it is on, what it means, and what to do.
 *
 * @type {Readonly<Record<string, readonly [FaultSide, string, string]>>}
 */
export const TWILIO_CAUSES = {
  token: [
    'account',
    'Twilio does not accept the permission to call (the access token) that this page was given.',
    `${ADMINISTRATOR}: “make doctor” checks the account, the API key and its secret.`,
  ],
  token_expired: [
    'account',
    'The permission to call has expired, or a clock is wrong.',
    'Call again: the page fetches a new permission. If it happens again, check the clock of this device.',
  ],
  clock: [
    'account',
    'The permission to call begins in the future, so the clock of the server is wrong.',
    `${ADMINISTRATOR}: the server that runs token_fn must set its clock by itself.`,
  ],
  account: [
    'account',
    'The Twilio account is suspended or closed, or has no money left.',
    `${ADMINISTRATOR}: Twilio’s console says why.`,
  ],
  application: [
    'account',
    'Twilio does not find the TwiML App of the permission to call, or the app has no address to ask.',
    `${ADMINISTRATOR}: “make doctor” finds what is missing, and “./deploy.sh” sets it.`,
  ],
  endpoint: [
    'account',
    'Twilio asked Henk what to do with the call, and got no answer that it can use.',
    `${ADMINISTRATOR}, with the CallSid: “make doctor” asks the endpoints as Twilio does.`,
  ],
  caller_id: [
    'account',
    'The number that the other side would see does not belong to the Twilio account.',
    `Choose another caller ID. ${ADMINISTRATOR}: the numbers of the business must be numbers of the account.`,
  ],
  country: [
    'account',
    'The Twilio account may not call the country of this number.',
    `${ADMINISTRATOR}: Twilio’s console has the countries under Voice, Geographic permissions.`,
  ],
  blocked: [
    'account',
    'Twilio does not place calls to this number, because of fraud or of a law, or because the account has no approved profile.',
    `${ADMINISTRATOR}: Twilio’s support can tell which of them it is.`,
  ],
  number: [
    'phone_network',
    'This number does not exist, or no phone company can reach it.',
    'Check the number. If it is right, call again later.',
  ],
  busy: ['other_side', 'The line is busy.', 'Call again later.'],
  unavailable: [
    'other_side',
    'The phone of the other side is switched off, out of reach, or nobody answers.',
    'Call again later.',
  ],
  declined: [
    'other_side',
    'The other side, or their phone company, declined the call.',
    'Call again later. If it happens with every number, tell your administrator.',
  ],
  over: [
    'other_side',
    'The call was over, or answered on another device, before it was connected here.',
    'Nothing has to be done.',
  ],
  too_many: [
    'account',
    'The account has too many calls or requests at the same time.',
    `Wait a minute, then call again. ${ADMINISTRATOR} if it happens often: Twilio can raise the limit.`,
  ],
  signalling: [
    'your_network',
    'The connection to Twilio that sets calls up was lost, or could not be made.',
    'Check your internet connection, VPN and firewall: secure WebSockets to Twilio (port 443) must be allowed.',
  ],
  media: [
    'your_network',
    'The call was set up, but no sound got through: a firewall or VPN blocks it, or the network broke off.',
    'Try another network, a phone’s hotspot for example. UDP to Twilio’s media servers must be allowed.',
  ],
  browser: [
    'you',
    'This browser cannot do what the call needs.',
    'Update the browser, or use a current Chrome, Edge, Firefox or Safari. Switch off extensions that change WebRTC.',
  ],
  microphone_denied: [
    'you',
    'The browser, or the person, did not allow the microphone.',
    'Allow the microphone next to the page’s address, then call again.',
  ],
  microphone: [
    'you',
    'The microphone was allowed, but could not be opened: it is not there, or another program has it.',
    'Choose another microphone, and close other programs that use it.',
  ],
  twilio: [
    'phone_network',
    'Twilio itself had a problem.',
    'Call again. status.twilio.com says whether others have the problem, too.',
  ],
  page: [
    'account',
    'Twilio does not understand what this page has sent.',
    `Reload the page. If it happens again, ${ADMINISTRATOR.toLowerCase()}, with the code and the CallSid.`,
  ],
  unknown: [
    'phone_network',
    'Twilio reports a problem that this page has no words for.',
    'Look the code up in Twilio’s list of errors, or give it to support with the CallSid.',
  ],
};

/**
 * The codes that a call of Henk can meet: their short names, and what is behind them. The page gets those
 * of the Voice SDK (20…, 31…, 53…); Twilio’s console shows the others beside the call.
 * Source: https://www.twilio.com/docs/api/errors and the package `@twilio/voice-errors`.
 *
 * @type {Readonly<Record<number, readonly [string, keyof typeof TWILIO_CAUSES]>>}
 */
export const TWILIO_CODES = {
  10001: ['Account not active', 'account'],
  10004: ['Too many calls at once', 'too_many'],
  11200: ['Endpoint not read', 'endpoint'],
  11205: ['Endpoint not connected', 'endpoint'],
  11210: ['Endpoint has no such host', 'endpoint'],
  11215: ['Endpoint redirects too often', 'endpoint'],
  11220: ['Endpoint without TLS', 'endpoint'],
  11235: ['Certificate of another host', 'endpoint'],
  11236: ['Certificate expired', 'endpoint'],
  11237: ['Certificate not trusted', 'endpoint'],
  11750: ['Answer too long', 'endpoint'],
  12100: ['TwiML cannot be read', 'endpoint'],
  12200: ['TwiML has a wrong part', 'endpoint'],
  12300: ['Answer is not TwiML', 'endpoint'],
  13214: ['Caller ID not valid', 'caller_id'],
  13223: ['Number has no valid form', 'number'],
  13224: ['Number cannot be called', 'number'],
  13225: ['Number blocked by Twilio', 'blocked'],
  13226: ['No such country code', 'number'],
  13227: ['Country not allowed', 'country'],
  20003: ['Credentials refused', 'token'],
  20101: ['Access token not valid', 'token'],
  20102: ['Access token without a valid header', 'token'],
  20103: ['Access token of another account or key', 'token'],
  20104: ['Access token expired', 'token_expired'],
  20105: ['Access token not valid yet', 'clock'],
  20106: ['Access token permits no calls', 'token'],
  20107: ['Access token with a wrong signature', 'token'],
  20151: ['Access token refused', 'token'],
  20157: ['Access token valid for too long', 'token'],
  20160: ['Access token is no JWT', 'token'],
  20403: ['Account may not use Twilio', 'account'],
  20429: ['Too many requests', 'too_many'],
  21215: ['Country not allowed', 'country'],
  21216: ['Number blocked by Twilio', 'blocked'],
  21218: ['No such TwiML App', 'application'],
  31000: ['Unknown error of the call', 'signalling'],
  31001: ['TwiML App not found', 'application'],
  31002: ['Connection declined', 'declined'],
  31003: ['Connection timed out', 'signalling'],
  31005: ['Connection error', 'signalling'],
  31008: ['Call was over', 'over'],
  31009: ['No connection to send on', 'signalling'],
  31100: ['Malformed request', 'page'],
  31101: ['Parameters missing', 'page'],
  31102: ['Access token missing', 'token'],
  31103: ['Parameters too long', 'page'],
  31104: ['Token of the bridge not valid', 'token'],
  31105: ['Identity not valid', 'page'],
  31107: ['Reconnection not understood', 'page'],
  31201: ['Not authorised', 'token'],
  31202: ['Access token with a wrong signature', 'token'],
  31203: ['No valid account', 'account'],
  31204: ['Access token not valid', 'token'],
  31205: ['Access token expired', 'token_expired'],
  31206: ['Too many calls or messages', 'too_many'],
  31207: ['Access token valid for too long', 'token'],
  31208: ['Microphone denied', 'microphone_denied'],
  31209: ['Reconnection refused', 'signalling'],
  31210: ['Message of an unknown type', 'page'],
  31211: ['Message too early', 'page'],
  31212: ['Message too long', 'page'],
  31301: ['Registration failed', 'signalling'],
  31400: ['Bad request', 'page'],
  31401: ['Microphone denied', 'microphone_denied'],
  31402: ['Microphone cannot be opened', 'microphone'],
  31403: ['Call forbidden', 'blocked'],
  31404: ['Number not found', 'number'],
  31408: ['No answer in time', 'unavailable'],
  31409: ['Conflict with another request', 'page'],
  31426: ['Browser too old for Twilio’s TLS', 'browser'],
  31429: ['Too many requests', 'too_many'],
  31480: ['Not available', 'unavailable'],
  31481: ['No such call any more', 'over'],
  31484: ['Number not complete', 'number'],
  31486: ['Busy', 'busy'],
  31487: ['Call ended before it was answered', 'over'],
  31500: ['Internal error', 'twilio'],
  31502: ['Bad gateway', 'twilio'],
  31503: ['Service unavailable', 'twilio'],
  31504: ['Gateway timed out', 'twilio'],
  31530: ['Twilio’s name not found', 'signalling'],
  31600: ['Busy everywhere', 'busy'],
  31603: ['Declined', 'declined'],
  31604: ['Number does not exist', 'number'],
  53000: ['Signalling failed', 'signalling'],
  53001: ['Signalling lost', 'signalling'],
  53400: ['Browser cannot offer sound', 'browser'],
  53401: ['Twilio cannot offer sound', 'twilio'],
  53402: ['Browser cannot accept sound', 'browser'],
  53403: ['Twilio cannot accept sound', 'twilio'],
  53404: ['No common codec', 'browser'],
  53405: ['No path for the sound', 'media'],
  53406: ['Sound broke off', 'media'],
  53407: ['Encryption of the sound failed', 'media'],
  53408: ['Sound not restored', 'media'],
};

/** What codes of a range have in common, if the list does not have them: from, up to, cause. */
export const TWILIO_RANGES = /** @type {const} */ ([
  [11000, 12999, 'endpoint'],
  [20100, 20199, 'token'],
  [31200, 31207, 'token'],
  [31500, 31599, 'twilio'],
  [53000, 53099, 'signalling'],
  [53400, 53499, 'media'],
]);
