import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outcomes } from './outcomes.js';

const BOOKED = { key: 'booked', label: 'Booked', effect: 'done', is_archived: false };
const OLD = { key: 'old', label: 'Old one', effect: 'retry', is_archived: true };

test('archived outcomes are not chosen any more and keep their words, and unknown ones stay', async () => {
  const { signal } = new AbortController();
  const voice = { outcomes: { list: async () => [BOOKED, OLD] } };
  const outcomes = new Outcomes({ voice, business: { id: 'b' }, signal });
  let loaded = 0;
  outcomes.onLoad(() => (loaded += 1), signal);
  await outcomes.load();
  assert.ok(loaded > 0);
  assert.deepEqual(outcomes.active, [BOOKED]);
  assert.deepEqual(
    ['booked', 'old', 'sold_twice', 'forgotten'].map((key) => outcomes.labelOf(key)),
    ['Booked', 'Old one', 'sold_twice', 'Forgotten'],
  );
  assert.deepEqual([outcomes.effectOf('old'), outcomes.effectOf(null)], ['retry', null]);
});
