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
 * @typedef {object} CallFigures the numbers of a call's report. `…_p95` is the bad end: 95 % of the call
 *   was better
 * @property {number} seconds from the answer to the end
 * @property {boolean | null} [connected] whether there was ever a way for the audio
 * @property {number | null} [unheard_seconds] no packets came
 * @property {number | null} [unreached_seconds] packets left and did not arrive
 * @property {number | null} [silent_seconds]
 * @property {number | null} [other_silent_seconds]
 * @property {number | null} [reconnects]
 * @property {number | null} [loss_in_p95]
 * @property {number | null} [loss_out_p95]
 * @property {number | null} [jitter_ms_p95]
 * @property {number | null} [rtt_ms_p95]
 * @property {number | null} [mos_p95]
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

/** From how many seconds on the row of a call names the fault. */
export const CALL_LIMITS = Object.freeze({
  /** A call that is shorter may have ended before its audio could have come. */
  audio_blocked: 5,
  nothing_heard: 8,
  not_heard: 8,
  microphone_silent: 10,
  other_side_silent: 10,
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
  const grade = GRADES[level] ?? 'poor';
  return { grade, fault: level > 0 ? fault : null };
}

/**
 * The grade and the fault that the row of a call gets.
 *
 * @param {CallFigures} call
 * @returns {Graded}
 */
export function gradeOfCall(call) {
  const line = gradeOf({
    lossIn: call.loss_in_p95 ?? null,
    lossOut: call.loss_out_p95 ?? null,
    jitterMs: call.jitter_ms_p95 ?? null,
    rttMs: call.rtt_ms_p95 ?? null,
    mos: call.mos_p95 ?? null,
  });
  if (call.connected === false && call.seconds >= CALL_LIMITS.audio_blocked)
    return { grade: 'poor', fault: 'audio_blocked' };
  if ((call.unheard_seconds ?? 0) >= CALL_LIMITS.nothing_heard)
    return { grade: 'poor', fault: 'nothing_heard' };
  if ((call.unreached_seconds ?? 0) >= CALL_LIMITS.not_heard)
    return { grade: 'poor', fault: 'not_heard' };
  if ((call.silent_seconds ?? 0) >= CALL_LIMITS.microphone_silent)
    return { grade: 'poor', fault: 'microphone_silent' };
  if (line.fault) return line;
  // The line is not to blame for it.
  if ((call.other_silent_seconds ?? 0) >= CALL_LIMITS.other_side_silent)
    return { grade: line.grade, fault: 'other_side_silent' };
  if ((call.reconnects ?? 0) > 0)
    return { grade: line.grade === 'poor' ? 'poor' : 'fair', fault: 'connection_lost' };
  return line;
}

/** @type {readonly Grade[]} */
const GRADES = ['good', 'fair', 'poor'];

/**
 * @param {number | null | undefined} value
 * @returns {value is number}
 */
function isKnown(value) {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
