import { storable } from './texts.js';

/**
 * @typedef {import('./check-types.js').CheckResult} CheckResult
 * @typedef {import('./check-types.js').CheckStepName} CheckStepName
 */

/** The steps in words. @type {Readonly<Record<CheckStepName, string>>} */
export const STEP_NAMES = Object.freeze({
  browser: 'Browser',
  permission: 'Permission',
  microphone: 'Microphone',
  speaker: 'Speaker',
  clock: 'Clock',
  token: 'Permission to call',
  signalling: 'Phone network',
  audio: 'Way of the sound',
  line: 'Line',
});

/**
 * A result as a text, for support. It has no addresses, and no ids except that of the test call.
 *
 * @param {CheckResult} result
 * @returns {string}
 */
export function reportText(result) {
  const { facts, fault, startedAt } = result;
  const lines = [
    `Check before calling: ${fault ? `${fault.title} (${fault.code})` : 'everything works'}`,
    ...(fault ? [fault.meaning, fault.action] : []),
    `Time: ${timeWithZone(startedAt)}, took ${result.seconds} s`,
    `Line: ${result.grade ?? 'not measured'}`,
    `Test call: ${result.callSid ?? 'none'}`,
    `Browser: ${[facts.browser, facts.os].filter(Boolean).join(' on ') || 'not known'}`,
    `Microphone: ${device(facts.microphone, facts.microphones)}`,
    `Speaker: ${device(facts.speaker, facts.speakers)}`,
    ...(facts.speakerHeard === null
      ? []
      : [`The test was ${facts.speakerHeard ? '' : 'not '}heard.`]),
    ...(result.warnings.length ? [`Warnings: ${result.warnings.join(', ')}`] : []),
    '',
  ];
  for (const { name, state, text, details } of result.steps) {
    lines.push(`${STEP_NAMES[name]}: ${state}. ${text}`, ...details.map((line) => `  ${line}`));
  }
  return `${lines.join('\n')}\n`;
}

/**
 * A result as `report_preflight` stores it.
 *
 * @param {CheckResult} result
 */
export function reportOf({ verdict, grade, callSid, seconds, startedAt, facts, warnings, steps }) {
  const stored = Object.entries(facts).map(([name, value]) => [snakeCase(name), value]);
  const timedOut = steps.filter(({ state }) => state === 'running').map(({ name }) => name);
  return storable({
    verdict,
    grade,
    call_sid: callSid,
    seconds,
    started_at: startedAt.toISOString(),
    facts: { ...Object.fromEntries(stored), warnings, timed_out: timedOut },
  });
}

/**
 * @param {string | null} label
 * @param {number | null} number
 */
function device(label, number) {
  return `${label ?? 'not known'} (of ${number ?? 'an unknown number'})`;
}

/** @param {Date} date for example `2026-11-27 10:42:05 +01:00 (Europe/Berlin)` */
export function timeWithZone(date) {
  const minutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + minutes * 60_000).toISOString();
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${offset}${zone ? ` (${zone})` : ''}`;
}

/** @param {string} name */
function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
