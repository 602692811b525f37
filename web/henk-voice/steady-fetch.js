import { failureOfAuth } from './auth-failures.js';

/** @typedef {import('./failures.js').Failure} Failure */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** Auth refuses with these what it may grant a moment later, for example one of two refreshes at once. */
const FOR_NOW = [408, 409, 425, 429];

/**
 * A `fetch` for the Supabase client:
 *
 *     createClient(url, key, { global: { fetch: steadyFetch() } })
 *
 * - The client compares the time at which a session expires, by the server's clock, with the clock of
 *   this machine. If they differ by an hour, it refreshes the session before each request. With this,
 *   the time is by this machine's clock.
 * - If a refresh gets no answer, the client fails for 90 seconds, and a page that is just opened takes
 *   its user for signed out. If something in between answers instead of the server, or if the server
 *   asks to wait, the client even forgets the session. With this, the refresh waits for the server's
 *   answer.
 *
 * @param {object} [options]
 * @param {typeof globalThis.fetch} [options.ask]
 * @param {(cause: Failure) => void} [options.onRefused] why a refresh was refused; the client says only
 *   that the session has ended
 * @returns {typeof globalThis.fetch}
 */
export function steadyFetch({
  ask = (...given) => globalThis.fetch(...given),
  onRefused = () => {},
} = {}) {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!url.includes('/auth/v1/')) return ask(input, init);
    if (!url.includes('/token?grant_type=refresh_token')) return byOurClock(await ask(input, init));
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const response = await ask(input, init).catch((error) => {
        if (init?.signal?.aborted) throw error;
        return null;
      });
      const body = response && (await bodyOf(response));
      if (response && isAnswer(response, body)) {
        const code = body.code ?? body.error_code;
        if (!response.ok) onRefused(failureOfAuth({ code, status: response.status }));
        return byOurClock(response);
      }
      await sleepOrOnline(
        Math.max(pause, Number(response?.headers.get('retry-after') ?? 0) * 1000),
      );
    }
  };
}

/**
 * Whether Auth has decided about a refresh.
 *
 * @param {Response} response
 * @param {any} body
 */
function isAnswer({ ok, status }, body) {
  if (status >= 500 || FOR_NOW.includes(status)) return false;
  return ok ? typeof body?.access_token === 'string' : typeof body === 'object' && body !== null;
}

/**
 * @param {Response} response
 * @returns {Promise<any>} null if it is not JSON
 */
function bodyOf(response) {
  return response
    .clone()
    .json()
    .catch(() => null);
}

/**
 * Without `expires_at`, the client counts `expires_in` from now.
 *
 * @param {Response} response
 */
async function byOurClock(response) {
  if (!response.ok) return response;
  const session = await bodyOf(response);
  if (!session?.expires_at || !session.expires_in) return response;
  delete session.expires_at;
  const { status, statusText, headers } = response;
  return new Response(JSON.stringify(session), { status, statusText, headers });
}

/** @param {number} ms */
function sleepOrOnline(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    globalThis.addEventListener?.('online', resolve, { once: true });
  });
}
