import { blockReasonSentence } from './block-reasons.js';
import { isOver } from './call-statuses.js';

/**
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {'hung_up' | 'lead_hung_up' | 'canceled' | 'busy' | 'no_answer' | 'not_reached'
 *   | 'refused' | 'time_limit' | 'removed' | 'handed_over' | 'goes_on' | 'message_left' | 'missed'
 *   | 'failure' | 'ended'} EndCode
 *   `removed`: somebody else took the rep off the call.
 *   `handed_over`: the rep has transferred the call, or completed a transfer.
 *   `goes_on`: the lead is on the call with somebody else.
 *   `message_left`: the rep has left a recorded message.
 *   `missed`: a call that came in was over, or answered on another device, before it was connected.
 *   `ended`: the exact code is not known yet
 *
 * @typedef {object} EndReason
 * @property {EndCode} code
 * @property {string} message
 * @property {Failure} [failure] if the code is `failure`
 * @property {string} [blockReason] if the code is `refused`
 *
 * @typedef {object} Ending what is known about the end of a call
 * @property {boolean} hungUpHere the rep hung up
 * @property {boolean} answered the lead answered
 * @property {EndCode | null} networkCode what the phone network said; see `endCodeOfSdk`
 * @property {Failure | null} failure
 * @property {Conversation | null} conversation
 * @property {boolean} [isIncoming] the call came in
 * @property {'handed_over' | 'message_left' | null} [leftBy] what the rep has asked for
 * @property {boolean} [wasRemoved] somebody else took the rep off the call
 * @property {boolean} [goesOn] the lead is on the call without this browser
 */

/** @type {Readonly<Record<EndCode, string>>} */
const SENTENCES = {
  hung_up: 'You hung up.',
  lead_hung_up: 'The other side hung up.',
  canceled: 'You hung up before anybody answered.',
  busy: 'The line is busy.',
  no_answer: 'Nobody answered.',
  not_reached: 'The number could not be reached.',
  refused: 'The call was not placed.',
  time_limit: 'The call reached its time limit.',
  removed: 'You were taken off the call.',
  handed_over: 'You handed the call over.',
  goes_on: 'The call goes on without you.',
  message_left: 'The message is being left.',
  missed: 'The call was over, or answered on another device, before you were connected.',
  failure: 'The call failed.',
  ended: 'The call is over.',
};

/** The Voice SDK's error codes that are ordinary endings. @type {Readonly<Record<number, EndCode>>} */
const SDK_CODES = {
  31404: 'not_reached',
  31480: 'no_answer',
  31486: 'busy',
};

/** @type {Readonly<Partial<Record<Conversation['status'], EndCode>>>} */
const STATUS_CODES = {
  busy: 'busy',
  'no-answer': 'no_answer',
  failed: 'not_reached',
  canceled: 'canceled',
};

/**
 * @param {number} sdkCode of an error of the Voice SDK
 * @returns {EndCode | null} null if the error is a failure and not an ordinary ending
 */
export function endCodeOfSdk(sdkCode) {
  return SDK_CODES[sdkCode] ?? null;
}

/**
 * @param {import('./control.js').ControlWish} wish
 * @returns {'handed_over' | 'message_left' | null} how the rep leaves the call by it; null if they stay
 */
export function leavingBy({ action, mode }) {
  if (action === 'drop_voicemail') return 'message_left';
  return action === 'complete' || mode === 'cold' ? 'handed_over' : null;
}

/**
 * @param {readonly import('./legs.js').Leg[]} legs
 * @returns {'message_left' | null} the same, as the database knows it
 */
export function leftBy(legs) {
  return legs.some(({ dropped_at: droppedAt }) => droppedAt) ? 'message_left' : null;
}

/**
 * Why a call ended. The answer becomes more exact when more is known, above all the conversation.
 *
 * @param {Ending} ending
 * @returns {EndReason}
 */
export function endReason(ending) {
  const { conversation, failure, hungUpHere } = ending;
  if (conversation?.status === 'blocked') {
    const blockReason = conversation.block_reason ?? '';
    const message = `${SENTENCES.refused} ${blockReasonSentence(blockReason)}`;
    return { code: 'refused', message, blockReason };
  }
  if (failure && !hungUpHere && !isDuringNotice(ending)) {
    return { code: 'failure', message: `${failure.message} ${failure.action}`, failure };
  }
  const code = endCode(ending);
  if (code === 'canceled' && ending.isIncoming) {
    return { code, message: 'You hung up before you were connected.' };
  }
  return { code, message: SENTENCES[code] };
}

/**
 * A lead who hangs up while they hear that the call is recorded was never connected. The phone network says
 * that it declined the call.
 *
 * @param {Ending} ending
 */
function isDuringNotice({ conversation, failure, answered, isIncoming }) {
  if (failure?.code !== 'call_declined' || answered || isIncoming) return false;
  const heard = conversation?.recording_consent?.notice_started_at;
  return Boolean(heard) || conversation?.status === 'completed';
}

/**
 * @param {Ending} ending
 * @returns {EndCode}
 */
function endCode(ending) {
  const { conversation, hungUpHere, answered, networkCode } = ending;
  const { isIncoming, leftBy, wasRemoved, goesOn } = ending;
  if (leftBy) return leftBy;
  if (wasRemoved && answered && !hungUpHere) return 'removed';
  if (goesOn) return 'goes_on';
  if (isIncoming && !hungUpHere && !answered) return 'missed';
  const talked = answered || conversation?.status === 'completed' || isDuringNotice(ending);
  if (hungUpHere) return talked ? 'hung_up' : 'canceled';
  if (conversation && isOver(conversation.status)) {
    const { duration_seconds: seconds, time_limit_seconds: limit } = conversation;
    if (seconds !== null && limit !== null && seconds >= limit - 1) return 'time_limit';
    const code = STATUS_CODES[conversation.status];
    if (code) return code;
  }
  if (networkCode) return networkCode;
  return talked ? 'lead_hung_up' : 'ended';
}
