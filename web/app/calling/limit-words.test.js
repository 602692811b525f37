import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitWords } from './limit-words.js';

test('a limit is told by examples that are computed from it', () => {
  const cases = [
    [
      'calls_per_rep_per_minute',
      10,
      4,
      /The 11th call within 60 seconds .*One call every 6 seconds/,
    ],
    ['calls_per_rep_per_minute', 1, 4, /The 2nd call .*the 1 call is.* every 60 seconds/],
    ['calls_per_rep_per_minute', 1000, 4, /The 1,001st call .*17 calls a second/],
    ['calls_per_rep_per_day', 500, 4, /one call every 58 seconds.*4 people.*2,000 calls/],
    ['calls_per_rep_per_day', 1, 1, /one call every 8 hours.*1 person.*1 call in/],
    ['concurrent_calls', 50, 4, /The 51st call .*50 ring or talk.*all 4 people/],
    ['concurrent_calls', 1, 1, /The 2nd call .*one rings or talks.*the one person/],
    ['concurrent_calls', 12, 30, /The 13th call .*Only 12 of the 30 people/],
    ['max_call_seconds', 14_400, 4, /ended at 14:00:00/],
    ['max_call_seconds', 90, 4, /ended at 10:01:30/],
    ['token_grants_per_minute', 20, 4, /21 pages/],
  ];
  for (const [limit, value, people, words] of cases) {
    assert.match(limitWords(limit, value, people), words);
  }
});
