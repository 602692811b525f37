import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bestSentences,
  estimatedSentence,
  hoursOf,
  timeName,
  unknownSentence,
} from './hours-words.js';

const none = { said: 'not_enough_calls' };
const same = { said: 'no_difference' };
const best = {
  said: 'best',
  weekday: 2,
  hour: 16,
  estimate: 0.31,
  low: 0.25,
  high: 0.384,
  dials: 1240,
};

function hours(week, day = week, weekday = week) {
  const of = (found) => ({ cells: [], best: found });
  return { ...of(week), by_hour: of(day), by_weekday: of(weekday), overall_rate: 0.21 };
}

test('a best time is named with its calls, where it lies, and what all have', () => {
  const day = { ...best, weekday: null };
  assert.deepEqual(bestSentences(hours(best, day, same)), [
    'The best hour of the day is 16:00 to 17:00: about 31 % of 1,240 dials reached a person ' +
      '(somewhere between 25 % and 38 %), of all dials 21 %.',
    'No weekday is better than the others by more than chance: call when it suits you.',
    'The best hour of the week is Tuesday, 16:00 to 17:00: about 31 % of 1,240 dials reached a person ' +
      '(somewhere between 25 % and 38 %), of all dials 21 %.',
  ]);
});

test('where nothing is known, or nothing differs, no time is named', () => {
  for (const found of [none, same]) {
    const said = bestSentences(hours(found));
    assert.equal(said.length, 1);
    assert.doesNotMatch(said[0], /\d|[Bb]est hour|Monday/);
  }
  assert.match(bestSentences(hours(none))[0], /^Not enough calls/);
  assert.match(bestSentences(hours(none, same, same))[2], /not enough calls/);
});

test('calls of which the clock is not known, or only guessed, are told', () => {
  assert.equal(
    unknownSentence(1),
    ' dial is left out, because the local time of its number is not known.',
  );
  assert.match(unknownSentence(5), /^ dials are left out/);
  assert.match(estimatedSentence(1524), /^Of 1,524 dials the clock is that of the number’s area/);
});

test('times have names, midnight too', () => {
  assert.equal(timeName({ weekday: 7, hour: 23 }), 'Sunday, 23:00 to 00:00');
  assert.equal(timeName({ hour: 0 }), '00:00 to 01:00');
  assert.equal(timeName({ weekday: 1, hour: null }), 'Monday');
});

test('a picture has the hours from the first dial to the last one, without a gap', () => {
  const cells = [
    { hour: 17, dials: 2 },
    { hour: 9, dials: 1 },
    { hour: 3, dials: 0 },
  ];
  assert.deepEqual(hoursOf(cells), [9, 10, 11, 12, 13, 14, 15, 16, 17]);
  assert.deepEqual(hoursOf([]), []);
});
