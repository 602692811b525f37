import { VoiceError, failure } from './failures.js';

/**
 * Row-level security answers no row for what somebody may not see or change.
 *
 * @param {any[] | null} rows
 * @param {'not_found' | 'not_allowed'} otherwise
 * @returns {any} the first one
 */
export function first(rows, otherwise) {
  if (!rows?.length) throw new VoiceError(failure(otherwise));
  return rows[0];
}
