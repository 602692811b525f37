import { isAsked, leadOf, legOf } from './legs.js';

/**
 * @typedef {import('./control.js').ControlWish} ControlWish
 * @typedef {import('./legs.js').Leg} Leg
 * @typedef {import('./legs.js').Stage} Stage
 *
 * @typedef {object} Present
 * @property {Stage | null} stage
 * @property {readonly Leg[]} legs
 * @property {string | null} callSid of the browser that hangs up
 */

/**
 * What has to be asked of a call before a browser leaves it. Otherwise the lead of a rep who hangs up
 * would be taken for one who was left alone, and the rep would be rung for them.
 *
 * - The lead is on hold, and nobody else has answered: the call ends for the lead, and nobody is rung any
 *   more.
 * - Somebody else is on the call: it goes on without the browser.
 *
 * @param {Present} present
 * @returns {ControlWish[]} in this order
 */
export function beforeHangUp({ stage, legs, callSid }) {
  const own = legOf(legs, callSid);
  // Only who has put the lead on hold, or brought them together, is missed.
  if (!own?.is_host) return [];
  if (stage === 'consulting' || stage === 'together') return [{ action: 'complete' }];
  if (stage !== 'on_hold' && stage !== 'ringing') return [];
  const lead = leadOf(legs);
  const leaving = legs.filter(isAsked);
  if (lead?.on_hold_since) leaving.push(lead);
  return leaving.map(({ id }) => ({ action: 'remove', legId: id }));
}

/**
 * @param {Present} present
 * @returns {boolean} whether a person should be asked what they mean by hanging up: the lead is on hold,
 *   and somebody else is rung for them, or talks to the rep in private
 */
export function asksBeforeHangUp({ stage, legs, callSid }) {
  if (!legOf(legs, callSid)?.is_host) return false;
  const waits = Boolean(leadOf(legs)?.on_hold_since);
  return waits && (stage === 'consulting' || stage === 'ringing');
}
