import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversations, timestamp } from './conversations.js';

/** A query builder that answers with the same, whatever is asked. */
function answering(answer) {
  const query = new Proxy(
    {},
    {
      get: (_target, name) => (name === 'then' ? (resolve) => resolve(answer) : () => query),
    },
  );
  return new Conversations({ from: () => query });
}

/** The code of the failure of a read that is answered with this. */
async function codeOf(answer) {
  try {
    await answering(answer).campaigns('business');
  } catch (error) {
    return error.failure.code;
  }
  return null;
}

test('times are read as PostgREST writes them and as Postgres does', () => {
  const expected = Date.UTC(2026, 0, 31, 8, 5, 9, 500);
  for (const text of [
    '2026-01-31T08:05:09.5+00:00',
    '2026-01-31 08:05:09.5+00',
    '2026-01-31T08:05:09.500Z',
    '2026-01-31 10:05:09.5+02',
    '2026-01-31 04:35:09.5-03:30',
  ]) {
    assert.equal(timestamp(text).getTime(), expected, text);
  }
});

test('an error of the database is the failure that tells what to do', async () => {
  assert.equal(await codeOf({ data: [], error: null, status: 200 }), null);
  assert.equal(await codeOf({ data: null, error: {}, status: 0 }), 'unreachable');
  assert.equal(await codeOf({ data: null, error: {}, status: 401 }), 'unauthenticated');
  assert.equal(await codeOf({ data: null, error: {}, status: 503 }), 'database_unavailable');
  assert.equal(await codeOf({ data: null, error: {}, status: 400 }), 'unexpected_answer');
});

test('the history says whether there are older calls', async () => {
  const rows = [{ id: 1 }, { id: 2 }, { id: 3 }];
  const history = (limit) =>
    answering({ data: rows, error: null, status: 200 }).history('business', { limit });
  assert.deepEqual(await history(2), { conversations: rows.slice(0, 2), more: true });
  assert.deepEqual(await history(3), { conversations: rows, more: false });
});

test('a description of a conversation that is not there is an error', async () => {
  const described = answering({ data: [], error: null, status: 200 }).describe('id', {});
  await assert.rejects(described, ({ failure }) => failure.code === 'not_found');
});
