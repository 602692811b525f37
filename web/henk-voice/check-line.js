import { tokenFault } from './check-token.js';
import { lineFault } from './line-faults.js';
import { gradeOf } from './line-grade.js';
import {
  FEWEST_SAMPLES,
  NOTHING_ARRIVED_MS,
  NOTHING_CAME_MS,
  REPORTS_WITHOUT_US,
  SILENCE,
} from './line-limits.js';
import { LineWindow } from './line-window.js';
import { measuredFault } from './line-words.js';

/**
 * @typedef {import('./check-preflight.js').LineTest} LineTest
 * @typedef {import('./check-types.js').CheckFacts} CheckFacts
 * @typedef {import('./check-types.js').Finding} Finding
 * @typedef {import('./check-types.js').LineGrade} LineGrade
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./line-faults.js').LineFault} LineFault
 * @typedef {import('./line-faults.js').LineFaultCode} LineFaultCode
 *
 * @typedef {Pick<CheckFacts, 'signallingMs' | 'audioMs' | 'edge' | 'codec' | 'isRelay' | 'protocol'
 *   | 'networkType' | 'samples' | 'mos' | 'lossIn' | 'lossOut' | 'jitterMs' | 'rttMs' | 'kbpsIn'
 *   | 'kbpsOut' | 'sdkCode'>} LineFacts
 */

/** A line that is clearly good, or clearly bad, is measured for so many seconds. */
const ENOUGH_SAMPLES = 7;
/** Between these shares of lost packets, in percent, more seconds tell more. */
const DOUBTFUL_LOSS = { from: 1, to: 6 };

/** Failures by which the phone network says that it does not take the call. */
const REFUSALS = new Set(['too_many_calls', 'call_declined', 'phone_system_error']);

/**
 * Whether a test call has been measured long enough.
 *
 * @param {LineTest} test
 */
export function isEnough({ samples, readings }) {
  if (samples.length < ENOUGH_SAMPLES) return false;
  const { lossIn, lossOut } = lineFacts({ samples, readings });
  return [lossIn, lossOut].every(
    (loss) => loss !== null && (loss < DOUBTFUL_LOSS.from || loss > DOUBTFUL_LOSS.to),
  );
}

/**
 * @param {Pick<LineTest, 'samples' | 'readings'> & Partial<LineTest>} test
 * @returns {LineFacts}
 */
export function lineFacts(test) {
  const { samples, readings } = test;
  const last = readings.at(-1);
  const { mos, lossIn, lossOut, jitterMs, rttMs } = figuresOf(test);
  const seconds = samples.length;
  return {
    signallingMs: test.signallingMs ?? null,
    audioMs: test.audioMs ?? null,
    edge: test.edge ?? null,
    codec: last?.codec ?? null,
    isRelay: last?.isRelay ?? null,
    protocol: last?.protocol ?? null,
    networkType: last?.networkType ?? null,
    samples: seconds || null,
    mos: rounded(mos, 2),
    lossIn: rounded(lossIn, 1),
    lossOut: rounded(lossOut, 1),
    jitterMs: rounded(jitterMs, 1),
    rttMs: rounded(rttMs, 0),
    kbpsIn: seconds
      ? rounded((sum(samples.map((s) => s.bytesReceived)) * 8) / 1000 / seconds, 0)
      : null,
    kbpsOut: seconds
      ? rounded((sum(samples.map((s) => s.bytesSent)) * 8) / 1000 / seconds, 0)
      : null,
    sdkCode: test.failure?.sdkCode ?? null,
  };
}

/**
 * What a test call says about the phone network, the way of the sound, and the line.
 *
 * @param {LineTest} test
 * @returns {{ signalling: Finding, audio: Finding, line: Finding, grade: LineGrade | null }}
 */
