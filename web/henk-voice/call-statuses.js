/**
 * The statuses of a call, as Twilio names them.
 * https://www.twilio.com/docs/voice/api/call-resource#call-status-values
 */

/** A call with one of these is still going on. */
export const LIVE_STATUSES = Object.freeze(
  /** @type {const} */ (['queued', 'initiated', 'ringing', 'in-progress']),
);

/**
 * A call with one of these is over. The database (`private.is_final`) and the endpoints
 * (`shared/call_statuses.py`) have the same list; a test compares them.
 */
export const FINAL_STATUSES = Object.freeze(
  /** @type {const} */ (['completed', 'busy', 'no-answer', 'failed', 'canceled']),
);

/**
 * The status of a conversation. Twilio does not know `blocked`: it is our own word for a call that
 * was refused, and was never placed.
 *
 * @typedef {(typeof LIVE_STATUSES)[number] | (typeof FINAL_STATUSES)[number] | 'blocked'} ConversationStatus
 */

/**
 * Whether a conversation with this status is over, because its call ended or was never placed.
 *
 * @param {ConversationStatus} status
 */
export function isOver(status) {
  return status === 'blocked' || /** @type {readonly string[]} */ (FINAL_STATUSES).includes(status);
}
