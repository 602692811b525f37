import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS } from '../../henk-voice/metrics.js';
import { metricColumn, otherMetrics, valueOf } from './metric-columns.js';
import { sorted } from './sorting.js';

test('a share of what has no calls is not 0', () => {
  assert.equal(valueOf({ dials: 0, connected: 0 }, 'connect_rate'), null);
  assert.equal(valueOf({ dials: 4, connected: 0 }, 'connect_rate'), 0);
  assert.equal(valueOf({ connect_rate: null, dials: 0 }, 'connect_rate'), null);
  assert.equal(valueOf({ answered: 2, talk_seconds: 90 }, 'average_talk_seconds'), 45);
  assert.equal(valueOf({ dials: 3 }, 'poor_rate'), null);
});

test('shares are sorted by what is certain of them, counts by themselves', () => {
  const rows = [
    { key: 'lucky', dials: 1, connected: 1 },
    { key: 'good', dials: 300, connected: 120 },
    { key: 'none', dials: 0, connected: 0 },
    { key: 'bad', dials: 300, connected: 30 },
  ];
  const keys = (name, isDescending) =>
    sorted(rows, metricColumn(name), isDescending).map(({ key }) => key);
  assert.deepEqual(keys('connect_rate', true), ['good', 'lucky', 'bad', 'none']);
  assert.deepEqual(keys('connect_rate', false), ['bad', 'good', 'lucky', 'none']);
  assert.deepEqual(keys('connected', true), ['good', 'bad', 'lucky', 'none']);
});

test('the file has every metric once, under its name, and each with its meaning', () => {
  const columns = [metricColumn('dials'), ...otherMetrics(['dials'], ['helped'])];
  const names = columns.map(({ name }) => name);
  assert.deepEqual(
    [...names].sort(),
    Object.keys(METRICS)
      .filter((name) => name !== 'helped')
      .sort(),
  );
  assert.equal(new Set(names).size, names.length);
  for (const { label, meaning } of columns) assert.ok(label && meaning);
});
