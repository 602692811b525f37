/**
 * @typedef {import('../../henk-voice/henk-voice.js').Stage} Stage
 * @typedef {import('./parties.js').Party} Party
 */

/**
 * What Twilio believes to have heard. It is a hint: it is wrong often enough that nothing is done because
 * of it. https://www.twilio.com/docs/voice/answering-machine-detection
 *
 * @type {Readonly<Record<string, string>>}
 */
const HINTS = {
  machine_start: 'This may be an answering machine. Wait for the beep.',
  machine_end_beep: 'This may be an answering machine: there was a beep.',
  machine_end_silence: 'This may be an answering machine: its greeting is over.',
  machine_end_other: 'This may be an answering machine: its greeting is over.',
  fax: 'This may be a fax machine.',
};

/**
 * @param {string | null | undefined} answeredBy
 * @returns {string} empty if nothing is known, or if a person answered
 */
export function machineHint(answeredBy) {
  return (answeredBy && HINTS[answeredBy]) || '';
}

/**
 * Whether a message can be left: only the rep and the lead are on the call. Others would be cut off.
 *
 * @param {{ isTalking: boolean, stage: Stage | null, parties: readonly Party[] }} call
 */
export function canLeaveMessage({ isTalking, stage, parties }) {
  if (!isTalking || (stage !== null && stage !== 'on_hold')) return false;
  const present = parties.filter(({ state }) => state !== 'left');
  return (
    present.some(({ role }) => role === 'lead') &&
    present.every(({ role, isYou }) => role === 'lead' || isYou)
  );
}
