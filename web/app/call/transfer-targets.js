import { when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Colleague} Colleague
 *
 * @typedef {object} Target a colleague in the list of whom to ring
 * @property {string} userId
 * @property {string} name
 * @property {Colleague['state'] | 'on_call'} state
 * @property {string} words why they can or cannot be rung
 * @property {boolean} canBeRung
 */

const ORDER = ['available', 'busy', 'away', 'on_call'];
const BY_NAME = new Intl.Collator(undefined, { numeric: true });

/**
 * The colleagues, those who can be rung first.
 *
 * @param {readonly Colleague[]} colleagues
 * @param {ReadonlySet<string>} onCall the ids of those who are on this call already
 * @returns {Target[]}
 */
export function targetsOf(colleagues, onCall) {
  return colleagues
    .map((colleague) => targetOf(colleague, onCall.has(colleague.user_id)))
    .sort((a, b) => rank(a) - rank(b) || BY_NAME.compare(a.name, b.name));
}

/**
 * @param {Colleague} colleague
 * @param {boolean} isOnCall
 * @returns {Target}
 */
function targetOf({ user_id: userId, name, state, since }, isOnCall) {
  const is = isOnCall ? 'on_call' : state;
  return {
    userId,
    name: name || 'A colleague without a name',
    state: is,
    words: wordsFor(is, since),
    canBeRung: is === 'available',
  };
}

/**
 * @param {Target['state']} state
 * @param {string | null} since
 */
function wordsFor(state, since) {
  const from = since ? ` since ${when(since).short}` : '';
  switch (state) {
    case 'available':
      return 'Available';
    case 'busy':
      return `In a call${from}`;
    case 'away':
      return since ? `Away${from}` : 'Away: Henk is not open';
    case 'on_call':
      return 'On this call already';
  }
}

/** @param {Target} target */
function rank({ state }) {
  return ORDER.indexOf(state);
}

/**
 * What to say if the chosen colleague cannot be rung any more.
 *
 * @param {readonly Target[]} targets
 * @param {string} userId who is chosen; empty for nobody
 * @returns {string} empty if they can be rung
 */
export function whyNotRung(targets, userId) {
  if (!userId) return '';
  const chosen = targets.find((target) => target.userId === userId);
  if (chosen?.canBeRung) return '';
  const instead = 'Choose somebody else.';
  if (!chosen) return `This colleague is not a member any more. ${instead}`;
  const state = { busy: 'is in a call now', away: 'is away now', on_call: 'is on this call now' };
  return `${chosen.name} ${state[/** @type {'busy'} */ (chosen.state)]}. ${instead}`;
}

/**
 * @param {readonly Target[]} targets
 * @returns {string} for screen readers, which skip choices that are disabled
 */
export function summaryOf(targets) {
  const ready = targets.filter(({ canBeRung }) => canBeRung).length;
  const rest = targets.filter(({ canBeRung }) => !canBeRung);
  const others = rest.map(({ name, words }) => `${name}: ${lowerFirst(words)}`).join('; ');
  const available = ready === 1 ? '1 colleague can be rung.' : `${ready} colleagues can be rung.`;
  return others ? `${available} ${others}.` : available;
}

/** @param {string} text */
function lowerFirst(text) {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
