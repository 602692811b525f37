import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsWords, trendData } from './trend-picture.js';

/** Steps with these first days and numbers of days. */
function data(by, ...steps) {
  const trend = steps.map(([key, days]) => ({ key, days, connected: 3, dials: 9 }));
  return trendData({ trend, trend_before: [] }, 'connected', by);
}

test('a week or a month of which a time has only some days is no low number', () => {
  const months = data('month', ['2028-01-30', 2], ['2028-02-01', 29], ['2028-03-01', 30]);
  assert.deepEqual(
    months.steps.map(({ isWhole }) => isWhole),
    [false, true, false],
  );
  assert.match(months.steps[0].title, /2028, 2 days of it\n3/);
  assert.match(partsWords(months), /^Pale bars have fewer days/);
  const weeks = data('week', ['2026-03-01', 7], ['2026-03-08', 1]);
  assert.deepEqual(
    weeks.steps.map(({ isWhole }) => isWhole),
    [true, false],
  );
  assert.match(weeks.steps[1].title, /, 1 day of it\n/);
  assert.equal(partsWords(data('week', ['2026-03-01', 7])), '');
  assert.equal(partsWords(data('day', ['2026-03-01', 1], ['2026-03-02', 1])), '');
});
