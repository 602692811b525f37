import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HALF_HOURS, hoursExamples, hoursWords } from './hours-words.js';

// 14:05 in New York, 11:05 in Los Angeles, 19:05 in London, 20:05 in Berlin, 03:05 in Tokyo.
const NOW = new Date('2026-01-15T19:05:00Z');

test('hours are told by where leads could be called now', () => {
  assert.deepEqual(hoursExamples('12:00', '20:00', NOW), [
    'New York, 14:05 now: yes',
    'Los Angeles, 11:05 now: no, from 12:00 there',
    'London, 19:05 now: yes',
    'Berlin, 20:05 now: no, from 12:00 there tomorrow',
    'Tokyo, 04:05 now: no, from 12:00 there',
  ]);
  // The end does not belong to them.
  assert.match(hoursExamples('08:00', '14:05', NOW)[0], /New York, 14:05 now: no/);
  for (const hours of [
    [null, null],
    ['21:00', '08:00'],
  ]) {
    assert.deepEqual(hoursExamples(...hours, NOW), []);
  }
});

test('hours are told by how long they are', () => {
  assert.match(hoursWords('08:00', '21:00'), /^13 hours a day: at 08:00 .* at 20:59 the last/);
  assert.match(hoursWords('00:00', '24:00'), /^24 hours a day: at 00:00 .* at 23:59/);
  assert.match(hoursWords('09:15', '17:45'), /^8 h 30 min a day/);
  assert.match(hoursWords(null, null), /at any time/);
  assert.equal(hoursWords('21:00', '08:00'), '');
  assert.deepEqual([HALF_HOURS[0], HALF_HOURS[17], HALF_HOURS.at(-1)], ['00:00', '08:30', '24:00']);
});
