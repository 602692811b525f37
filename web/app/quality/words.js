/**
 * @typedef {import('../../henk-voice/henk-voice.js').QualityGroup} QualityGroup
 * @typedef {import('../../henk-voice/henk-voice.js').QualityKind} QualityKind
 * @typedef {import('../../henk-voice/henk-voice.js').StandOut} StandOut
 * @typedef {string | { name: string }} Part see `nodesOf`
 */

/** @type {Readonly<Record<string, string>>} */
export const GRADES = { good: 'Good', fair: 'Fair', poor: 'Poor' };

/** What calls are put together by, in the order of the buttons. @type {Readonly<Record<QualityKind, string>>} */
export const KINDS = {
  rep: 'Person',
  network: 'Network',
  device: 'Microphone',
  browser: 'Browser',
  fault: 'Fault',
  hour: 'Hour',
  day: 'Day',
  edge: 'Twilio’s edge',
};

/** What is said of calls of which it is not known. @type {Readonly<Record<QualityKind, string>>} */
const UNKNOWN = {
  rep: 'Somebody who is not a member any more',
  network: 'Network not known',
  device: 'Microphone not known',
  browser: 'Browser not known',
  fault: 'No fault',
  hour: 'Hour not known',
  day: 'Day not known',
  edge: 'Edge not known',
};

/** Faults of anybody's call; the texts of the library speak to the person. @type {Readonly<Record<string, string>>} */
export const FAULTS = {
  audio_blocked: 'Sound blocked',
  microphone_silent: 'Microphone silent',
  nothing_heard: 'Rep heard nothing',
  not_heard: 'Rep was not heard',
  loss_in: 'Words lost on the way in',
  loss_out: 'Words lost on the way out',
  jitter: 'Unsteady network',
  delay: 'Long delay',
  other_side_silent: 'Other side silent',
  connection_lost: 'Connection lost',
};

/**
 * @param {string | null} code
 * @returns {string} empty without a fault
 */
export function faultWord(code) {
  return code ? (FAULTS[code] ?? code) : '';
}

/**
 * @param {QualityKind} kind
 * @param {Pick<QualityGroup, 'key' | 'label'>} group
 * @param {(userId: string) => string} nameOf
 * @returns {Part} its name; text from elsewhere is a name
 */
export function groupName(kind, { key, label }, nameOf) {
  if (key === null) return UNKNOWN[kind];
  if (kind === 'rep') return { name: label ?? nameOf(key) };
  if (kind === 'network') return label === null ? `Network ${key}` : { name: label };
  if (kind === 'hour') return `${key}:00 to ${key}:59`;
  if (kind === 'day') return DAY.format(new Date(`${key}T00:00:00`));
  if (kind === 'fault') return faultWord(key);
  return { name: label ?? key };
}

const DAY = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
});

/**
 * @param {number} part
 * @param {number} whole
 * @returns {string} for example `12 %`
 */
export function share(part, whole) {
  if (!whole) return '–';
  const exact = (part / whole) * 100;
  // Nobody must read of few that there were none.
  return exact > 0 && exact < 1 ? '< 1 %' : `${Math.round(exact)} %`;
}

/**
 * @param {number | null} value
 * @returns {string} for example `0.4 %`, `12 %`
 */
export function percent(value) {
  if (value === null) return '–';
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}

/** @param {number | null} value */
export function milliseconds(value) {
  return value === null ? '–' : `${Math.round(value)} ms`;
}

/**
 * @param {readonly QualityGroup[]} groups all groups of a kind
 * @returns {string} how good all of these calls were
 */
export function summary(groups) {
  const total = (/** @type {'calls' | 'measured' | 'poor' | 'fair'} */ name) =>
    groups.reduce((sum, group) => sum + group[name], 0);
  const [calls, measured, poor, fair] = [
    total('calls'),
    total('measured'),
    total('poor'),
    total('fair'),
  ];
  if (!calls) return 'No call of this time has been measured.';
  const good = measured - poor - fair;
  const rest = calls - measured;
  const said = `${counted(measured, 'call')} measured: ${good} good, ${fair} fair, ${poor} poor.`;
  return rest ? `${said} ${counted(rest, 'more call')} too short to measure.` : said;
}

/** What to do about calls that are poor, by what they have in common. */
const ADVICE = {
  device: 'Try another headset for a day: if the calls get better, replace this one.',
  network: 'Tell whoever runs this network, with the details of one of these calls.',
  rep: 'Look at their calls, and let them check their line.',
  browser: 'Update this browser, or use another one for a day.',
};

/**
 * @param {StandOut} standOut
 * @param {(userId: string) => string} nameOf
 * @returns {Part[]} what the poor calls have in common, and what to do
 */
export function standOutSentence({ suspects, others }, nameOf) {
  const [first] = suspects;
  if (!first) return [];
  const names = suspects.flatMap((suspect, index) => [
    index ? ' with ' : '',
    groupName(suspect.kind, suspect, nameOf),
  ]);
  const fault = faultWord(first.fault);
  const often = `${first.poor} of ${counted(first.measured, 'call')} poor`;
  return [
    ...names,
    `: ${often}${fault ? ` (${fault.toLowerCase()})` : ''}, of all others ${others.poor} of ${others.measured}. `,
    suspects.length > 1
      ? 'They always come together, so it can be either: change one of them for a day.'
      : ADVICE[first.kind],
  ];
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}

/** Twilio's names of what was wrong, which people choose in the rating. @type {Readonly<Record<string, string>>} */
export const ISSUES = {
  'one-way-audio': 'one side was not heard',
  'choppy-audio': 'broken sound',
  'dropped-call': 'call cut off',
  'audio-latency': 'long delay',
  'noisy-call': 'noise',
  echo: 'echo',
};
