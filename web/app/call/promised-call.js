import { formatNumber } from '../shared/phone-format.js';

/** @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation */

/** What was promised long ago is in the list of calls. */
const RECENT_MS = 120_000;

/**
 * Nobody took a lead whom the reader had transferred: they were in another call when the lead came back,
 * for example, and heard nothing of it.
 *
 * @param {Partial<Conversation>} row what is known of a conversation that has changed
 * @param {object} reader
 * @param {string | null} reader.userId
 * @param {string | undefined} reader.shownId the conversation whose call the page shows, and says it there
 * @param {number} now
 * @returns {string | null} null if there is nothing to say
 */
export function promiseIn(row, { userId, shownId }, now) {
  const { call_back_at: promisedAt, outcome, to_number: number } = row;
  if (!promisedAt || outcome || row.user_id !== userId || row.id === shownId) return null;
  if (now - Date.parse(promisedAt) > RECENT_MS) return null;
  const who = number ? formatNumber(number) : 'a lead';
  return `Nobody took ${who}, whom you had transferred. They were promised that somebody calls back.`;
}
