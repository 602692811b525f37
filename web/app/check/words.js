import { STEP_NAMES } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CheckResult} CheckResult
 * @typedef {import('../../henk-voice/henk-voice.js').CheckStep} CheckStep
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').LineFault} LineFault
 *
 * @typedef {object} Known
 * @property {CheckResult | null} quiet what is known without a check
 * @property {CheckResult | null} result of the latest check
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
  account: 'In the account or the service',
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
 * @param {Known} known
 * @returns {CheckResult | null} what a check has found, if nothing that is known since then says otherwise
 */
export function resultOf({ quiet, result }) {
  if (!quiet || !result || quiet.startedAt < result.startedAt) return result ?? quiet;
  return quiet.fault || isMended(result, quiet) ? quiet : result;
}

/**
 * @param {CheckResult} result
 * @param {CheckResult} quiet later; it has found no fault
 */
function isMended({ fault, facts: then }, { facts: now }) {
  if (!fault) return false;
  // A microphone was plugged in, or allowed.
  if (fault.code.startsWith('microphone_') && fault.code !== 'microphone_silent')
    return then.permission !== now.permission || then.microphones !== now.microphones;
  return SEEN_QUIETLY.has(fault.code);
}

/**
 * @param {Pick<Call, 'state' | 'quality'>} call that goes on: there is no check meanwhile
 * @returns {Verdict}
 */
export function verdictOfCall({ state, quality: { grade, side, title, meaning, action } }) {
  if (state !== 'talking' || !title || !side) {
    const line = state === 'talking' && title ? `${title}.` : '';
    const action = 'Check when the call is over.';
    return { tone: 'none', words: 'You are in a call', meaning: line, action };
  }
  const tone = grade ? TONES[grade] : 'warning';
  return { tone, words: title, meaning: `${SIDES[side]}: ${lowered(meaning)}`, action };
}

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
  const { code, side, title, meaning, action } = fault;
  // Nothing is wrong where a person, or a call, has stopped the check.
  if (code === 'check_unfinished' && side === 'you')
    return { tone: 'none', words: title, meaning, action };
  return { tone, words: title, meaning: `${SIDES[side]}: ${lowered(meaning)}`, action };
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

/** What is known without a check, too. @type {ReadonlySet<string>} */
const SEEN_QUIETLY = new Set([
  'browser_unsupported',
  'insecure_page',
  'offline',
  'clock_wrong',
  'signed_out',
]);

/** What the latest check has found is not said any longer after this time. */
const TRUE_FOR_MS = 30 * 60_000;

/**
 * @param {Known & { now: number, goodAt: number }} known `now`, and when a call with a good line ended:
 *   milliseconds since 1970
 * @returns {Sign | null} null: nothing is known yet
 */
export function signOf({ quiet, result, now, goodAt }) {
  const since = Math.max(now - TRUE_FOR_MS, goodAt);
  const isNews = result !== null && result.startedAt.getTime() > since && isAboutLine(result);
  const found = resultOf({ quiet, result: isNews ? result : null });
  if (!found) return null;
  if (!found.fault) return { tone: 'ok', words: 'Ready' };
  return { tone: found.grade === 'fair' ? 'warning' : 'bad', words: found.fault.title };
}

/** @param {CheckResult} result */
function isAboutLine({ fault }) {
  return fault !== null && fault.code !== 'check_unfinished';
}

/**
 * @param {Pick<Call, 'state' | 'quality'>} call that goes on
 * @returns {Sign | null} null: its line has not been measured yet
 */
export function signOfCall({ state, quality: { grade, title } }) {
  if (state !== 'talking' || !title) return null;
  return { tone: grade ? TONES[grade] : 'warning', words: title };
}
