/**
 * @typedef {import('./parties.js').Party} Party
 * @typedef {import('./parties.js').PartyEnding} PartyEnding
 * @typedef {import('./who-hears.js').Sentence} Sentence
 */

/** What is said when somebody's phone stops ringing. @type {Partial<Record<PartyEnding, string>>} */
const UNANSWERED = {
  declined: ' declined.',
  no_answer: ' did not answer.',
  busy: ' is busy.',
  not_reached: ' could not be reached.',
};

/**
 * What happened to people since the call was last looked at, and what the reader can do now.
 *
 * @param {readonly Party[]} before
 * @param {readonly Party[]} now
 * @returns {Sentence | null} null if nobody left
 */
export function newsOf(before, now) {
  for (const party of now) {
    const known = before.find(({ legId }) => legId === party.legId);
    if (party.isYou || party.state !== 'left') continue;
    // That they declined may be known later than that their phone does not ring any more.
    if (known?.state === 'left' && (known.ending === party.ending || party.ending === 'left'))
      continue;
    // Who was never seen before is news only if their phone rang in vain.
    const unanswered = party.ending && UNANSWERED[party.ending];
    if (unanswered) return [{ name: party.name }, unanswered, ...advice(now)];
    if (known && party.ending === 'left') {
      const isLead = party.role === 'lead';
      // That the lead is gone is said with who hears whom.
      if (isLead && now.some(({ isYou, state }) => !isYou && state === 'talks')) return null;
      const words = isLead ? ' hung up.' : ' has left the call.';
      return [{ name: party.name }, words, ...advice(now)];
    }
  }
  return null;
}

/**
 * Whether somebody rings or answers who did not before: older news are out of date then.
 *
 * @param {readonly Party[]} before
 * @param {readonly Party[]} now
 */
export function isSomebodyNew(before, now) {
  return now.some((party) => {
    const known = before.find(({ legId }) => legId === party.legId);
    if (party.state === 'left' || known?.state === 'talks') return false;
    if (!known || known.state === 'left') return true;
    return known.state === 'rings' && party.state !== 'rings';
  });
}

/**
 * @param {readonly Party[]} parties
 * @returns {Sentence}
 */
function advice(parties) {
  const lead = parties.find(({ role }) => role === 'lead');
  if (lead?.state !== 'holds') return [];
  const others = parties.some(({ isYou, role, state }) => {
    return !isYou && role !== 'lead' && state !== 'left';
  });
  if (others) return [];
  return [' Go back to ', { name: lead.name }, ', or choose somebody else.'];
}
