import { lineFault, mostImportant } from './line-faults.js';

/**
 * @typedef {import('./check-types.js').CheckFacts} CheckFacts
 * @typedef {import('./check-types.js').CheckResult} CheckResult
 * @typedef {import('./check-types.js').Finding} Finding
 */

/**
 * @param {CheckFacts} facts
 * @returns {Finding} what is known of the speaker. Only the person can say whether it is heard
 */
export function speakerFinding({ speaker, speakers, speakerHeard }) {
  const details = [`Speaker: ${speaker ?? 'not known'}`];
  if (speakerHeard === false) {
    const fault = lineFault('speaker_not_heard');
    return { state: 'bad', text: fault.meaning, details, fault };
  }
  if (speakerHeard) return { state: 'ok', text: 'You hear the test.', details };
  // Browsers that let nobody choose a speaker list none.
  if (speakers === 0 && !speaker)
    return { state: 'warning', text: 'No speaker is connected.', details };
  return { state: 'ok', text: 'Only you can say whether it is heard.', details };
}

/**
 * A result to which the person has added whether they heard the test.
 *
 * @param {CheckResult} result
 * @param {boolean} isHeard
 * @returns {CheckResult}
 */
export function withAnswer(result, isHeard) {
  const facts = { ...result.facts, speakerHeard: isHeard };
  const { state, text, details = [], fault: found } = speakerFinding(facts);
  const steps = result.steps.map((step) =>
    step.name === 'speaker' ? { ...step, state, text, details } : step,
  );
  const others = result.fault?.code === 'speaker_not_heard' ? [] : [result.fault];
  const fault = mostImportant([...others, found ?? null].flatMap((each) => each ?? []));
  return { ...result, facts, steps, fault, verdict: fault?.code ?? 'ok' };
}
