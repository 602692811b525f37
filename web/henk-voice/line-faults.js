/**
 * @typedef {'you' | 'your_network' | 'other_side' | 'phone_network' | 'account'} FaultSide where the
 *   cause is: the person's own device, their network, the person they talk to, the phone network, or
 *   their account and the business's
 * @typedef {keyof typeof LINE_FAULTS} LineFaultCode stable: programs may compare it
 *
 * @typedef {object} LineFault why a person cannot be heard, or cannot hear
 * @property {LineFaultCode} code
 * @property {FaultSide} side
 * @property {string} title a short name
 * @property {string} meaning what is wrong
 * @property {string} action the one thing to do
 */

const ADMINISTRATOR = 'Tell your administrator: nothing on this page can change it.';
const OTHER_NETWORK =
  'Try another network, a phone’s hotspot for example, or switch the VPN off. If that helps, give this report to whoever runs your network.';
const CLOSER = 'Move closer to the Wi-Fi or use a cable, and end other uploads and downloads.';

/**
 * All faults, the most important one first: of several, the first is said. For each: its side, where it
 * can be found, its title, what is wrong, and what to do.
 *
 * The check before a call, the sign during a call and the row of `call_quality` use these codes;
 * the check constraint in SQL has those that a call can have.
 */
export const LINE_FAULTS = /** @type {const} */ ({
  browser_unsupported: [
    'you',
    'check',
    'Unsupported browser',
    'This browser cannot place calls.',
    'Use a current Chrome, Edge, Firefox or Safari.',
  ],
  insecure_page: [
    'you',
    'check',
    'Insecure page',
    'Browsers allow calls only on secure pages, and this page was not loaded over https.',
    'Open the page with https:// in front of its address.',
  ],
  offline: [
    'your_network',
    'check',
    'No internet connection',
    'This device is not connected to the internet.',
    'Connect it, then check again.',
  ],
  microphone_denied: [
    'you',
    'check',
    'No microphone permission',
    'The browser does not let this page use the microphone.',
    'Allow the microphone next to the page’s address, then check again.',
  ],
  microphone_missing: [
    'you',
    'check',
    'No microphone',
    'No microphone is connected.',
    'Connect a microphone or headset, then check again.',
  ],
  microphone_in_use: [
    'you',
    'check',
    'Microphone cannot be opened',
    'The browser cannot open the microphone: another program may be using it.',
    'Close other programs that use it, or choose another microphone.',
  ],
  microphone_unanswered: [
    'you',
    'check',
    'Microphone not allowed yet',
    'The browser asked whether this page may use the microphone, and got no answer.',
    'Check again, and allow the microphone in the question next to the page’s address.',
  ],
  clock_wrong: [
    'you',
    'check',
    'Clock is wrong',
    'The clock of this device does not show the right time.',
    'Let the device set its time by itself, in its settings.',
  ],
  signed_out: ['account', 'check', 'Signed out', 'Your session has ended.', 'Sign in again.'],
  token_unavailable: [
    'your_network',
    'check',
    'No permission to call',
    'The calling service could not be reached, so there is no permission to call.',
    'Check your internet connection, VPN and firewall, then check again.',
  ],
  token_refused: [
    'account',
    'check',
    'Call not permitted',
    'The phone network refused the permission to call that this page was given.',
    ADMINISTRATOR,
  ],
  token_expired: [
    'account',
    'check',
    'Permission expired',
    'The permission to call has expired.',
    'Check again: a new one is fetched. If it happens again, check the clock of this device.',
  ],
  signalling_blocked: [
    'your_network',
    'check',
    'Phone network not reached',
    'The phone network cannot be reached. A firewall, proxy or VPN may block it.',
    OTHER_NETWORK,
  ],
  audio_blocked: [
    'your_network',
    'both',
    'Sound is blocked',
    'The phone network can be reached, but no sound gets through: a firewall or VPN blocks UDP.',
    OTHER_NETWORK,
  ],
  nothing_heard: [
    'your_network',
    'both',
    'You hear nothing',
    'No sound of the other side reaches this device.',
    OTHER_NETWORK,
  ],
  not_heard: [
    'your_network',
    'both',
    'You are not heard',
    'What you say leaves this device, and does not arrive.',
    OTHER_NETWORK,
  ],
  microphone_silent: [
    'you',
    'both',
    'Microphone silent',
    'Your microphone picks up nothing, so you cannot be heard.',
    'Check that it is not switched off, or choose another microphone.',
  ],
  loss_in: [
    'your_network',
    'both',
    'Words get lost on the way to you',
    'Your network loses part of what the other side says.',
    CLOSER,
  ],
  loss_out: [
    'your_network',
    'both',
    'They may not hear you',
    'Your network loses part of what you say.',
    CLOSER,
  ],
  jitter: [
    'your_network',
    'both',
    'Unsteady network',
    'Your network delivers the sound unevenly, so it may crackle or break off.',
    CLOSER,
  ],
  delay: [
    'your_network',
    'both',
    'Slow network',
    'The sound takes long, so you may talk at the same time.',
    'End other uploads and downloads, and switch the VPN off if you may.',
  ],
  speaker_not_heard: [
    'you',
    'check',
    'Speaker not heard',
    'The test was played, and you did not hear it.',
    'Turn the volume up, or choose another speaker.',
  ],
  other_side_silent: [
    'other_side',
    'call',
    'The other side is silent',
    'The line works, but there is no sound from the other side.',
    'Ask whether they hear you: they may have muted themselves.',
  ],
  connection_lost: [
    'your_network',
    'call',
    'Connection lost',
    'The connection to the phone network broke off. It is made again by itself.',
    'Move closer to the Wi-Fi, or use a cable.',
  ],
  check_unfinished: [
    'your_network',
    'check',
    'Check not finished',
    'Part of the check got no answer in time.',
    'Check again. If it happens again, try another network.',
  ],
});

/** Those that are a matter of degree: of several, the one that is furthest beyond its threshold is said. */
export const NETWORK_FAULTS = /** @type {const} */ (['loss_in', 'loss_out', 'jitter', 'delay']);

/** All codes, the most important one first. */
export const LINE_FAULT_CODES = /** @type {readonly LineFaultCode[]} */ (Object.keys(LINE_FAULTS));

/** Those that the row of a call can have, in the same order. */
export const CALL_FAULT_CODES = LINE_FAULT_CODES.filter((code) => LINE_FAULTS[code][1] !== 'check');

/**
 * @param {LineFaultCode} code
 * @param {Partial<LineFault>} [details] what is known more exactly, for example how much is lost
 * @returns {LineFault}
 */
export function lineFault(code, details = {}) {
  const [side, , title, meaning, action] = LINE_FAULTS[code];
  return { code, side, title, meaning, action, ...details };
}

/**
 * @param {string} code
 * @returns {code is LineFaultCode}
 */
export function isLineFaultCode(code) {
  return Object.hasOwn(LINE_FAULTS, code);
}

/**
 * The most important of several faults.
 *
 * @template {{ code: LineFaultCode }} Fault
 * @param {readonly Fault[]} faults those of the network with the worst first
 * @returns {Fault | null}
 */
export function mostImportant(faults) {
  const rank = (/** @type {Fault} */ { code }) =>
    /** @type {readonly string[]} */ (NETWORK_FAULTS).includes(code)
      ? LINE_FAULT_CODES.indexOf(NETWORK_FAULTS[0])
      : LINE_FAULT_CODES.indexOf(code);
  return [...faults].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}
