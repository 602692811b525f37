import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectWord, moved, sortedOutcomes } from './outcomes.js';

const outcome = (key, position, changes = {}) => ({
  key,
  position,
  is_archived: false,
  ...changes,
});

test('moving an outcome changes as few positions as it can', () => {
  const all = [outcome('a', 1), outcome('b', 2), outcome('c', 3)];
  assert.deepEqual(moved(all, 'c', -1), [
    { key: 'c', position: 2 },
    { key: 'b', position: 3 },
  ]);
  assert.deepEqual(moved(all, 'a', -1), []);
  assert.deepEqual(moved(all, 'x', 1), []);
  // Two at one place, as another client may have left them.
  const mixed = [outcome('a', 4), outcome('b', 4)];
  assert.deepEqual(moved(mixed, 'b', -1), [
    { key: 'b', position: 1 },
    { key: 'a', position: 2 },
  ]);
});

test('archived outcomes have a list of their own', () => {
  const all = [outcome('z', 1), outcome('b', 2, { is_archived: true }), outcome('a', 1)];
  const { used, archived } = sortedOutcomes(all);
  assert.deepEqual(
    used.map(({ key }) => key),
    ['a', 'z'],
  );
  assert.deepEqual(
    archived.map(({ key }) => key),
    ['b'],
  );
  assert.equal(effectWord('retry'), 'Try again');
});
