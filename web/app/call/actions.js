/**
 * @typedef {import('../../henk-voice/henk-voice.js').Stage} Stage
 * @typedef {import('./parties.js').Party} Party
 *
 * @typedef {object} Offered what the page offers in a state of the call
 * @property {boolean} hold the lead can be put on hold
 * @property {boolean} resume
 * @property {boolean} transfer
 * @property {boolean} add
 * @property {Party[]} complete who gets the lead when the rep leaves
 * @property {boolean} merge
 * @property {Party | null} cancel who is not rung or talked to any more; the rep is back with the lead
 * @property {Party[]} remove who can be taken off the call
 * @property {boolean} leave hanging up does not end the call for the others
 */

/** @type {Readonly<Offered>} */
const NOTHING = {
  hold: false,
  resume: false,
  transfer: false,
  add: false,
  complete: [],
  merge: false,
  cancel: null,
  remove: [],
  leave: false,
};

/**
 * @param {object} call
 * @param {boolean} call.isTalking whether this browser is on the call, and it was answered
 * @param {Stage | null} call.stage
 * @param {readonly Party[]} call.parties in the order in which they came
 * @returns {Offered} what makes sense now; the server has the last word
 */
export function offered({ isTalking, stage, parties }) {
  const lead = parties.find(({ role }) => role === 'lead');
  const present = parties.filter(({ role, state }) => role !== 'lead' && state !== 'left');
  const others = present.filter(({ isYou }) => !isYou);
  if (!isTalking && stage === 'transferring') {
    return { ...NOTHING, cancel: others.find(({ state }) => state === 'rings') ?? null };
  }
  // The call of a lead who has left is over as soon as the people of the business hang up.
  if (!isTalking || lead?.state === 'left') return NOTHING;
  const removable = others.filter(({ isHost }) => !isHost);
  const ringing = others.filter(({ state }) => state === 'rings');
  const talking = others.filter(({ state }) => state === 'talks');
  // Who is asked for advice does not decide what becomes of the lead.
  const host = present.find(({ isHost }) => isHost);
  const isHost = host?.isYou ?? true;
  const decides = isHost || !host?.userId;
  switch (stage) {
    case 'on_hold':
      return { ...NOTHING, resume: true, transfer: true };
    case 'ringing':
      if (lead?.state !== 'holds') return { ...NOTHING, remove: removable };
      return { ...NOTHING, cancel: (decides && ringing.at(-1)) || null };
    case 'consulting':
      // They hang up, and the rep is back with the lead.
      if (!decides) return { ...NOTHING, leave: true };
      // When the host leaves, all others go on. Nobody is sent away whom the rep has not named.
      if (!isHost || talking.length > 1) {
        return { ...NOTHING, complete: isHost ? talking : [], merge: true, remove: removable };
      }
      return { ...NOTHING, complete: talking, merge: true, cancel: talking[0] ?? null };
    case 'together':
      // Whoever puts the lead on hold decides what becomes of them.
      return { ...NOTHING, hold: decides, add: true, remove: removable, leave: true };
    case 'transferring':
    case 'returning':
      return NOTHING;
    default:
      return { ...NOTHING, hold: true, transfer: true, add: true };
  }
}
