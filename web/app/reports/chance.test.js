import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCounts, compareShares, differenceOfShares, widthFor } from './chance.js';

test('the width is that of the normal distribution, wider for more comparisons', () => {
  for (const [count, z] of [
    [1, 1.95996],
    [5, 2.57583],
    [100, 3.48076],
  ]) {
    assert.ok(Math.abs(widthFor(count) - z) < 0.0006, `${count}: ${widthFor(count)}`);
  }
});

test('the interval of a difference is that of the paper', () => {
  // Newcombe 1998, table II, method 10.
  for (const [a, m, b, n, low, high] of [
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [10, 10, 0, 10, 0.6075, 1],
  ]) {
    const found = differenceOfShares({ part: a, whole: m }, { part: b, whole: n }, 1.959964);
    assert.ok(Math.abs(found.low - low) < 0.0001, `${a}/${m}: ${found.low}`);
    assert.ok(Math.abs(found.high - high) < 0.0001, `${a}/${m}: ${found.high}`);
  }
});

test('few calls say nothing, and many say what they show', () => {
  const z = widthFor(1);
  assert.equal(compareShares({ part: 1, whole: 3 }, { part: 0, whole: 4 }, z), 0);
  assert.equal(compareShares({ part: 0, whole: 0 }, { part: 5, whole: 9 }, z), 0);
  assert.equal(compareShares({ part: 210, whole: 1000 }, { part: 150, whole: 1000 }, z), 1);
  assert.equal(compareShares({ part: 150, whole: 1000 }, { part: 210, whole: 1000 }, z), -1);
  assert.equal(compareCounts(3, 1, z), 0);
  assert.equal(compareCounts(0, 0, z), 0);
  assert.equal(compareCounts(1200, 1000, z), 1);
  assert.equal(compareCounts(1000, 1200, z), -1);
});

test('a change is said in about 5 % of the cases in which nothing has changed', () => {
  const random = generator(20261127);
  const drawn = (n, p) => {
    let hits = 0;
    for (let at = 0; at < n; at += 1) hits += Number(random() < p);
    return hits;
  };
  const z = widthFor(6);
  let wrong = 0;
  for (let run = 0; run < 400; run += 1) {
    const changes = [0.2, 0.05, 0.5, 0.3, 0.12, 0.9].map((p) =>
      compareShares({ part: drawn(150, p), whole: 150 }, { part: drawn(150, p), whole: 150 }, z),
    );
    wrong += Number(changes.some(Boolean));
  }
  assert.ok(wrong <= 400 * 0.07, `${wrong} of 400`);
});

/** The same numbers each time: mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
