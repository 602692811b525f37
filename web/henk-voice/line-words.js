import { lineFault } from './line-faults.js';

/**
 * @typedef {import('./line-faults.js').FaultSide} FaultSide
 * @typedef {import('./line-grade.js').CallFault} CallFault
 * @typedef {import('./line-grade.js').Grade} Grade
 * @typedef {import('./line-grade.js').Graded} Graded
 *
 * @typedef {object} LineFacts of the latest seconds; null: not measured
 * @property {number | null} lossIn percent
 * @property {number | null} lossOut percent
 * @property {number | null} jitterMs
 * @property {number | null} rttMs
 * @property {number | null} mos
 * @property {boolean | null} isRelay
 * @property {string | null} codec
 *
 * @typedef {object} LineInWords
 * @property {Grade | null} grade null until enough was measured
 * @property {CallFault | null} fault
 * @property {FaultSide | null} side whose fault it is
 * @property {string} title a few words; empty until something is known
 * @property {string} meaning what is wrong, with its number
 * @property {string} action what helps
 * @property {LineFacts | null} facts
 */

const GOOD = 'Good line';

/**
 * @param {Graded} graded
 * @param {LineFacts | null} facts
 * @returns {LineInWords}
 */
export function wordsOfLine({ grade, fault }, facts) {
  if (fault) {
    const { side, title, meaning, action } = lineFault(fault, measuredFault(fault, facts));
    return { grade, fault, side, title, meaning, action, facts };
  }
  const title = grade === null ? '' : grade === 'good' ? GOOD : 'Weak line';
  return { grade, fault, side: null, title, meaning: '', action: '', facts };
}

/**
 * @param {CallFault} fault
 * @param {Pick<LineFacts, 'lossIn' | 'lossOut' | 'jitterMs' | 'rttMs'> | null} facts
 * @returns {{ meaning?: string }} with the number, if it is known
 */
export function measuredFault(fault, facts) {
  const { lossIn, lossOut, jitterMs, rttMs } = facts ?? {};
  if (fault === 'loss_in' && lossIn)
    return { meaning: `Your network loses ${percent(lossIn)} of what the other side says.` };
  if (fault === 'loss_out' && lossOut)
    return { meaning: `Your network loses ${percent(lossOut)} of what you say.` };
  if (fault === 'jitter' && jitterMs)
    return {
      meaning: `Your network delivers the sound unevenly (by ${Math.round(jitterMs)} ms), so it may crackle or break off.`,
    };
  if (fault === 'delay' && rttMs)
    return {
      meaning: `What you say arrives ${seconds(rttMs / 2)} later, so you may talk at the same time.`,
    };
  return {};
}

/** @param {number} value */
function percent(value) {
  return `${Math.max(1, Math.round(value))} %`;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
