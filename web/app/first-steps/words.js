import { blockReasonSentence } from '../../henk-voice/henk-voice.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessFinding} BusinessFinding
 * @typedef {import('../../henk-voice/henk-voice.js').FirstStep} FirstStep
 *
 * @typedef {object} Advice
 * @property {string} title
 * @property {string} text what to do
 * @property {{ path: string, words: string } | null} link where
 */

const COUNTRIES = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** @type {Readonly<Record<FirstStep['step'], Advice>>} */
const STEPS = {
  caller_id: {
    title: 'Get a caller ID',
    text: 'The number that people see when you call. Your operator gives it, with a command that you find in Calling. Go on with the other steps meanwhile.',
    link: { path: '/calling', words: 'Calling' },
  },
  people: {
    title: 'Invite your people',
    text: 'They sign up with the address that you invite, and accept.',
    link: { path: '/people', words: 'People' },
  },
  contacts: {
    title: 'Bring your contacts',
    text: 'From a file, or one by one.',
    link: { path: '/contacts', words: 'Contacts' },
  },
  campaign: {
    title: 'Fill a campaign',
    text: 'A campaign has a queue of contacts, a script, and rules for who is called again.',
    link: { path: '/campaigns', words: 'Campaigns' },
  },
  call: {
    title: 'Make the first call',
    text: 'Check your microphone and your line before it.',
    link: { path: '/check', words: 'Check' },
  },
  outcome: {
    title: 'Say what came of a call',
    text: 'After a call, choose an outcome. You decide which outcomes there are.',
    link: { path: '/settings', words: 'Settings' },
  },
};

/**
 * @param {FirstStep['step']} step
 * @returns {Advice}
 */
export function stepAdvice(step) {
  return STEPS[step];
}

/**
 * @param {BusinessFinding} finding
 * @returns {Advice} what stands in the way, in the words of the owner
 */
export function findingAdvice({ finding, about, calls }) {
  const count = calls ?? 0;
  const calling = { path: '/calling', words: 'Calling' };
  switch (finding) {
    case 'no_default_caller_id':
      return {
        title: 'No default caller ID',
        text: 'Calls for which nobody chooses a number are refused. Choose which of your numbers is shown.',
        link: calling,
      };
    case 'caller_id_fails':
      return {
        title: `No call from ${formatNumber(about ?? '')} gets through`,
        text: `The last ${count} calls from it reached nobody. Tell your operator: does the number still belong to their Twilio account? Use another one until then.`,
        link: calling,
      };
    case 'country_refused':
      return {
        title: `${callsWere(count)} refused because of the country`,
        text: `${about && /^[A-Z]{2}$/.test(about) ? COUNTRIES.of(about) : 'The country'} is not one that your business calls. If it should be, add it.`,
        link: calling,
      };
    case 'limit_reached':
      return {
        title: `${callsWere(count)} refused by a limit`,
        text: `${blockReasonSentence(about ?? '')} If the limit is too low for you, raise it.`,
        link: calling,
      };
    case 'invitation_expired':
      return {
        title: 'An invitation has expired',
        text: `${about ?? 'Somebody'} has not answered within 14 days. Invite them again, or withdraw it.`,
        link: { path: '/people', words: 'People' },
      };
    case 'calls_stay_open':
      return {
        title: `${count === 1 ? 'A call looks' : `${count} calls look`} as if still going on`,
        text: 'They ended long ago. Tell your operator that the function reconcile_fn should run every minute.',
        link: null,
      };
    case 'recordings_late':
      return {
        title: `${count === 1 ? 'A recording is' : `${count} recordings are`} late`,
        text: 'They are not kept, or not deleted, when they should be. Tell your operator that the function recording_fn should run.',
        link: null,
      };
  }
}

/** @param {number} count */
function callsWere(count) {
  return count === 1 ? 'A call was' : `${count} calls were`;
}
