import { blockReasonSentence } from './block-reasons.js';

/**
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {keyof typeof REASONS} QueueCode stable: programs may compare it
 *
 * @typedef {object} QueueReason why the queue does not go on; it has the fields of a `Failure`
 * @property {QueueCode | 'refused'} code
 * @property {string} title a short name
 * @property {string} message what happened
 * @property {string} action what to do
 * @property {string} [blockReason] if the code is `refused`
 */

const START = 'Press Start to go on.';

/** For each reason: its title, what happened, and what to do. docs/client-library.md has a table of them. */
export const REASONS = /** @type {const} */ ({
  not_started: ['Not started', 'The queue has not been started.', 'Press Start.'],
  paused: ['Paused', 'You have paused the queue.', START],
  held: [
    'Waiting for you',
    'You are writing, or something that you wrote is not saved yet.',
    'The queue goes on by itself when it is saved.',
  ],
  tab_hidden: ['Stopped', 'This tab was out of sight for a minute.', START],
  asleep: ['Stopped', 'This device was asleep.', START],
  idle: [
    'Stopped',
    'Nothing has happened for five minutes, so the lead was given back to the queue.',
    START,
  ],
  other_tab: [
    'Running elsewhere',
    'Another tab of this browser runs the queue.',
    'Go on there, or pause it there and press Start here.',
  ],
  lease_lost: [
    'Lead given away',
    'This lead is not reserved for you any more: a manager has paused or removed it, the connection was lost for too long, or you have opened the queue in another browser.',
    START,
  ],
  campaign_paused: [
    'Campaign paused',
    'A manager has paused this campaign.',
    'Choose another campaign, or press Start when it goes on.',
  ],
  campaign_gone: [
    'No such campaign',
    'This campaign does not exist any more, or you may not see it.',
    'Choose another campaign.',
  ],
  calls_failed: [
    'Stopped after failed calls',
    'Three calls in a row could not be placed.',
    `Check your connection and the numbers of these leads. ${START}`,
  ],
  device_lost: [
    'Stopped',
    'Your headset, microphone or speaker is gone.',
    `Connect it again, or choose another one. ${START}`,
  ],
  call_open: [
    'The call is not over yet',
    'The phone network has not said yet how the call ended.',
    'The queue goes on by itself when it is known.',
  ],
  outcome_missing: [
    'Outcome missing',
    'Somebody answered this call, and it has no outcome yet.',
    'Choose an outcome.',
  ],
  unknown_outcome: [
    'No such outcome',
    'This outcome is not on the list of your business any more.',
    'Choose another outcome.',
  ],
  nothing_due: [
    'Nothing to call now',
    'All leads of this queue wait for their time.',
    'The queue goes on by itself when one of them may be called.',
  ],
  empty: [
    'Nothing left',
    'No lead of this queue is left to call.',
    'Add leads to the queue, or choose another campaign.',
  ],
});

/**
 * @param {QueueCode} code
 * @returns {QueueReason}
 */
export function queueReason(code) {
  const [title, message, action] = REASONS[code];
  return { code, title, message, action };
}

/** Refusals that are about the lead: the queue goes on with the next one. */
const ABOUT_THE_LEAD = new Set([
  'invalid_number',
  'several_numbers',
  'number_type_not_allowed',
  'unknown_lead',
  'do_not_call',
  'country_not_allowed',
  'outside_calling_hours',
  'with_colleague',
]);

/**
 * @param {string} blockReason
 * @returns {boolean} whether another lead may be called although this one is refused
 */
export function isAboutTheLead(blockReason) {
  return ABOUT_THE_LEAD.has(blockReason);
}

/**
 * @param {string} blockReason
 * @returns {QueueReason}
 */
export function refusal(blockReason) {
  if (blockReason === 'lease_lost' || blockReason === 'campaign_paused') {
    return queueReason(blockReason);
  }
  const message = blockReasonSentence(blockReason);
  return { code: 'refused', title: 'The call was refused', message, action: START, blockReason };
}