export function lineFindings(test) {
  const facts = lineFacts(test);
  /** @type {Finding} */
  const skipped = { state: 'skipped', text: 'Not tested.' };
  if (test.stage === 'signalling') {
    return { signalling: signallingFinding(test), audio: skipped, line: skipped, grade: null };
  }
  /** @type {Finding} */
  const signalling = {
    state: 'ok',
    text: 'The phone network can be reached.',
    details: [
      ...(facts.edge ? [`Edge: ${facts.edge}`] : []),
      `Connected after ${facts.signallingMs ?? '?'} ms`,
    ],
  };
  if (test.stage === 'audio') {
    const audio = audioFinding(test);
    const grade = audio.fault?.code === 'audio_blocked' ? 'poor' : null;
    return { signalling, audio, line: skipped, grade };
  }
  /** @type {Finding} */
  const audio = {
    state: 'ok',
    text: facts.isRelay ? 'Sound gets through, by a relay.' : 'Sound gets through, directly.',
    details: [
      `Way: ${facts.isRelay ? 'relay (TURN)' : 'direct'}${facts.protocol ? `, ${facts.protocol}` : ''}`,
      ...(facts.networkType ? [`Network: ${facts.networkType}`] : []),
      ...(facts.codec ? [`Codec: ${facts.codec}`] : []),
      `Connected after ${facts.audioMs ?? '?'} ms`,
    ],
  };
  const { grade, ...line } = lineFinding(test, facts);
  return { signalling, audio, line, grade };
}

/**
 * @param {LineTest} test
 * @returns {Finding}
 */
function signallingFinding({ failure }) {
  return refusal(failure) ?? bad(lineFault('signalling_blocked'), failure?.sdkCode);
}

/**
 * @param {LineTest} test
 * @returns {Finding}
 */
function audioFinding({ failure, isAnswered }) {
  const refused = refusal(failure);
  if (refused) return refused;
  const isLost = failure?.code === 'connection_lost';
  if (isLost) return bad(lineFault('signalling_blocked'), failure.sdkCode);
  if (isAnswered || failure?.code === 'audio_failed')
    return bad(lineFault('audio_blocked'), failure?.sdkCode);
  const meaning = 'The phone network can be reached, but did not answer the test call.';
  return bad(lineFault('check_unfinished', { side: 'phone_network', meaning }), failure?.sdkCode);
}

/**
 * What the phone network says if it does not want this call: no other network helps.
 *
 * @param {Failure | null} failure
 * @returns {Finding | null}
 */
function refusal(failure) {
  if (!failure) return null;
  const { code, sdkCode, title, message: meaning, action } = failure;
  if (code === 'token_refused' || code === 'token_expired')
    return bad(tokenFault(failure), sdkCode);
  if (!REFUSALS.has(code)) return null;
  const words = { side: /** @type {const} */ ('phone_network'), title, meaning, action };
  return bad(lineFault('check_unfinished', words), sdkCode);
}

/**
 * @param {LineTest} test
 * @param {LineFacts} facts
 * @returns {Finding & { grade: LineGrade | null }}
 */
function lineFinding({ samples, readings, failure, isBroken }, facts) {
  const details = lineDetails(facts);
  const poor = /** @type {const} */ ({ grade: 'poor', details });
  if (isBroken) return { ...bad(lineFault('audio_blocked')), ...poor };
  if (isNothingHeard(samples, readings)) return { ...bad(lineFault('nothing_heard')), ...poor };
  if (isNotHeard(samples, readings)) return { ...bad(lineFault('not_heard')), ...poor };
  const { grade, fault } =
    samples.length < FEWEST_SAMPLES ? { grade: null, fault: null } : graded(facts);
  if (!grade) {
    const meaning = failure
      ? 'The test call broke off before the line could be measured.'
      : 'The line was not measured long enough.';
    return { ...bad(lineFault('check_unfinished', { meaning }), failure?.sdkCode), grade };
  }
  if (!fault) return { state: 'ok', text: 'The line is good.', details, grade };
  const found = lineFault(fault, measuredFault(fault, facts));
  return {
    state: grade === 'fair' ? 'warning' : 'bad',
    text: found.meaning,
    fault: found,
    details,
    grade,
  };
}

