import { lineFault } from './line-faults.js';

/**
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./line-faults.js').LineFault} LineFault
 */

/** Failures of which trying again, or another network, does not help. */
const OF_THE_ACCOUNT = new Set([
  'phone_system_error',
  'unauthorized_domain',
  'not_a_member',
  'business_required',
  'rate_limited',
  'database_unavailable',
  'access_token_too_large',
  'unexpected_answer',
  'auth_unavailable',
]);

/**
 * Why there is no access token that the phone network takes.
 *
 * @param {Failure} failure of the request for a token, or of the phone network
 * @returns {LineFault}
 */
export function tokenFault(failure) {
  const { code, title, message, action } = failure;
  if (code === 'offline') return lineFault('offline');
  if (code === 'unauthenticated' || code === 'other_user') return lineFault('signed_out');
  if (code === 'token_expired' || code === 'token_refused') return lineFault(code);
  if (code === 'token_unavailable' || code === 'unreachable') return lineFault('token_unavailable');
  // These know better than the general words what is wrong.
  const side = OF_THE_ACCOUNT.has(code) ? 'account' : 'your_network';
  return lineFault('token_unavailable', { side, title, meaning: message, action });
}
