import { when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').LeadStory} LeadStory
 * @typedef {import('../call/who-hears.js').Sentence} Sentence
 * @typedef {{ kind: 'bad' | 'warn' | 'plain', sentence: Sentence }} Flag
 */

/**
 * What a rep has to know before they call a lead, the worst first.
 *
 * @param {LeadStory} story
 * @param {string} userId who reads it
 * @returns {Flag[]}
 */
export function flagsOf(
  { lead, talking_now: talking, leased_by: leased, call_back: promise },
  userId,
) {
  /** @type {Flag[]} */
  const flags = [];
  const { do_not_call: forbidden, wrong_number_at: wrongAt } = lead;
  if (forbidden) {
    const { by, reason } = forbidden;
    const who = by ? [' by ', { name: by }] : [];
    const why = reason ? [': ', { name: reason }] : [];
    flags.push({
      kind: 'bad',
      sentence: ['Do not call. Written down ', when(forbidden.at).short, ...who, ...why],
    });
  }
  if (wrongAt) flags.push({ kind: 'bad', sentence: ['Wrong number since ', when(wrongAt).short] });
  if (talking && talking.user_id !== userId) {
    flags.push({
      kind: 'warn',
      sentence: [{ name: talking.name ?? 'A colleague' }, ' is in a call with them now'],
    });
  } else if (leased && leased.user_id !== userId) {
    flags.push({
      kind: 'warn',
      sentence: [{ name: leased.name ?? 'A colleague' }, ' has them in front of them now'],
    });
  }
  if (promise) {
    const { user_id: forWhom, user_name: name } = promise;
    const who = forWhom === userId ? 'you' : (name ?? 'a colleague');
    flags.push({
      kind: 'plain',
      sentence: [
        'Call back ',
        when(promise.due_at).short,
        ' · ',
        forWhom ? { name: who } : 'anybody',
      ],
    });
  }
  return flags;
}
