import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, figure, keyName, percent, seconds } from './numbers.js';

test('numbers are written so that few are not none, and nothing is not zero', () => {
  assert.equal(count(12345), '12,345');
  assert.equal(count(null), '–');
  assert.deepEqual([null, 0, 0.0001, 0.043, 0.0996, 0.125, 1].map(percent), [
    ...['–', '0 %', '< 0.1 %', '4.3 %', '10 %', '13 %', '100 %'],
  ]);
});

test('times are written in the units in which people say them', () => {
  assert.deepEqual([null, 0, 33.6, 59.7, 125, 3599, 3600, 12030, 3_600_000].map(seconds), [
    ...['–', '0 s', '34 s', '1 min', '2 min 5 s', '59 min 59 s', '1 h', '3 h 21 min', '1,000 h'],
  ]);
  assert.equal(figure('talk_seconds', 90), '1 min 30 s');
  assert.equal(figure('connect_rate', 0.2), '20 %');
  assert.equal(figure('dials', 2000), '2,000');
});

test('a day keeps its name in every time zone of the browser', () => {
  assert.match(keyName('day', '2026-11-27'), /27/);
  assert.match(keyName('week', '2026-11-23'), /^Week of .*23/);
  assert.match(keyName('month', '2026-11-01'), /2026/);
});