/** @param {LineFacts} facts */
function graded(facts) {
  const seconds = facts.samples ?? 0;
  const lossIn = cautious(facts.lossIn, seconds);
  return gradeOf({ ...facts, lossIn, lossOut: cautious(facts.lossOut, seconds) });
}

/**
 * @param {LineTest['samples']} samples
 * @param {LineTest['readings']} readings
 */
function isNothingHeard(samples, readings) {
  if (samples.length * 1_000 < NOTHING_CAME_MS.check) return false;
  if (samples.every(({ packetsReceived }) => packetsReceived === 0)) return true;
  const energy = readings.at(-1)?.otherEnergy ?? null;
  return energy !== null && energy / samples.length < SILENCE.check;
}

/**
 * Whether packets leave, and the other side never reports that any came.
 *
 * @param {LineTest['samples']} samples
 * @param {LineTest['readings']} readings
 */
function isNotHeard(samples, readings) {
  const last = readings.at(-1);
  const isEarly = samples.length * 1_000 < NOTHING_ARRIVED_MS.check;
  if (!last || isEarly || !last.packetsSent) return false;
  if (last.lostOut !== null) return (figuresOf({ samples, readings }).lossOut ?? 0) > 95;
  // Their first report may take seconds (RFC 3550, 6.2), and may be lost.
  const reports = new Set(readings.map(({ otherReportedAt }) => otherReportedAt));
  reports.delete(null);
  return reports.size >= REPORTS_WITHOUT_US;
}

/**
 * Of the whole test, in both directions.
 *
 * @param {Pick<LineTest, 'samples' | 'readings'>} test
 */
function figuresOf({ samples, readings }) {
  const window = new LineWindow(Infinity);
  for (const sample of samples) window.add(sample);
  for (const reading of readings) window.read(reading);
  return window.figures();
}

/**
 * A short test sees a loss of 5 % as 3 to 7 %. So that it is not taken for a good line, a standard error
 * is added before it is graded; to no loss at all, that adds nothing.
 *
 * @param {number | null} loss percent
 * @param {number} seconds with 50 packets each
 */
function cautious(loss, seconds) {
  if (loss === null) return null;
  return loss + Math.sqrt((loss * (100 - loss)) / (50 * seconds));
}

/** @param {LineFacts} facts */
function lineDetails(facts) {
  /** @param {number | null} value @param {string} unit */
  const figure = (value, unit) => (value === null ? 'not known' : `${value} ${unit}`);
  return [
    `Lost on the way to you: ${figure(facts.lossIn, '%')}`,
    `Lost on the way from you: ${figure(facts.lossOut, '%')}`,
    `Unsteadiness (jitter): ${figure(facts.jitterMs, 'ms')}`,
    `There and back: ${figure(facts.rttMs, 'ms')}`,
    `Quality (MOS): ${facts.mos ?? 'not known'}`,
    `Bandwidth: ${figure(facts.kbpsIn, 'kbit/s')} in, ${figure(facts.kbpsOut, 'kbit/s')} out`,
    `Measured: ${facts.samples ?? 0} s`,
  ];
}

/**
 * @param {LineFault} fault
 * @param {number} [sdkCode]
 * @returns {Finding}
 */
function bad(fault, sdkCode) {
  const details = sdkCode === undefined ? {} : { details: [`Code: ${sdkCode}`] };
  return { state: 'bad', text: fault.meaning, fault, ...details };
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * @template {number | null} Value
 * @param {Value} value
 * @param {number} places
 * @returns {Value}
 */
function rounded(value, places) {
  return /** @type {Value} */ (value === null ? null : Number(value.toFixed(places)));
}
