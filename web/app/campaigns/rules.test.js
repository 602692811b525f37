import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterWords, choicesWith, ruleChanges, ruleRows, timesIn } from './rules.js';

const OUTCOMES = [
  { key: 'booked', label: 'Booked', effect: 'done', is_archived: false },
  { key: 'voicemail', label: 'Voicemail', effect: 'retry', is_archived: false },
  { key: 'gatekeeper', label: 'Gatekeeper', effect: 'retry', is_archived: true },
];
const BUSY = { result: 'busy', after_minutes: 50, max_times: 3 };

test('there is a row for each result after which a lead is tried again', () => {
  const rows = ruleRows(OUTCOMES, [BUSY]);
  const results = rows.map(({ result, after_minutes: after, isUsual }) => [result, after, isUsual]);
  assert.deepEqual(results, [
    ['busy', 50, false],
    ['no-answer', 240, true],
    ['canceled', 30, true],
    ['failed', 60, true],
    ['voicemail', 1440, true],
  ]);
  assert.equal(rows[3].max_times, 2);
});

test('only what differs is written, and a rule that is the usual one is removed', () => {
  const rows = ruleRows(OUTCOMES, [
    BUSY,
    { result: 'canceled', after_minutes: null, max_times: null },
  ]);
  const chosen = new Map([
    ['busy', { after_minutes: 15, max_times: null }],
    ['no-answer', { after_minutes: null, max_times: null }],
    // How often does not matter where a lead is never tried again.
    ['canceled', { after_minutes: null, max_times: 4 }],
    ['failed', { after_minutes: 60, max_times: null }],
    ['voicemail', { after_minutes: 1440, max_times: null }],
  ]);
  assert.deepEqual(ruleChanges(rows, chosen), {
    set: [
      { result: 'no-answer', after_minutes: null, max_times: null },
      { result: 'failed', after_minutes: 60, max_times: null },
    ],
    remove: ['busy'],
  });
  assert.deepEqual(ruleChanges(rows, new Map()), { set: [], remove: [] });
});

test('a time that the page does not offer by itself can be kept', () => {
  assert.deepEqual(choicesWith(50).slice(3, 6), [50, 60, 120]);
  assert.equal(choicesWith(60).length, choicesWith(null).length);
  const words = [1, 50, 60, 90, 240, 1440, 2880, 10_080].map(afterWords);
  assert.deepEqual(words, [
    '1 minute',
    '50 minutes',
    '1 hour',
    '90 minutes',
    '4 hours',
    '1 day',
    '2 days',
    '1 week',
  ]);
});

test('a number of times is whole and not too large, or there is no limit', () => {
  assert.deepEqual(['', '  ', '1', '100'].map(timesIn), [null, null, 1, 100]);
  assert.deepEqual(['0', '101', '1.5', '-1', 'x'].map(timesIn), Array(5).fill(undefined));
});
