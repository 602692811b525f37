import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { withoutPauses } from './fakes.test.js';
import { steadyFetch } from './steady-fetch.js';

const HOUR = 3600;
const real = Date.now;

afterEach(() => mock.restoreAll());

/** A Supabase client of a machine whose clock is wrong, and the number of its requests by path. */
function clientWithClock(hoursAhead, answers = [], onRefused = undefined) {
  mock.method(Date, 'now', () => real() + hoursAhead * HOUR * 1000);
  const asked = { '/auth/v1/token': 0, '/rest/v1/x': 0 };
  const ask = async (url) => {
    const { pathname } = new URL(url);
    asked[pathname] += 1;
    if (pathname === '/rest/v1/x') return Response.json([]);
    const answer = answers.shift();
    if (answer) return answer();
    const expires_at = Math.round(real() / 1000) + HOUR;
    const tokens = { access_token: `a.${btoa('{}')}.c`, refresh_token: 'r', token_type: 'bearer' };
    return Response.json({ ...tokens, expires_in: HOUR, expires_at, user: { id: 'u' } });
  };
  const fetch = steadyFetch({ ask, onRefused });
  const auth = { persistSession: false, autoRefreshToken: false };
  // Node 20 has no WebSocket.
  const realtime = { transport: class {} };
  const client = createClient('https://example.com', 'key', { global: { fetch }, auth, realtime });
  return { client, asked };
}

for (const hours of [-2, 0, 2, 26]) {
  test(`a clock that is ${hours} hours ahead causes no refresh`, async () => {
    const { client, asked } = clientWithClock(hours);
    await client.auth.signInWithPassword({ email: 'a@example.com', password: 'x' });
    for (let time = 0; time < 5; time += 1) await client.from('x').select();
    assert.deepEqual(asked, { '/auth/v1/token': 1, '/rest/v1/x': 5 });
  });
}

test('a refresh waits until the server answers', async () => {
  withoutPauses();
  const { client, asked } = clientWithClock(0, [
    () => Promise.reject(new TypeError('fetch failed')),
    () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
    // A network that wants a sign-in of its own answers in place of the server.
    () => new Response('<h1>Welcome to our Wi-Fi</h1>'),
    () => new Response('<h1>Forbidden</h1>', { status: 403 }),
    () => Response.json({ code: 'over_request_rate_limit' }, { status: 429 }),
    () => Response.json({ code: 'conflict' }, { status: 409 }),
  ]);
  const { data } = await client.auth.refreshSession({ refresh_token: 'r' });
  assert.equal(data.session?.refresh_token, 'r');
  assert.equal(asked['/auth/v1/token'], 7);
});

test('a refusal of a refresh is an answer, and is reported', async () => {
  const refusal = { code: 'refresh_token_already_used', message: 'x' };
  const headers = { 'X-Supabase-Api-Version': '2024-01-01' };
  const answers = [() => Response.json(refusal, { status: 400, headers })];
  const reported = [];
  const { client } = clientWithClock(0, answers, ({ authCode }) => reported.push(authCode));
  const { error } = await client.auth.refreshSession({ refresh_token: 'r' });
  assert.equal(error?.code, 'refresh_token_already_used');
  assert.deepEqual(reported, ['refresh_token_already_used']);
});

test('a sign-in does not wait', async () => {
  const { client, asked } = clientWithClock(0, [() => Promise.reject(new TypeError('x'))]);
  const { error } = await client.auth.signInWithPassword({ email: 'a', password: 'x' });
  assert.equal(error?.name, 'AuthRetryableFetchError');
  assert.equal(asked['/auth/v1/token'], 1);
});
