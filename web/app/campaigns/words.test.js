import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsInShort, counted, entryWords, lasting } from './words.js';

const READY = {
  state: 'ready',
  is_due: false,
  next_at: null,
  wait_reason: null,
  done_reason: null,
};

test('a queue is one line, without what there is none of', () => {
  const none = { due: 0, waiting: {}, leased: 0, paused: 0, done: {} };
  assert.equal(countsInShort(none), 'No leads in the queue');
  const some = { ...none, due: 12, waiting: { retry: 2, skipped: 1 }, done: { outcome: 4 } };
  assert.equal(countsInShort(some), '12 due · 3 wait · 4 done');
  assert.equal(counted(1, 'lead'), '1 lead');
  assert.equal(counted(1200, 'lead'), '1,200 leads');
});

test('an entry says its state and why', () => {
  const words = (changes) => Object.values(entryWords({ ...READY, ...changes }));
  assert.deepEqual(words({ is_due: true, wait_reason: 'retry' }), ['Due now', '']);
  assert.deepEqual(words({ wait_reason: 'in_call' }), ['Waits', 'In a call']);
  const waits = words({ wait_reason: 'call_back', next_at: '2026-01-01T09:00:00Z' });
  assert.match(waits[0], /^Waits until /);
  assert.equal(waits[1], 'Call-back at a time');
  assert.deepEqual(words({ state: 'paused', wait_reason: 'outcome_missing' }), [
    'Paused',
    'Outcome is missing',
  ]);
  assert.deepEqual(words({ state: 'done', done_reason: 'attempts_used' }), [
    'Done',
    'Attempts used up',
  ]);
  // A reason that this page does not know is not shown.
  assert.deepEqual(words({ state: 'done', done_reason: 'eclipse' }), ['Done', '']);
});

test('a clock that is behind the server’s does not count backwards', () => {
  assert.equal(lasting('2026-01-01T09:00:00Z', Date.UTC(2026, 0, 1, 9, 2, 14)), '2:14');
  assert.equal(lasting('2026-01-01T09:00:00Z', Date.UTC(2026, 0, 1, 8, 59)), '0:00');
});
