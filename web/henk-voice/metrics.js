/**
 * @typedef {object} Metric
 * @property {string} label
 * @property {string} meaning the definition in one sentence; docs/metrics.md has the same, with the formula
 * @property {'count' | 'rate' | 'seconds'} kind `rate`: 0 to 1
 * @property {'more' | 'less' | null} better null: neither, or it depends
 * @property {readonly [part: MetricName, whole: MetricName]} [of] what a rate or an average is computed from
 *
 * @typedef {'calls' | 'refused' | 'dials' | 'answered' | 'machines' | 'connected' | 'conversations'
 *   | 'successes' | 'undescribed' | 'talk_seconds' | 'hold_seconds' | 'ring_seconds' | 'rings'
 *   | 'wrap_up_seconds' | 'wrap_ups' | 'transferred' | 'measured' | 'fair' | 'poor' | 'leads_reached'
 *   } CountName
 * @typedef {'answer_rate' | 'connect_rate' | 'conversation_rate' | 'success_rate' | 'success_of_dials'
 *   | 'average_talk_seconds' | 'average_ring_seconds' | 'average_wrap_up_seconds' | 'poor_rate'
 *   } RateName
 * @typedef {CountName | RateName | 'helped' | 'helped_seconds'} MetricName
 */

/** What reports count, in the order of the page. @type {Readonly<Record<MetricName, Metric>>} */
export const METRICS = {
  calls: {
    label: 'Calls',
    meaning:
      'Calls that people placed, refused ones too; a call counts once, whoever joined it, and when it is over.',
    kind: 'count',
    better: null,
  },
  refused: {
    label: 'Refused',
    meaning:
      'Calls that were not placed because a rule forbids them: calling hours, the do-not-call list, a limit.',
    kind: 'count',
    better: 'less',
  },
  dials: {
    label: 'Dials',
    meaning:
      'Calls in which the lead’s number was dialled: all calls except those that were refused or ended before.',
    kind: 'count',
    better: null,
  },
  answered: {
    label: 'Answered',
    meaning: 'Dials that somebody or something answered, answering machines too.',
    kind: 'count',
    better: 'more',
  },
  answer_rate: {
    label: 'Answer rate',
    meaning: 'The share of dials that were answered.',
    kind: 'rate',
    better: 'more',
    of: ['answered', 'dials'],
  },
  machines: {
    label: 'Machines',
    meaning:
      'Answered calls in which a machine answered: a message was left, the outcome says so, or Twilio heard a machine and no outcome says otherwise.',
    kind: 'count',
    better: 'less',
  },
  connected: {
    label: 'Reached a person',
    meaning: 'Answered calls in which a person answered: answered calls without the machines.',
    kind: 'count',
    better: 'more',
  },
  connect_rate: {
    label: 'Reach rate',
    meaning: 'The share of dials that reached a person.',
    kind: 'rate',
    better: 'more',
    of: ['connected', 'dials'],
  },
  conversations: {
    label: 'Conversations',
    meaning:
      'Calls that reached a person and lasted as long as the business asks of a conversation, 60 seconds unless it says otherwise.',
    kind: 'count',
    better: 'more',
  },
  conversation_rate: {
    label: 'Conversation rate',
    meaning: 'The share of calls that reached a person and became a conversation.',
    kind: 'rate',
    better: 'more',
    of: ['conversations', 'connected'],
  },
  successes: {
    label: 'Successes',
    meaning: 'Calls that reached a person and have an outcome that the business calls a success.',
    kind: 'count',
    better: 'more',
  },
  success_rate: {
    label: 'Success rate',
    meaning: 'The share of calls that reached a person and were a success.',
    kind: 'rate',
    better: 'more',
    of: ['successes', 'connected'],
  },
  success_of_dials: {
    label: 'Successes of dials',
    meaning: 'The share of dials that were a success.',
    kind: 'rate',
    better: 'more',
    of: ['successes', 'dials'],
  },
  undescribed: {
    label: 'Without an outcome',
    meaning: 'Answered calls of which nobody has said how they ended.',
    kind: 'count',
    better: 'less',
  },
  leads_reached: {
    label: 'First reached',
    meaning: 'Numbers that the business reached a person at for the first time ever.',
    kind: 'count',
    better: 'more',
  },
  talk_seconds: {
    label: 'Talk time',
    meaning: 'The time from the answer to the end of the lead’s line, holds included, ringing not.',
    kind: 'seconds',
    better: null,
  },
  average_talk_seconds: {
    label: 'Average talk time',
    meaning: 'The talk time of an answered call, on average.',
    kind: 'seconds',
    better: null,
    of: ['talk_seconds', 'answered'],
  },
  hold_seconds: {
    label: 'Hold time',
    meaning: 'The part of the talk time in which the lead was on hold.',
    kind: 'seconds',
    better: 'less',
  },
  rings: {
    label: 'Calls with ring time',
    meaning:
      'Answered calls of which it is known when they were dialled and when they were answered.',
    kind: 'count',
    better: null,
  },
  ring_seconds: {
    label: 'Ring time',
    meaning: 'The time from dialling to the answer, of answered calls only.',
    kind: 'seconds',
    better: null,
  },
  average_ring_seconds: {
    label: 'Average ring time',
    meaning: 'The ring time of an answered call, on average.',
    kind: 'seconds',
    better: null,
    of: ['ring_seconds', 'rings'],
  },
  wrap_ups: {
    label: 'Calls with wrap-up time',
    meaning: 'Dials whose first outcome was written within 30 minutes after their end.',
    kind: 'count',
    better: null,
  },
  wrap_up_seconds: {
    label: 'Wrap-up time',
    meaning: 'The time from the end of a call to its first outcome, if that is 30 minutes at most.',
    kind: 'seconds',
    better: null,
  },
  average_wrap_up_seconds: {
    label: 'Average wrap-up time',
    meaning: 'The wrap-up time of a call that has one, on average.',
    kind: 'seconds',
    better: null,
    of: ['wrap_up_seconds', 'wrap_ups'],
  },
  transferred: {
    label: 'Transferred',
    meaning: 'Calls in which the lead was handed over to somebody else, who took over.',
    kind: 'count',
    better: null,
  },
  measured: {
    label: 'Lines measured',
    meaning: 'Calls whose line was measured in the browser of who placed them.',
    kind: 'count',
    better: null,
  },
  fair: {
    label: 'Fair lines',
    meaning: 'Measured calls whose line was fair.',
    kind: 'count',
    better: 'less',
  },
  poor: {
    label: 'Poor lines',
    meaning: 'Measured calls whose line was poor.',
    kind: 'count',
    better: 'less',
  },
  poor_rate: {
    label: 'Poor lines, share',
    meaning: 'The share of measured calls whose line was poor.',
    kind: 'rate',
    better: 'less',
    of: ['poor', 'measured'],
  },
  helped: {
    label: 'Helped',
    meaning: 'Calls of other people that this person joined.',
    kind: 'count',
    better: null,
  },
  helped_seconds: {
    label: 'Time helping',
    meaning: 'How long this person was on calls of other people.',
    kind: 'seconds',
    better: null,
  },
};
