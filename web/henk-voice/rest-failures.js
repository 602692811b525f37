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

/** The server, or what is behind a gateway, cannot be asked now: https://docs.postgrest.org/en/stable/references/errors.html */
const AWAY = new Set([429, 502, 503, 504]);
/** Two statements were in each other's way: the same may work at once. */
const AGAIN = new Set(['40001', '40P01', '55P03']);

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
  if (status === 429 || status >= 500) return failure(codeOfServer(status, error.code), details);
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
 * @param {number} status 429, or 500 and above
 * @param {string | undefined} code of Postgres, https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function codeOfServer(status, code) {
  if (code === '57014') return 'took_too_long';
  const isAway = AWAY.has(status) || (status >= 520 && status <= 530);
  return isAway || (code && AGAIN.has(code)) ? 'database_unavailable' : 'database_fault';
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
