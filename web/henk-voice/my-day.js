/**
 * @typedef {import('./sql.js').Sql} Sql
 *
 * @typedef {object} MyDay the user's own numbers since a moment
 * @property {number} calls that were placed; refused ones do not count
 * @property {number} answered
 * @property {number} conversations with people, as long as the business says: docs/metrics.md
 * @property {number} talk_seconds
 * @property {Record<string, number>} outcomes how many calls have each outcome, by its key
 * @property {number} successes calls with people whose outcome is a success: docs/metrics.md
 * @property {number} call_backs_due that the user (200 at most), or anybody (200 at most), should have made
 *   by now
 * @property {number} needs_outcome the user's calls, of any day, that were answered and have no outcome;
 *   1,000 at most
 */

/**
 * @param {Sql} sql
 * @param {string} businessId
 * @param {Date | undefined} since
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<MyDay>}
 */
export function readMyDay(sql, businessId, since = lastMidnight(new Date()), signal) {
  const values = { p_business_id: businessId, p_since: since.toISOString() };
  return sql.ask('my_day', values, { signal });
}

/**
 * @param {Date} now
 * @returns {Date} when the day began, by this browser's clock and time zone
 */
export function lastMidnight(now) {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day;
}
