import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Changes } from './changes.js';
import { FakeSupabase } from './fakes.test.js';
import { Requests } from './requests.js';

const SERVED = 4;

/** A record of ten changes, of which the REST API answers four at most. */
function record() {
  const supabase = new FakeSupabase();
  const all = Array.from({ length: 10 }, (_, index) => ({ id: 10 - index }));
  supabase.answer = ({ lt = ['id', Infinity], limit }) => {
    const rest = all.filter(({ id }) => id < lt[1]);
    const data = rest.slice(0, Math.min(limit, SERVED));
    return { data, error: null, status: 200, count: rest.length };
  };
  return { supabase, changes: new Changes(supabase, new Requests(supabase, false)) };
}

test('the record is read on, page by page, until the first change', async () => {
  const { changes } = record();
  const page = await changes.list('business', { limit: 6 });
  assert.deepEqual(
    page.changes.map(({ id }) => id),
    [10, 9, 8, 7, 6, 5],
  );
  assert.equal(page.more, true);
  const last = await changes.list('business', { limit: 6, before: page.changes.at(-1) });
  assert.deepEqual(
    last.changes.map(({ id }) => id),
    [4, 3, 2, 1],
  );
  assert.equal(last.more, false);
});

test('it can be of some kinds, and by one person or by operators', async () => {
  const { supabase, changes } = record();
  await changes.list('business', { subjects: ['campaign'], changedBy: 'dana', limit: 1 });
  await changes.list('business', { changedBy: null, limit: 1 });
  const [one, other] = supabase.queries;
  assert.deepEqual(one.in, ['subject', ['campaign']]);
  assert.deepEqual(one.eq, ['changed_by', 'dana']);
  assert.deepEqual(other.is, ['changed_by', null]);
  assert.equal(other.in, undefined);
});
