import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wilson } from './interval.js';

test('a share of few calls can be almost anything, one of many cannot', () => {
  const percent = (part, whole) =>
    Object.values(wilson(part, whole)).map((share) => Math.round(share * 100));
  assert.deepEqual(percent(1, 3), [6, 79]);
  assert.deepEqual(percent(3, 10), [11, 60]);
  assert.deepEqual(percent(24, 200), [8, 17]);
  assert.deepEqual(percent(0, 10), [0, 28]);
  assert.deepEqual(percent(10, 10), [72, 100]);
  assert.deepEqual(wilson(0, 0), { low: 0, high: 1 });
});
