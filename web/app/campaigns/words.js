import { duration, when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue} CampaignQueue
 * @typedef {import('../../henk-voice/henk-voice.js').Entry} Entry
 */

/** Why an entry waits. @type {Readonly<Record<string, string>>} */
export const WAIT_REASONS = {
  call_back: 'Call-back at a time',
  retry: 'To be tried again',
  called_lately: 'Called a short time ago',
  attempts_today: 'Tried often enough today',
  outside_calling_hours: 'Outside calling hours',
  skipped: 'Skipped',
  in_call: 'In a call',
  outcome_missing: 'Outcome is missing',
};

/** Why an entry is done. @type {Readonly<Record<string, string>>} */
export const DONE_REASONS = {
  outcome: 'Has an outcome',
  attempts_used: 'Attempts used up',
  do_not_call: 'On the do-not-call list',
  wrong_number: 'Wrong number',
  no_number: 'No number',
  number_refused: 'Number cannot be called',
  removed: 'Removed from the queue',
};

/** What a rep who has a lead of the campaign does. @type {Readonly<Record<string, string>>} */
export const DOINGS = {
  preview: 'looks at',
  calling: 'calls',
  talking: 'talks with',
  wrap_up: 'writes about',
};

/** @type {Readonly<Record<string, string>>} */
export const MODES = { preview: 'Preview', power: 'Power dialer' };

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [several]
 */
export function counted(count, one, several = `${one}s`) {
  return `${new Intl.NumberFormat('en').format(count)} ${count === 1 ? one : several}`;
}

/** @param {Readonly<Record<string, number>>} byReason */
export function sum(byReason) {
  return Object.values(byReason).reduce((total, count) => total + count, 0);
}

/**
 * @param {CampaignQueue['counts']} counts
 * @returns {string} for the list of campaigns: `12 due · 30 wait · 2 paused · 60 done`
 */
export function countsInShort({ due, waiting, leased, paused, done }) {
  const parts = [
    [due, 'due'],
    [leased, 'with a rep'],
    [sum(waiting), 'wait'],
    [paused, 'paused'],
    [sum(done), 'done'],
  ];
  const shown = parts.filter(([count]) => count).map(([count, word]) => `${count} ${word}`);
  return shown.join(' · ') || 'No leads in the queue';
}

/**
 * @param {Entry} entry
 * @returns {{ state: string, why: string }} both for people; `why` may be empty
 */
export function entryWords(entry) {
  const { state, is_due: isDue, next_at: nextAt, wait_reason: wait, done_reason: done } = entry;
  const waits = (wait && WAIT_REASONS[wait]) || '';
  switch (state) {
    case 'leased':
      return { state: 'With a rep', why: '' };
    case 'paused':
      return { state: 'Paused', why: wait === 'outcome_missing' ? waits : '' };
    case 'done':
      return { state: 'Done', why: (done && DONE_REASONS[done]) || '' };
    default:
      if (isDue) return { state: 'Due now', why: '' };
      return { state: nextAt ? `Waits until ${when(nextAt).short}` : 'Waits', why: waits };
  }
}

/**
 * @param {string} since
 * @param {number} now milliseconds since 1970
 * @returns {string} `2:14`
 */
export function lasting(since, now) {
  return duration(Math.max(0, Math.floor((now - Date.parse(since)) / 1000)));
}
