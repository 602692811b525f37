import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gradeOf, gradeOfCall } from './line-grade.js';

// tests/supabase feeds the same cases to SQL.
const CASES = JSON.parse(
  readFileSync(new URL('../../tests/line_cases.json', import.meta.url), 'utf8'),
);

for (const { name, facts, grade, fault } of CASES) {
  test(`a call is graded: ${name}`, () => {
    assert.deepEqual(gradeOfCall(facts), { grade, fault });
  });
}

test('numbers that make no sense are not graded', () => {
  const figures = { lossIn: NaN, lossOut: -1, jitterMs: Infinity, rttMs: null, mos: NaN };
  assert.deepEqual(gradeOf(figures), { grade: null, fault: null });
  assert.deepEqual(gradeOf({ ...figures, rttMs: 700 }), { grade: 'poor', fault: 'delay' });
});
