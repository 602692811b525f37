import { lineFault } from './line-faults.js';

/**
 * @typedef {import('./check-types.js').Finding} Finding
 * @typedef {import('./endpoints.js').TokenGrant} TokenGrant
 */

/** A clock may be off by so many seconds: tokens and the times of calls bear it. */
const BEARABLE_SECONDS = 60;
const HOUR = 3600;
/** No time zone is further from UTC. */
const FURTHEST_ZONE = 14 * HOUR;

/**
 * @param {Partial<TokenGrant> | null} grant
 * @param {number} receivedAt when it was received, by this device's clock: milliseconds since 1970
 * @returns {number | null} by how many seconds this device's clock is ahead of the server's; the way of
 *   the answer is part of it. Null if the server did not say its time
 */
export function clockOffsetSeconds(grant, receivedAt) {
  const issuedAt = Date.parse(grant?.issuedAt ?? '');
  return Number.isNaN(issuedAt) ? null : Math.round((receivedAt - issuedAt) / 1000);
}

/**
 * @param {number | null} offset seconds that this device's clock is ahead
 * @returns {Finding}
 */
export function clockFinding(offset) {
  if (offset === null) return { state: 'skipped', text: 'The server did not say what time it is.' };
  const details = [`This device’s clock is ahead by ${offset} s.`];
  if (Math.abs(offset) <= BEARABLE_SECONDS) {
    return { state: 'ok', text: 'The clock is right.', details };
  }
  const meaning = `The clock of this device is ${span(Math.abs(offset))} ${offset > 0 ? 'ahead' : 'behind'}.`;
  const fault = isOfZone(Math.abs(offset))
    ? lineFault('clock_wrong', {
        meaning: `${meaning} Its time zone may be set wrong.`,
        action: 'Set the right time zone in the settings of this device, then its time.',
      })
    : lineFault('clock_wrong', { meaning });
  return { state: 'bad', text: fault.meaning, details, fault };
}

/**
 * Whether a clock was set by hand in a wrong time zone: then it is off by whole hours.
 *
 * @param {number} seconds
 */
function isOfZone(seconds) {
  const beyond = seconds % HOUR;
  return Math.min(beyond, HOUR - beyond) <= BEARABLE_SECONDS && seconds <= FURTHEST_ZONE + 60;
}

/** @param {number} seconds */
function span(seconds) {
  const units = /** @type {const} */ ([
    [86_400, 'day'],
    [HOUR, 'hour'],
    [60, 'minute'],
  ]);
  for (const [size, name] of units) {
    // An hour and a second are an hour.
    const number = Math.round((seconds / size) * 10) / 10;
    if (number === 1 || number >= 2) return `${number} ${name}${number === 1 ? '' : 's'}`;
  }
  return `${seconds} seconds`;
}
