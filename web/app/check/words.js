import { STEP_NAMES } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CheckResult} CheckResult
 * @typedef {import('../../henk-voice/henk-voice.js').CheckStep} CheckStep
 * @typedef {import('../../henk-voice/henk-voice.js').LineFault} LineFault
 *
 * @typedef {object} Verdict
 * @property {'ok' | 'warning' | 'bad' | 'running' | 'none'} tone
 * @property {string} words
 * @property {string} meaning
 * @property {string} action
 */

/** Whose side a fault is on. @type {Readonly<Record<LineFault['side'], string>>} */
const SIDES = {
  you: 'On your device',
  your_network: 'In your network',
  other_side: 'On the other side',
  phone_network: 'In the phone network',
  account: 'In the account',
};

/** @type {Readonly<Record<CheckStep['state'], string>>} */
export const STEP_STATES = {
  waiting: 'Waiting',
  running: 'Checking…',
  ok: 'OK',
  warning: 'Attention',
  bad: 'Problem',
  skipped: 'Not checked',
};

/**
 * @param {CheckResult | null} result
 * @returns {Verdict} the result in words, and one thing to do
 */
export function verdictOf(result) {
  if (!result) return { tone: 'none', words: '', meaning: '', action: '' };
  const { fault, grade, isQuiet } = result;
  if (!fault && isQuiet) {
    return {
      tone: 'none',
      words: 'Nothing stands in the way of a call',
      meaning: 'Whether you can be heard is not known yet.',
      action: 'Check now.',
    };
  }
  if (!fault)
    return { tone: 'ok', words: 'You can call', meaning: 'Everything works.', action: '' };
  const tone = grade === 'fair' ? 'warning' : 'bad';
  const { title, meaning, action } = fault;
  return { tone, words: title, meaning: `${SIDES[fault.side]}: ${lowered(meaning)}`, action };
}

/** @param {readonly CheckStep[]} steps what is said while they run */
export function progressOf(steps) {
  const running = steps.filter(({ state }) => state === 'running').map(({ name }) => name);
  if (running.includes('line')) return 'Listening to the line…';
  if (running.includes('audio')) return 'Looking for a way for the sound…';
  if (running.includes('signalling')) return 'Calling the phone network…';
  if (running.includes('microphone')) {
    return 'Opening the microphone. If the browser asks, allow it.';
  }
  return 'Checking…';
}

/** @param {CheckStep} step */
export function stepWords({ name, state, text }) {
  return { name: STEP_NAMES[name], state: STEP_STATES[state], text };
}

/** @param {string} text after a colon */
function lowered(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** @typedef {{ tone: 'ok' | 'warning' | 'bad', words: string }} Sign */

/** @type {Readonly<Record<'good' | 'fair' | 'poor', Sign['tone']>>} */
const TONES = { good: 'ok', fair: 'warning', poor: 'bad' };

/** What the latest check has found is not said any longer after this time. */
const TRUE_FOR_MS = 30 * 60_000;

/**
 * @param {object} known
 * @param {CheckResult | null} known.quiet what is known without a check
 * @param {CheckResult | null} known.result of the latest check
 * @param {number} known.now milliseconds since 1970
 * @returns {Sign | null} null: nothing is known yet
 */
export function signOf({ quiet, result, now }) {
  const isRecent = result !== null && now - result.startedAt.getTime() < TRUE_FOR_MS;
  const found = quiet?.fault ? quiet : isRecent && isAboutLine(result) ? result : quiet;
  if (!found) return null;
  if (!found.fault) return { tone: 'ok', words: 'Ready' };
  return { tone: found.grade === 'fair' ? 'warning' : 'bad', words: found.fault.title };
}

/** @param {CheckResult} result */
function isAboutLine({ fault }) {
  return fault !== null && fault.code !== 'check_unfinished';
}

/**
 * @param {Pick<import('../../henk-voice/henk-voice.js').Call, 'state' | 'quality'>} call that goes on
 * @returns {Sign | null} null: its line has not been measured yet
 */
export function signOfCall({ state, quality: { grade, title } }) {
  if (state !== 'talking' || !title) return null;
  return { tone: grade ? TONES[grade] : 'warning', words: title };
}
