import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 */

/**
 * The name of the lead of a call.
 *
 * @param {Pick<Call, 'wishes' | 'conversation'>} call
 * @param {string} placedAs the name that the call was placed with; empty for a call that came in
 * @returns {string} if no contact was chosen, the one for whom the database has the call
 */
export function leadNameOf({ wishes, conversation }, placedAs) {
  if (wishes.leadId && placedAs) return placedAs;
  // A call may be taken before it was read: then only its row knows the number.
  const number = wishes.to.split(';')[0] || (conversation?.to_number ?? '');
  return nameIn(conversation) ?? (placedAs || formatNumber(number) || LEAD);
}

/**
 * @param {Conversation | ConversationInHistory | null} conversation
 * @returns {string} the contact's name, or else the number
 */
export function leadOf(conversation) {
  return nameIn(conversation) ?? (formatNumber(conversation?.to_number ?? '') || LEAD);
}

const LEAD = 'The lead';

/** @param {Conversation | ConversationInHistory | null} conversation */
function nameIn(conversation) {
  const { lead } = /** @type {Partial<ConversationInHistory>} */ (conversation ?? {});
  return lead?.name;
}
