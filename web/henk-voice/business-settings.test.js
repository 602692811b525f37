import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusinessSettingsStore, LIMITS, settingProblems } from './business-settings.js';
import { FakeSupabase, failureOfPromise } from './fakes.test.js';
import { Requests } from './requests.js';

test('what cannot be saved is said for each column, with what can be', () => {
  for (const [column, [least, most]] of Object.entries(LIMITS)) {
    for (const value of [least, most]) assert.deepEqual(settingProblems({ [column]: value }), {});
    for (const value of [least - 1, most + 1, least + 0.5, NaN, Infinity]) {
      assert.match(settingProblems({ [column]: value })[column], /Write a whole number from \d/);
    }
  }
  for (const [changes, column, words] of [
    [{ name: ' \u200b\u2060' }, 'name', /missing/],
    [{ name: '😀'.repeat(201) }, 'name', /201 characters/],
    [{ country: 'UK' }, 'country', /“UK”/],
    [{ allowed_countries: [] }, 'allowed_countries', /nobody could be called/],
    [{ allowed_countries: ['DE', 'us'] }, 'allowed_countries', /“us”/],
    [
      { calling_hours_start: '21:00', calling_hours_end: '08:00' },
      'calling_hours_end',
      /The end, 08:00, is not after the beginning, 21:00/,
    ],
    [
      { calling_hours_start: '08:00', calling_hours_end: '08:00' },
      'calling_hours_end',
      /not after/,
    ],
    [{ calling_hours_start: '08:00', calling_hours_end: null }, 'calling_hours_end', /missing/],
    [{ calling_hours_start: null, calling_hours_end: '21:00' }, 'calling_hours_start', /missing/],
    [{ calling_hours_start: '8', calling_hours_end: '21:00' }, 'calling_hours_start', /“8”/],
    [{ calling_hours_start: '08:00', calling_hours_end: '24:30' }, 'calling_hours_end', /“24:30”/],
  ]) {
    const problems = settingProblems(changes);
    assert.deepEqual(Object.keys(problems), [column]);
    assert.match(problems[column], words);
  }
  assert.deepEqual(
    settingProblems({
      name: '😀'.repeat(200),
      country: 'DE',
      allowed_countries: ['US', 'CA'],
      calling_hours_start: '00:00:00',
      calling_hours_end: '24:00:00',
    }),
    {},
  );
  assert.deepEqual(settingProblems({ calling_hours_start: null, calling_hours_end: null }), {});
  assert.deepEqual(settingProblems({ allowed_countries: null }), {});
});

test('only what can be saved is sent, and what the database refuses has its field', async () => {
  const supabase = new FakeSupabase();
  const store = new BusinessSettingsStore(supabase, new Requests(supabase, false), { forget() {} });
  const row = { concurrent_calls: 5 };
  supabase.answer = () => ({ data: [row], error: null, status: 200 });
  assert.deepEqual(await store.read('business'), row);
  assert.deepEqual(await store.change('business', row), row);
  assert.deepEqual(supabase.queries[1].update, row);

  const refused = await failureOfPromise(store.change('business', { concurrent_calls: 1001 }));
  assert.deepEqual([refused.code, refused.field], ['value_refused', 'concurrent_calls']);
  assert.equal(supabase.queries.length, 2);

  const message =
    'new row for relation "businesses" violates check constraint "businesses_concurrent_calls_check"';
  supabase.answer = () => ({ data: null, error: { code: '23514', message }, status: 400 });
  const late = await failureOfPromise(store.change('business', row));
  assert.deepEqual(
    [late.code, late.field, late.message],
    ['value_refused', 'concurrent_calls', 'Calls at once are 1 to 1,000.'],
  );

  // Row-level security answers no row.
  supabase.answer = () => ({ data: [], error: null, status: 200 });
  assert.equal((await failureOfPromise(store.read('business'))).code, 'not_found');
  assert.equal((await failureOfPromise(store.change('business', row))).code, 'not_allowed');
});
