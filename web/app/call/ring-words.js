import { isOver } from '../../henk-voice/henk-voice.js';
import { leadOf } from './lead-name.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Ring} Ring
 * @typedef {import('./who-hears.js').Sentence} Sentence
 */

/**
 * What a phone that rings is about, in words.
 *
 * @param {Pick<Ring, 'reason' | 'by' | 'conversation'>} ring
 * @param {(userId: string | null) => string} nameOf
 * @returns {{ lead: string, title: Sentence, meaning: Sentence }} `meaning`: whom the rep will talk to,
 *   and what the lead hears until then
 */
export function ringWords({ reason, by, conversation }, nameOf) {
  const lead = leadOf(conversation);
  const name = { name: lead };
  const colleague = { name: by ? nameOf(by) : 'A colleague' };
  // Until the conversation is known, no lead is named and nothing is promised.
  if (!conversation) return { lead, title: unread(reason, colleague), meaning: [] };
  if (reason === 'return') {
    return {
      lead,
      title: [name, ' comes back to you'],
      meaning: [name, ' hears it ring, and talks to you at once.'],
    };
  }
  // The rep stays, and waits for whom they have rung.
  const gone = [name, ' is not on the call any more. You talk to ', colleague, '.'];
  const isGone = isOver(conversation.status);
  if (reason === 'add') {
    return {
      lead,
      title: [colleague, ' asks you to join the call with ', name],
      meaning: isGone ? gone : ['Everybody on the call hears you as soon as you accept.'],
    };
  }
  const title = [colleague, ' transfers ', name, ' to you'];
  if (isGone) return { lead, title, meaning: gone };
  const isCold = conversation.stage === 'transferring';
  return {
    lead,
    title,
    meaning: isCold
      ? [name, ' hears it ring, and talks to you at once.']
      : ['You talk to ', colleague, ' first. ', name, ' hears music meanwhile.'],
  };
}

/**
 * @param {Ring['reason']} reason
 * @param {{ name: string }} colleague
 * @returns {Sentence}
 */
function unread(reason, colleague) {
  if (reason === 'return') return ['A call comes back to you'];
  return [colleague, reason === 'add' ? ' asks you to join a call' : ' transfers a call to you'];
}
