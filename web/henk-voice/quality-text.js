import { timestamp } from './conversations.js';
import { isLineFaultCode, lineFault } from './line-faults.js';
import { twilioError } from './twilio-errors.js';

/**
 * @typedef {import('./line-quality.js').QualityFacts} QualityFacts
 *
 * @typedef {object} QualityFact
 * @property {string} label
 * @property {string} value
 */

/**
 * What a leg's row says, in words: what support asks for. It has no address, and nothing of whom was called.
 *
 * @param {QualityFacts} leg
 * @returns {QualityFact[]} what was not measured is left out
 */
export function qualityFacts(leg) {
  const found = {
    CallSid: leg.call_sid,
    Began: withZone(timestamp(leg.started_at)),
    Lasted: seconds(leg.seconds),
    'Loss to the browser': range(leg, 'loss_in', percent),
    'Loss from the browser': range(leg, 'loss_out', percent),
    Jitter: range(leg, 'jitter_ms', milliseconds),
    'Round trip': range(leg, 'rtt_ms', milliseconds),
    MOS: mosOf(leg),
    Measured: leg.samples && `${leg.samples} times`,
    Codec: leg.codec,
    Edge: leg.edge,
    Path: pathOf(leg),
    Network: leg.network_name ?? leg.network_key,
    Microphone: leg.microphone,
    Speaker: leg.speaker,
    Browser: [leg.browser, leg.os].filter(Boolean).join(', '),
    Reconnected: leg.reconnects && `${times(leg.reconnects)}, ${seconds(leg.reconnect_seconds)}`,
    'Sound connected': leg.audio_connected === false && 'never',
    'Nothing came in': leg.nothing_in_seconds && seconds(leg.nothing_in_seconds),
    'Nothing arrived there': leg.nothing_out_seconds && seconds(leg.nothing_out_seconds),
    'Microphone silent': leg.silent_seconds && seconds(leg.silent_seconds),
    'Other side silent': leg.other_silent_seconds && seconds(leg.other_silent_seconds),
    Muted: leg.muted_seconds && seconds(leg.muted_seconds),
    'Page hidden': leg.hidden_seconds && seconds(leg.hidden_seconds),
    'Devices changed': leg.devices_changed && times(leg.devices_changed),
    Warnings: leg.warnings?.map(warningText).join('; '),
    'Twilio’s errors': leg.sdk_errors?.map(errorText).join('; '),
    Rating: ratingOf(leg),
  };
  return Object.entries(found).flatMap(([label, value]) => (value ? [{ label, value }] : []));
}

/**
 * All of it as one text to copy.
 *
 * @param {QualityFacts} leg
 * @returns {string}
 */
export function qualityText(leg) {
  const { grade, fault } = leg;
  const said = fault && isLineFaultCode(fault) ? `, ${lineFault(fault).title} (${fault})` : '';
  const lines = qualityFacts(leg).map(({ label, value }) => `${label}: ${value}`);
  return [`Line: ${grade ?? 'not measured'}${said}`, ...lines].join('\n');
}

/**
 * @param {QualityFacts} leg
 * @param {'loss_in' | 'loss_out' | 'jitter_ms' | 'rtt_ms'} measure
 * @param {(value: number) => string} unit
 */
function range(leg, measure, unit) {
  const ends = /** @type {const} */ ([
    ['mean', 'on average'],
    ['p95', 'at bad moments'],
    ['max', 'at most'],
  ]);
  const said = ends.flatMap(([end, words]) => {
    const value = leg[`${measure}_${end}`];
    return value === null || value === undefined ? [] : [`${unit(value)} ${words}`];
  });
  return said.join(', ');
}

/** @param {QualityFacts} leg */
function mosOf({ mos_mean: mean, mos_p95: low, mos_min: least }) {
  const said = [
    isNumber(mean) && `${mean.toFixed(1)} on average`,
    isNumber(low) && `${low.toFixed(1)} at bad moments`,
    isNumber(least) && `${least.toFixed(1)} at worst`,
  ];
  return said.filter(Boolean).join(', ');
}

/** @param {QualityFacts} leg */
function pathOf({ is_relay: isRelay, protocol, network_type: type }) {
  const path = isRelay === null ? null : isRelay ? 'through a relay' : 'direct';
  return [path, protocol, type].filter(Boolean).join(', ');
}

/** @param {QualityFacts['warnings'][number]} warning */
function warningText({ name, first_at: first, last_at: last, count, worst }) {
  const most = isNumber(worst) ? `, worst ${Number(worst.toFixed(1))}` : '';
  return `${name} ${times(count ?? 1)}${moments(first, last)}${most}`;
}

/** @param {QualityFacts['sdk_errors'][number]} error */
function errorText({ code, at }) {
  return `${code} ${twilioError(code).title}${moments(at, at)}`;
}

/**
 * @param {number | null} first seconds into the call
 * @param {number | null} last
 */
function moments(first, last) {
  if (!isNumber(first)) return '';
  const [from, to] = [Math.round(first), Math.round(last ?? first)];
  return from === to ? ` at second ${from}` : ` from second ${from} to ${to}`;
}

/** @param {QualityFacts} leg */
function ratingOf({ rating, rating_issue: issue }) {
  return rating && `${rating} of 5${issue ? `, ${issue}` : ''}`;
}

/** @param {number | null} value */
function seconds(value) {
  return isNumber(value) ? `${Math.round(value)} s` : '';
}

/** @param {number} value */
function percent(value) {
  return `${value.toFixed(1)} %`;
}

/** @param {number} value */
function milliseconds(value) {
  return `${Math.round(value)} ms`;
}

/** @param {number} count */
function times(count) {
  return count === 1 ? 'once' : `${count} times`;
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
  return typeof value === 'number';
}

/**
 * @param {Date} date
 * @returns {string} `2026-11-27 10:14:03 UTC+01:00`
 */
function withZone(date) {
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString();
  const zone = new Date(Math.abs(offset) * 60_000).toISOString().slice(11, 16);
  return `${local.slice(0, 19).replace('T', ' ')} UTC${offset < 0 ? '-' : '+'}${zone}`;
}
