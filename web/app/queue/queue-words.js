import { when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Queue} Queue
 * @typedef {import('../../henk-voice/henk-voice.js').QueueEntry} QueueEntry
 * @typedef {import('../../henk-voice/campaigns.js').QueueCounts} QueueCounts
 * @typedef {import('../../henk-voice/campaigns.js').NextInQueue} NextInQueue
 */

/** What leads of a queue wait for. @type {Readonly<Record<string, string>>} */
const WAITS = {
  retry: 'waiting for another try',
  call_back: 'with an agreed time',
  outside_calling_hours: 'outside calling hours',
  called_lately: 'called within the last hour',
  attempts_today: 'called often enough today',
  skipped: 'skipped for now',
  in_call: 'in a call',
  outcome_missing: 'without an outcome',
};

/** Why leads of a queue are done. @type {Readonly<Record<string, string>>} */
const DONE = {
  outcome: 'done',
  attempts_used: 'called as often as allowed',
  do_not_call: 'not to be called',
  wrong_number: 'with a wrong number',
  no_number: 'without a number',
  number_refused: 'with a number that cannot be called',
  removed: 'taken out',
};

/**
 * What the queue does, and what the rep can do, for the state line.
 *
 * @param {Pick<Queue, 'state' | 'why' | 'holds' | 'entry'>} queue
 * @returns {string}
 */
export function stateLine({ state, why, holds, entry }) {
  if (state === 'off') return 'Choose a campaign to call its leads one after the other.';
  if (state === 'looking') return 'Looking for the next lead…';
  if (state === 'calling') return 'In the call.';
  if (state === 'countdown') {
    return holds.length ? 'Waits while you write.' : 'Any key or click stops it.';
  }
  if (why && !(why.code === 'not_started' && !entry)) return sentenceOf(state, why);
  if (state === 'wrap_up') return 'How did it go?';
  if (state === 'preview') return 'Call when you are ready.';
  return 'Start, and the first lead is shown.';
}

/**
 * @param {Queue['state']} state
 * @param {NonNullable<Queue['why']>} why
 * @returns {string} the page connects by itself again, but a queue that has stopped waits for the rep: nobody must be
 *   called because a cable was plugged in
 */
function sentenceOf(state, { code, message, action }) {
  if (state !== 'stopped' || action.includes('Start')) return `${message} ${action}`;
  if (code === 'offline') return `${message} When it is again, press Start.`;
  if (action.includes('call again'))
    return `${message} ${action.replace('call again', 'press Start')}`;
  return `${message} ${action} Then press Start.`;
}

/**
 * @param {Pick<QueueEntry, 'attempts' | 'why_now' | 'call_back_at'>} entry
 * @returns {string} why this lead, and what was before
 */
export function aboutEntry({ attempts, why_now: why, call_back_at: at }) {
  if (why === 'call_back' && at) return `Agreed for ${when(at).short}`;
  if (attempts === 0) return 'Not called yet';
  return attempts === 1 ? 'Called once before' : `Called ${attempts} times before`;
}

/**
 * @param {NextInQueue} next
 * @param {(key: string) => string} outcomeWord
 * @returns {string}
 */
export function aboutNext({ why, last_called_at: at, last_outcome: outcome }, outcomeWord) {
  const last = at ? `called ${when(at).short}` : '';
  const parts = [why === 'call_back' ? 'call back' : '', last, outcome ? outcomeWord(outcome) : ''];
  return parts.filter(Boolean).join(' · ') || 'new';
}

/**
 * @param {QueueCounts} counts
 * @returns {string[]} how many leads are not due, by the reason
 */
export function restOf({ waiting, paused, done }) {
  /** @type {(counts: Record<string, number>, words: Readonly<Record<string, string>>) => string[]} */
  const lines = (found, words) =>
    Object.entries(found)
      .filter(([, count]) => count > 0)
      .sort(([, one], [, other]) => other - one)
      .map(([reason, count]) => `${count} ${words[reason] ?? reason}`);
  return [
    ...lines(waiting, WAITS),
    ...(paused > 0 ? [`${paused} paused`] : []),
    ...lines(done, DONE),
  ];
}
