/**
 * How good a line is, from its numbers. The check before calls, the sign during a call and the row after
 * it are graded by these thresholds; `private.fault_of_quality` has the same in SQL.
 *
 * @typedef {'good' | 'fair' | 'poor'} Grade
 * @typedef {'loss_in' | 'loss_out' | 'jitter' | 'delay'} NetworkFault
 *
 * @typedef {'audio_blocked' | 'nothing_heard' | 'not_heard' | 'microphone_silent' | NetworkFault
 *   | 'other_side_silent' | 'connection_lost'} CallFault see `line-faults.js`
 *
 * @typedef {object} LineFigures null: not measured
 * @property {number | null} [lossIn] percent of the other side's packets that do not arrive here
 * @property {number | null} [lossOut] percent of our packets that do not arrive there
 * @property {number | null} [jitterMs]
 * @property {number | null} [rttMs] there and back
 * @property {number | null} [mos] the SDK's estimate, from 1 to about 4.5
 *
 * @typedef {object} CallFacts the numbers of a whole call. Those of the line are its bad end: 95 % of the
 *   call was better
 * @property {number} seconds from the answer to the end
 * @property {number | null} [samples] how many seconds of the line were measured
 * @property {boolean | null} [audio_connected] whether there was ever a way for the audio
 * @property {number | null} [nothing_in_seconds] no packets came
 * @property {number | null} [nothing_out_seconds] packets left and did not arrive
 * @property {number | null} [silent_seconds] the microphone was silent, and was not muted
 * @property {number | null} [muted_seconds]
 * @property {number | null} [other_silent_seconds] packets came, and silence in them
 * @property {number | null} [reconnects]
 * @property {number | null} [reconnect_seconds]
 * @property {number | null} [mos]
 * @property {number | null} [jitter_ms]
 * @property {number | null} [rtt_ms]
 * @property {number | null} [loss_in] percent
 * @property {number | null} [loss_out] percent
 *
 * @typedef {{ grade: Grade | null, fault: CallFault | null }} Graded
 */

/** From where on a line is fair, and poor. MOS: below which. */
export const THRESHOLDS = Object.freeze({
  loss: { fair: 3, poor: 10 },
  jitterMs: { fair: 30, poor: 60 },
  rttMs: { fair: 300, poor: 600 },
  mos: { fair: 3.6, poor: 3.0 },
});

/** From when on the row of a call names the fault, in seconds. */
export const CALL_LIMITS = Object.freeze({
  /** No packets, in one direction. In a short call, half of it is enough. */
  nothing: 8,
  nothingAtLeast: 3,
  /** Silence, if it was half of the call too. */
  silent: 10,
  /** A connection that was lost for so long, or so often, is poor. */
  reconnecting: 10,
  reconnects: 3,
  /** So few say nothing about the line. */
  samples: 4,
});

/**
 * @param {LineFigures} figures
 * @returns {{ grade: Grade | null, fault: NetworkFault | null }} null if nothing was measured. The fault is
 *   the one that is worst, by its ratio to its threshold; a good line has none
 */
export function gradeOf({ lossIn, lossOut, jitterMs, rttMs, mos }) {
  const measured = /** @type {const} */ ([
    ['loss_in', lossIn, THRESHOLDS.loss],
    ['loss_out', lossOut, THRESHOLDS.loss],
    ['jitter', jitterMs, THRESHOLDS.jitterMs],
    ['delay', rttMs, THRESHOLDS.rttMs],
  ]);
  let level = 0;
  let worst = -1;
  /** @type {NetworkFault | null} */
  let fault = null;
  for (const [code, value, { fair, poor }] of measured) {
    if (!isKnown(value)) continue;
    level = Math.max(level, value >= poor ? 2 : value >= fair ? 1 : 0);
    if (value / fair <= worst) continue;
    worst = value / fair;
    fault = code;
  }
  if (isKnown(mos)) {
    level = Math.max(level, mos < THRESHOLDS.mos.poor ? 2 : mos < THRESHOLDS.mos.fair ? 1 : 0);
  } else if (!fault) return { grade: null, fault: null };
  const grade = GRADES[2 - level] ?? 'poor';
  return { grade, fault: level > 0 ? fault : null };
}

/**
 * The grade and the fault that the row of a call gets: the first fault that holds, and the worst grade.
 *
 * @param {CallFacts} call
 * @returns {Graded}
 */
export function gradeOfCall(call) {
  const of = (/** @type {number | null | undefined} */ value) => value ?? 0;
  const line =
    of(call.samples) < CALL_LIMITS.samples
      ? { grade: null, fault: null }
      : gradeOf({
          lossIn: call.loss_in,
          lossOut: call.loss_out,
          jitterMs: call.jitter_ms,
          rttMs: call.rtt_ms,
          mos: call.mos,
        });
  const { seconds } = call;
  const nothing = Math.min(CALL_LIMITS.nothing, Math.max(CALL_LIMITS.nothingAtLeast, seconds / 2));
  const isSilent = (/** @type {number} */ silent, /** @type {number} */ outOf) =>
    silent >= CALL_LIMITS.silent && silent >= outOf / 2;
  const isOftenLost =
    of(call.reconnects) >= CALL_LIMITS.reconnects ||
    of(call.reconnect_seconds) >= CALL_LIMITS.reconnecting;
  const lost = isOftenLost ? 'poor' : 'fair';

  /** @type {[CallFault, boolean, Grade | null][]} */
  const faults = [
    ['audio_blocked', call.audio_connected === false, 'poor'],
    ['nothing_heard', of(call.nothing_in_seconds) >= nothing, 'poor'],
    ['not_heard', of(call.nothing_out_seconds) >= nothing, 'poor'],
    [
      'microphone_silent',
      isSilent(of(call.silent_seconds), seconds - of(call.muted_seconds)),
      'poor',
    ],
    [line.fault ?? 'delay', line.fault !== null, line.grade],
    ['other_side_silent', isSilent(of(call.other_silent_seconds), seconds), null],
    ['connection_lost', of(call.reconnects) > 0, lost],
  ];
  const held = faults.filter(([, holds]) => holds);
  const grades = [line.grade, ...held.map(([, , grade]) => grade)];
  return {
    grade: GRADES.find((grade) => grades.includes(grade)) ?? null,
    fault: held[0]?.[0] ?? null,
  };
}

/**
 * @param {Record<string, any>} report what `report_call_quality` takes
 * @returns {Graded} what its row gets
 */
export function gradeOfReport(report) {
  return gradeOfCall({
    .../** @type {CallFacts} */ (report),
    loss_in: report.loss_in_p95,
    loss_out: report.loss_out_p95,
    jitter_ms: report.jitter_ms_p95,
    rtt_ms: report.rtt_ms_p95,
    mos: report.mos_p95,
  });
}

/** The worst first. @type {readonly Grade[]} */
const GRADES = ['poor', 'fair', 'good'];

/**
 * @param {number | null | undefined} value
 * @returns {value is number}
 */
function isKnown(value) {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
