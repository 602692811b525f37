import { failure } from './failures.js';

/** @typedef {import('./failures.js').Failure} Failure */

/**
 * Servers refuse a request whose headers are longer than 8 to 16 kB. An access token of a usual session
 * has 1 kB.
 */
const LARGE_TOKEN = 6_000;
const PROBE_TIMEOUT_MS = 5_000;
/** The message for an answer that is not the server's. */
export const IN_BETWEEN = 'Something between this page and the server answers in its place.';
/** A failure that is over sooner is mostly the network's, and a look costs a request. */
const LOOK_AFTER_MS = 1_000;

/**
 * Why a request got no answer. The browser does not say whether there was none, or one that this page
 * must not read, as that of a gateway which knows nothing of this page.
 *
 * @param {string} url
 * @param {string} accessToken that the request carried
 * @param {number} silentMs for how long the server has given no answer
 * @returns {Promise<Failure>}
 */
export async function whyNoAnswer(url, accessToken, silentMs) {
  if (globalThis.navigator?.onLine === false) return failure('offline');
  const isLarge = accessToken.length > LARGE_TOKEN;
  if (!isLarge && silentMs < LOOK_AFTER_MS) return failure('unreachable');
  if (!(await answers(url))) return failure('unreachable');
  return failure(isLarge ? 'access_token_too_large' : 'unreadable_answer');
}

/**
 * Whether an answer that this page understood nothing of is about the size of the access token.
 *
 * @param {number} status
 * @param {string} accessToken
 */
export function isAboutTokenSize(status, accessToken) {
  return status === 431 || ([400, 413, 494].includes(status) && accessToken.length > LARGE_TOKEN);
}

/**
 * Whether the gateway refuses the project's key. That answer has no code.
 *
 * @param {{ code?: string | undefined, message?: string | undefined }} error
 */
export function isAboutKey({ code, message }) {
  return !code && /api ?key/i.test(message ?? '');
}

/** @param {string} url */
async function answers(url) {
  try {
    // `no-cors` lets any answer through, unread.
    await fetch(url, {
      mode: 'no-cors',
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    return true;
  } catch {
    return false;
  }
}
