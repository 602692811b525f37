import { FINAL_STATUSES, LIVE_STATUSES, timestamp } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationStatus} ConversationStatus
 * @typedef {import('../../henk-voice/henk-voice.js').Leg} Leg
 * @typedef {import('../../henk-voice/henk-voice.js').Stage} Stage
 */

/** @type {Readonly<Record<ConversationStatus, string>>} */
export const STATUS_WORDS = {
  queued: 'Starting',
  initiated: 'Dialling',
  ringing: 'Ringing',
  'in-progress': 'Talking',
  completed: 'Completed',
  busy: 'Busy',
  'no-answer': 'No answer',
  failed: 'Not reached',
  canceled: 'Canceled',
  blocked: 'Refused',
};

/**
 * The choices of a status filter; no statuses means all.
 *
 * @type {Readonly<Record<string, { label: string, statuses: ConversationStatus[] }>>}
 */
export const STATUS_FILTERS = {
  all: { label: 'All', statuses: [] },
  live: { label: 'Going on', statuses: [...LIVE_STATUSES] },
  ...Object.fromEntries(
    [...FINAL_STATUSES, /** @type {const} */ ('blocked')].map((status) => [
      status,
      { label: STATUS_WORDS[status], statuses: [status] },
    ]),
  ),
};

/** The states of a call. */
export const CALL_STATES = {
  connecting: 'Connecting…',
  ringing: 'Ringing…',
  talking: 'Talking',
  ended: 'Ended',
};

/**
 * What a rep does in a call with more people than a lead. @type {Partial<Record<Stage, string>>}
 */
const STAGES = {
  on_hold: 'On hold',
  consulting: 'Talking in private',
  together: 'Talking together',
};

/**
 * @param {Call} call
 * @returns {string} its state, with what the rep has to know or do
 */
export function callState(call) {
  if (call.reconnecting) return 'Connection lost. Reconnecting…';
  if (call.awaitingMicrophone) return 'Connecting… Allow the microphone if your browser asks.';
  if (call.state !== 'talking' || !call.stage) return CALL_STATES[call.state];
  // While a colleague is rung, the lead may hear music or the rep.
  const isHeld = call.stage === 'ringing' && call.legs.some(isHeldLead);
  return STAGES[isHeld ? 'on_hold' : call.stage] ?? CALL_STATES[call.state];
}

/** @param {Leg} leg */
function isHeldLead({ role, on_hold_since: since }) {
  return role === 'lead' && since !== null;
}

/** What a call of the list does, in the place of “Talking”. @type {Partial<Record<Stage, string>>} */
const LISTED_STAGES = {
  on_hold: 'On hold',
  consulting: 'On hold',
  transferring: 'Transferring',
  returning: 'Coming back',
  transferred: 'Transferred',
};

/**
 * @param {Pick<Conversation, 'status' | 'stage'>} conversation
 * @returns {string} its status in words; while the call goes on, what becomes of the lead
 */
export function statusWord({ status, stage }) {
  const isGoingOn = status === 'in-progress';
  return (isGoingOn && stage && LISTED_STAGES[stage]) || STATUS_WORDS[status];
}

/**
 * @param {number} seconds
 * @returns {string} `0:07`, `12:30`, `1:02:03`
 */
export function duration(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DATE = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/**
 * @param {string} text see `timestamp`
 * @returns {{ short: string, exact: string, iso: string }}
 */
export function when(text) {
  const date = timestamp(text);
  const today = new Date().toDateString() === date.toDateString();
  return {
    short: today ? TIME.format(date) : `${DATE.format(date)}, ${TIME.format(date)}`,
    exact: EXACT.format(date),
    iso: date.toISOString(),
  };
}
