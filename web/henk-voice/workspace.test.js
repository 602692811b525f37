import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { FakeSupabase, failureOfPromise, withoutPauses } from './fakes.test.js';
import { lastMidnight } from './my-day.js';
import { freeKey } from './outcomes.js';
import { Requests } from './requests.js';
import { Workspace } from './workspace.js';

/** @type {FakeSupabase} */
let supabase;
/** @type {Workspace} */
let voice;

beforeEach(() => {
  withoutPauses();
  supabase = new FakeSupabase();
  voice = new Workspace(supabase, new Requests(supabase, false), {});
});

afterEach(() => mock.restoreAll());

function answering(data, rest = {}) {
  supabase.answer = () => ({ data, error: null, status: 200, count: null, ...rest });
}

/** The only query that was sent. */
function asked() {
  assert.equal(supabase.queries.length, 1);
  return supabase.queries[0];
}

test('a story is read of a lead, and one that is not there is a contact and not a call', async () => {
  answering({ lead: { id: 'lead' }, calls: [] });
  assert.equal((await voice.leadStory('lead')).lead.id, 'lead');
  assert.deepEqual(asked().parameters, { p_lead_id: 'lead' });
  answering({ error: 'not_found' });
  const failure = await failureOfPromise(voice.leadStory('x'));
  assert.equal(failure.code, 'not_found');
  assert.match(failure.message, /contact/);
});

test('a day begins at midnight of this browser, and needs a business that is open', async () => {
  assert.equal((await failureOfPromise(voice.myDay())).code, 'business_required');
  voice.businessId = 'business';
  answering({ calls: 3 });
  assert.deepEqual(await voice.myDay(), { calls: 3 });
  const { p_business_id: businessId, p_since: since } = asked().parameters;
  assert.deepEqual([businessId, since], ['business', lastMidnight(new Date()).toISOString()]);
  const midnight = lastMidnight(new Date(2026, 10, 27, 23, 59, 59, 999));
  assert.equal(midnight.getTime(), new Date(2026, 10, 27).getTime());
});

test('call-backs are mine unless all are asked for, and one is dismissed by its call', async () => {
  answering([{ conversation_id: 'call' }]);
  assert.equal((await voice.callBacks.list('business')).length, 1);
  await voice.callBacks.list('business', { whose: 'all' });
  const whose = supabase.queries.map(({ parameters }) => parameters.p_whose);
  assert.deepEqual(whose, ['mine', 'all']);
  answering({ error: 'not_allowed' });
  assert.equal((await failureOfPromise(voice.callBacks.dismiss('call'))).code, 'not_allowed');
  answering({ error: 'signed_out' });
  assert.equal((await failureOfPromise(voice.callBacks.dismiss('call'))).code, 'unauthenticated');
});

test('a page of a queue begins after the last entry of the page before', async () => {
  const rows = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
  answering(rows);
  const page = await voice.campaigns.entries('campaign', { limit: 2, state: 'due' });
  assert.deepEqual(page, { entries: rows.slice(0, 2), more: true });
  answering([rows[2]]);
  const last = await voice.campaigns.entries('campaign', { limit: 2, after: rows[1], search: ' ' });
  assert.deepEqual(last, { entries: [rows[2]], more: false });
  assert.deepEqual(
    supabase.queries.map(({ parameters }) => [parameters.p_after, parameters.p_limit]),
    [
      [null, 3],
      [{ id: 'b' }, 3],
    ],
  );
  assert.equal(supabase.queries[1].parameters.p_search, null);
});

test('a campaign that is not there is a campaign and not a call', async () => {
  answering({ error: 'not_found' });
  for (const reading of [
    voice.campaigns.queue('x'),
    voice.campaigns.entries('x'),
    voice.campaigns.changeEntries('x', ['entry'], { paused: true }),
  ]) {
    assert.match((await failureOfPromise(reading)).message, /campaign/);
  }
});

test('what row-level security hides from a change is not allowed', async () => {
  answering([]);
  for (const change of [
    voice.campaigns.change('campaign', { is_paused: true }),
    voice.campaigns.setRule('business', 'campaign', {
      result: 'busy',
      after_minutes: 5,
      max_times: null,
    }),
    voice.campaigns.removeRule('campaign', 'busy'),
    voice.outcomes.change('business', 'booked', { label: 'Sold' }),
  ]) {
    assert.equal((await failureOfPromise(change)).code, 'not_allowed');
  }
});

test('a value that the database refuses is told in its own sentence', async () => {
  const refused = (error) => {
    supabase.answer = () => ({ data: null, error, status: 400, count: null });
    return failureOfPromise(voice.campaigns.change('campaign', { wrap_up_seconds: 1 }));
  };
  const sentence = 'A call-back is for a member of the business. Choose one of them.';
  const own = await refused({ code: '23514', message: sentence });
  assert.deepEqual([own.code, own.message], ['value_refused', sentence]);
  const raw = await refused({
    code: '23514',
    message: 'new row for relation "campaigns" violates check constraint "x"',
  });
  assert.equal(raw.code, 'value_refused');
  assert.doesNotMatch(raw.message, /constraint/);
  assert.equal((await refused({ code: '23505', message: 'x' })).code, 'already_exists');
  supabase.answer = () => ({ data: null, error: { code: '42501' }, status: 403, count: null });
  const denied = await failureOfPromise(voice.campaigns.add('business', { name: 'x' }));
  assert.equal(denied.code, 'not_allowed');
});

test('a new outcome stands last and has a free key like its label', async () => {
  const there = [
    { key: 'booked', position: 1 },
    { key: 'sold', position: 7 },
  ];
  supabase.answer = ({ insert }) =>
    insert
      ? { data: [insert], error: null, status: 200 }
      : { data: there, error: null, status: 200, count: there.length };
  const added = await voice.outcomes.add('business', { label: 'Sold', effect: 'done' });
  assert.deepEqual([added.key, added.position, added.label], ['sold_2', 8, 'Sold']);
});

test('every label has a key that the database takes', () => {
  const keys = {
    Booked: 'booked',
    'Übergabe — später!': 'ubergabe_spater',
    '2nd try': 'nd_try',
    留守: 'outcome',
    '': 'outcome',
  };
  for (const [label, key] of Object.entries(keys)) assert.equal(freeKey(label, new Set()), key);
  assert.match(freeKey('x'.repeat(99), new Set()), /^[a-z][a-z0-9_]{0,49}$/);
  assert.equal(freeKey('a', new Set(['a', 'a_2'])), 'a_3');
});
