import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeSupabase, failureOfPromise } from './fakes.test.js';
import { ReportSettingsStore } from './report-settings.js';
import { Requests } from './requests.js';

test('members read by what reports count, and who may not change it is told so', async () => {
  const supabase = new FakeSupabase();
  const store = new ReportSettingsStore(supabase, new Requests(supabase, false));
  const row = { time_zone: 'Europe/Berlin', conversation_seconds: 60, week_start: 0 };
  supabase.answer = () => ({ data: [row], error: null, status: 200 });
  assert.deepEqual(await store.read('business'), row);
  assert.deepEqual(await store.change('business', { week_start: 0 }), row);
  const [read, change] = supabase.queries;
  assert.equal(read.table, 'businesses');
  assert.deepEqual(read.eq, ['id', 'business']);
  assert.deepEqual(change.update, { week_start: 0 });

  // Row-level security answers no row.
  supabase.answer = () => ({ data: [], error: null, status: 200 });
  assert.equal((await failureOfPromise(store.read('business'))).code, 'not_found');
  assert.equal((await failureOfPromise(store.change('business', {}))).code, 'not_allowed');
});
