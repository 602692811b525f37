const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * A `fetch` for the Supabase client:
 *
 *     createClient(url, key, { global: { fetch: steadyFetch() } })
 *
 * - The client compares the time at which a session expires, by the server's clock, with the clock of
 *   this machine. If they differ by an hour, it refreshes the session before each request. With this,
 *   the time is by this machine's clock.
 * - If a refresh gets no answer, the client fails for 90 seconds, and a page that is just opened takes
 *   its user for signed out. With this, the refresh waits until the server answers.
 *
 * @param {typeof globalThis.fetch} [ask]
 * @returns {typeof globalThis.fetch}
 */
export function steadyFetch(ask = (...given) => globalThis.fetch(...given)) {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!url.includes('/auth/v1/')) return ask(input, init);
    if (!url.includes('/token?grant_type=refresh_token')) return byOurClock(await ask(input, init));
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const response = await ask(input, init).catch((error) => {
        if (init?.signal?.aborted) throw error;
        return null;
      });
      if (response && response.status < 500) return byOurClock(response);
      await sleepOrOnline(pause);
    }
  };
}

/**
 * Without `expires_at`, the client counts `expires_in` from now.
 *
 * @param {Response} response
 */
async function byOurClock(response) {
  if (!response.ok) return response;
  const session = await response
    .clone()
    .json()
    .catch(() => null);
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
