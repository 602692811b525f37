import { timestamp } from '../henk-voice/henk-voice.js';

/**
 * @typedef {import('../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../henk-voice/henk-voice.js').ConversationStatus} ConversationStatus
 * @typedef {import('../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
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

/** What a filter offers, and the statuses that it means. @type {Readonly<Record<string, { label: string, statuses: ConversationStatus[] }>>} */
export const STATUS_FILTERS = {
  all: { label: 'All', statuses: [] },
  completed: { label: 'Completed', statuses: ['completed'] },
  live: { label: 'Going on', statuses: ['queued', 'initiated', 'ringing', 'in-progress'] },
  'no-answer': { label: 'No answer', statuses: ['no-answer'] },
  busy: { label: 'Busy', statuses: ['busy'] },
  canceled: { label: 'Canceled', statuses: ['canceled'] },
  failed: { label: 'Not reached', statuses: ['failed'] },
  blocked: { label: 'Refused', statuses: ['blocked'] },
};

/** What a call can come to, as it is stored and as it is shown. */
export const OUTCOMES = /** @type {const} */ ([
  ['connected', 'Connected'],
  ['interested', 'Interested'],
  ['callback', 'Call back'],
  ['not_interested', 'Not interested'],
  ['voicemail', 'Voicemail'],
  ['wrong_number', 'Wrong number'],
]);

/**
 * @param {string} outcome
 * @returns {string} itself, where another client stored one that this page does not know
 */
export function outcomeWord(outcome) {
  return OUTCOMES.find(([value]) => value === outcome)?.[1] ?? outcome;
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
 * @param {string} text a time from the database
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
