import { isOver } from './call-statuses.js';

/**
 * @typedef {import('./call-statuses.js').ConversationStatus} ConversationStatus
 * @typedef {import('./conversations.js').Conversation} Conversation
 *
 * @typedef {'on_hold' | 'ringing' | 'consulting' | 'together' | 'transferring' | 'returning'
 *   | 'transferred'} Stage what is going on besides a rep and a lead who talk.
 *   `on_hold`: the lead hears music, and nobody else is on the call.
 *   `ringing`: somebody is rung, for a warm transfer or because they were added.
 *   `consulting`: rep and colleague talk, and the lead is on hold.
 *   `together`: somebody else is on the call, and the lead hears everybody.
 *   `transferring`: a colleague is rung for the lead (cold), and the rep has left.
 *   `returning`: nobody answered, so the person who transferred is rung for the lead.
 *   `transferred`: the rep has left, and somebody else talks to the lead
 *
 * @typedef {object} Leg one person of a call, also one who was only asked to join; `timestamp()` reads
 *   its times
 * @property {string} id
 * @property {'agent' | 'lead' | 'teammate' | 'third_party'} role `agent`: the rep who placed the call
 * @property {string | null} user_id of an agent or teammate
 * @property {string | null} to_number of a lead or third party
 * @property {string | null} call_sid null until Twilio has told it
 * @property {ConversationStatus} status
 * @property {string | null} asked_at null for the agent's and the lead's first legs
 * @property {string | null} initiated_at
 * @property {string | null} ringing_at
 * @property {string | null} answered_at
 * @property {string | null} ended_at
 * @property {number | null} duration_seconds from answered to ended
 * @property {string | null} [dropped_at] when the lead was left alone with a recorded message, which ended
 *   the call for everybody else
 * @property {string | null} on_hold_since null if the person is not on hold
 * @property {string | null} declined_at when the person declined the call
 * @property {string | null} ended_by
 * @property {boolean} is_host if the host leaves, the others cannot go on without being rung again
 *
 * @typedef {Conversation & { legs: Leg[] }} ConversationWithLegs
 */

/**
 * @param {Leg} leg
 * @returns {boolean} whether the person is on the call
 */
export function isOnCall(leg) {
  // Nobody tells when the rep who placed the call was connected: they are on it from its beginning.
  const hasPlacedIt = leg.role === 'agent' && leg.asked_at === null;
  return !isEnded(leg) && (leg.answered_at !== null || hasPlacedIt);
}

/**
 * @param {Leg} leg
 * @returns {boolean} whether the person was asked to join, and has neither answered nor declined nor is
 *   given up
 */
export function isAsked(leg) {
  const { asked_at: askedAt, answered_at: answeredAt, declined_at: declinedAt } = leg;
  return askedAt !== null && answeredAt === null && declinedAt === null && !isEnded(leg);
}

/** @param {Leg} leg */
function isEnded({ ended_at: endedAt, status }) {
  return endedAt !== null || isOver(status);
}

/**
 * @param {readonly Leg[]} legs
 * @returns {Leg | undefined} the lead's leg that is on the call
 */
export function leadOf(legs) {
  return legs.find((leg) => leg.role === 'lead' && isOnCall(leg));
}

/**
 * @param {readonly Leg[]} legs
 * @param {string | null} callSid of a browser's leg
 * @returns {Leg | undefined}
 */
export function legOf(legs, callSid) {
  return callSid ? legs.find(({ call_sid: sid }) => sid === callSid) : undefined;
}

/**
 * @param {readonly Leg[]} legs
 * @param {string} userId
 * @returns {Leg | undefined} the last one that the user was asked for
 */
export function latestLegFor(legs, userId) {
  const asked = legs.filter((leg) => leg.user_id === userId && leg.asked_at !== null);
  return asked.sort((a, b) => (String(a.asked_at) < String(b.asked_at) ? 1 : -1))[0];
}

/**
 * The phone network does not end a room when the lead leaves it, so the last person would hear nothing.
 *
 * @param {readonly Leg[]} legs
 * @param {string | null} callSid of a browser's leg
 * @returns {boolean} whether the lead has left, and nobody else is there
 */
export function isLeftAlone(legs, callSid) {
  const own = legOf(legs, callSid);
  if (!own || !isOnCall(own) || !legs.some(({ role }) => role === 'lead')) return false;
  return legs.every((leg) => leg === own || (!isOnCall(leg) && !isAsked(leg)));
}
