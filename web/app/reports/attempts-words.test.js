import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptName, attemptsSentence } from './attempts-words.js';

test('dials are counted as people count them', () => {
  const names = [1, 2, 3, 4, 11, 12, 13, 19, 20].map(attemptName);
  assert.deepEqual(names, [
    ...['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '19th'],
    '20th or later',
  ]);
});

test('it is said how many numbers were reached, and by which dial half of them', () => {
  const said = (numbers, reached, median) =>
    attemptsSentence({ attempts: [], numbers, reached, median_attempts: median });
  assert.equal(
    said(1240, 310, 2),
    '1,240 numbers were dialled for the first time, and 310 reached for the first time: ' +
      'half of these by the 2nd dial or an earlier one.',
  );
  // Numbers that were dialled before this time can be reached in it.
  assert.equal(
    said(0, 4, 3),
    '0 numbers were dialled for the first time, and 4 reached for the first time: ' +
      'half of these by the 3rd dial or an earlier one.',
  );
  assert.match(said(10, 4, 1), /: half of these by the 1st dial\.$/);
  assert.equal(
    said(1, 1, 1),
    '1 number was dialled for the first time, and 1 reached for the first time, by the 1st dial.',
  );
  assert.equal(
    said(3, 0, null),
    '3 numbers were dialled for the first time, and 0 reached for the first time.',
  );
});
