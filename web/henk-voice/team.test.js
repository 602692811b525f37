import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { FakeSupabase, withoutPauses } from './fakes.test.js';
import { Requests } from './requests.js';
import { Team } from './team.js';

/** @type {FakeSupabase} */
let supabase;
/** @type {Team} */
let team;

beforeEach(() => {
  withoutPauses();
  supabase = new FakeSupabase();
  team = new Team(supabase, new Requests(supabase, false));
});

afterEach(() => mock.restoreAll());

test('colleagues come with those first who can be rung', async () => {
  const people = [
    { name: 'Bea', state: 'away' },
    { name: 'Dan', state: 'available' },
    { name: 'Ada', state: 'busy' },
    { name: 'Cem', state: 'available' },
  ];
  supabase.answer = () => ({ data: people, error: null, status: 200, count: null });
  const found = await team.colleagues('business');
  assert.deepEqual(
    found.map(({ name }) => name),
    ['Cem', 'Dan', 'Ada', 'Bea'],
  );
  assert.deepEqual(supabase.queries[0]?.parameters, { p_business_id: 'business' });
});

test('the database says how often it wants to be told, and which role the user has', async () => {
  const told = { heartbeat_seconds: 20, role: 'agent' };
  supabase.answer = () => ({ data: told, error: null, status: 200 });
  assert.deepEqual(await team.setPresence('business', 'available'), { seconds: 20, role: 'agent' });
  supabase.answer = () => ({ data: null, error: null, status: 200 });
  assert.deepEqual(await team.setPresence('business', 'away'), { seconds: 15 });
  assert.deepEqual(supabase.queries[1]?.parameters, { p_business_id: 'business', p_state: 'away' });
});

test('only who is not a member any more has no role', async () => {
  for (const [error, expected] of [
    ['not_found', { seconds: 15, role: null }],
    ['signed_out', { seconds: 15 }],
  ]) {
    supabase.answer = () => ({ data: { error }, error: null, status: 200 });
    assert.deepEqual(await team.setPresence('business', 'away'), expected);
  }
});

test('a heartbeat is not tried again by itself: the next one comes anyway', async () => {
  supabase.answer = () => ({ data: null, error: { code: 'X' }, status: 503 });
  await assert.rejects(team.setPresence('business', 'available'));
  assert.equal(supabase.queries.length, 1);
});

test('a page that is closed tells it without waiting', () => {
  const sent = mock.method(globalThis, 'fetch', async () => Response.json(null));
  const query = {
    url: new URL('https://example.com/rpc'),
    headers: {},
    body: { a: 1 },
  };
  supabase.rpc = () => query;
  supabase.realtime = { apiKey: 'key' };
  team.leave('business', 'token');
  const [url, { method, headers, body, keepalive }] = sent.mock.calls[0]?.arguments ?? [];
  assert.deepEqual(
    [String(url), method, body, keepalive],
    [String(query.url), 'POST', '{"a":1}', true],
  );
  assert.deepEqual(
    [headers.get('apikey'), headers.get('authorization'), headers.get('content-type')],
    ['key', 'Bearer token', 'application/json'],
  );
});
