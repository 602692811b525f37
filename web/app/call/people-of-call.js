import { formatNumber } from '../shared/phone-format.js';
import { partiesOf } from './parties.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../shared/team.js').Team} Team
 * @typedef {import('./parties.js').Party} Party
 */

/**
 * The people of this browser's call.
 *
 * @param {Call} call
 * @param {{ userId: string, team: Team }} reader who is signed in, and the members of their business
 * @param {string} leadName
 * @returns {Party[]}
 */
export function peopleOf(call, { userId, team }, leadName) {
  return partiesOf(call.legs, {
    userId,
    callSid: call.callSid,
    isOnCall: call.state === 'talking',
    isPlain: call.stage === null && call.direction === 'outbound',
    leadName,
    nameOf: (id) => team.nameOf(id),
    // A number is not broken into two lines.
    nameOfNumber: (number) => formatNumber(number).replaceAll(' ', '\u00a0'),
  });
}
