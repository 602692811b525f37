import { CONSTRAINTS } from './constraint-texts.js';
import { failure } from './failures.js';
import { IN_BETWEEN, isAboutKey, isAboutTokenSize } from './no-answer.js';

/** @typedef {import('./failures.js').Failure} Failure */

/** Of values with which something was asked, and nothing was to be saved. */
const QUESTION_REFUSED = {
  title: 'This cannot be asked',
  message: 'The database does not accept one of these values.',
  action: 'Choose others.',
};

/**
 * @param {number} status of an answer of the REST API
 * @param {{ code?: string, message?: string }} error what supabase-js made of it
 * @param {string} accessToken that the request carried
 * @returns {Failure}
 */
export function failureOfRest(status, error, accessToken) {
  const details = { httpStatus: status };
  if (isAboutTokenSize(status, accessToken) && !error.code) {
    return failure('access_token_too_large', details);
  }
  if (status === 401) {
    return failure(isAboutKey(error) ? 'phone_system_error' : 'unauthenticated', details);
  }
  if (status === 429 || status >= 500) return failure('database_unavailable', details);
  // Each error of PostgREST has a code.
  if (!error.code) return failure('unreadable_answer', { ...details, message: IN_BETWEEN });
  if (error.code === '23514') return failure('value_refused', { ...details, ...sentence(error) });
  if (error.code === '22023') {
    return failure('value_refused', { ...details, ...QUESTION_REFUSED, ...sentence(error) });
  }
  if (error.code === '23505') return failure('already_exists', details);
  if (error.code === '42501') return failure('not_allowed', details);
  return failure('unexpected_answer', details);
}

/**
 * Where our SQL refuses a value, it says why in a sentence. Postgres's own text names a constraint.
 *
 * @param {{ message?: string }} error
 * @returns {Partial<Failure>}
 */
function sentence({ message = '' }) {
  const [, constraint] = /violates check constraint "([^"]+)"/.exec(message) ?? [];
  if (!constraint) return message ? { message } : {};
  const [field, text] = CONSTRAINTS[constraint] ?? [];
  return text ? { field, message: text } : {};
}
