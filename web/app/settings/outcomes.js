/**
 * @typedef {import('../../henk-voice/henk-voice.js').Outcome} Outcome
 * @typedef {import('../../henk-voice/henk-voice.js').OutcomeEffect} OutcomeEffect
 */

/** What an outcome does, and how the page says it. */
export const EFFECTS = /** @type {const} */ ([
  ['done', 'Done', 'The lead is done in this campaign.'],
  ['retry', 'Try again', 'The lead is tried again by the campaign’s retry rules.'],
  ['call_back', 'Call back', 'The rep says when. The lead is called back at that time.'],
  [
    'wrong_number',
    'Wrong number',
    'The number is marked as wrong. The lead is done in every campaign until somebody corrects it.',
  ],
  [
    'do_not_call',
    'Do not call',
    'The number goes on the do-not-call list at once. Another outcome does not take it off the list.',
  ],
]);

/**
 * @param {OutcomeEffect} effect
 * @returns {string}
 */
export function effectWord(effect) {
  return EFFECTS.find(([value]) => value === effect)?.[1] ?? effect;
}

/**
 * @param {readonly Outcome[]} outcomes in their order
 * @param {string} key of the one that is moved
 * @param {-1 | 1} by up or down
 * @returns {{ key: string, position: number }[]} the positions that change
 */
export function moved(outcomes, key, by) {
  const keys = outcomes.map((outcome) => outcome.key);
  const from = keys.indexOf(key);
  const other = keys[from + by];
  if (from < 0 || other === undefined) return [];
  keys[from] = other;
  keys[from + by] = key;
  const before = new Map(outcomes.map((outcome) => [outcome.key, outcome.position]));
  return keys
    .map((one, index) => ({ key: one, position: index + 1 }))
    .filter((one) => before.get(one.key) !== one.position);
}

/**
 * @param {readonly Outcome[]} outcomes
 * @returns {{ used: Outcome[], archived: Outcome[] }} in their order
 */
export function sortedOutcomes(outcomes) {
  const sorted = [...outcomes].sort((a, b) => a.position - b.position || (a.key < b.key ? -1 : 1));
  return {
    used: sorted.filter((outcome) => !outcome.is_archived),
    archived: sorted.filter((outcome) => outcome.is_archived),
  };
}
