import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asFieldText, fromFieldText, quickTime, quickTimeWords } from './call-back-time.js';

test('the times that can be chosen at once are on the clock of the rep', () => {
  const friday = new Date(2026, 10, 27, 14, 5, 30);
  assert.equal(asFieldText(quickTime('hour', friday)), '2026-11-27T15:05');
  assert.equal(asFieldText(quickTime('tomorrow', friday)), '2026-11-28T14:05');
  assert.equal(asFieldText(quickTime('monday', friday)), '2026-11-30T09:00');
  assert.match(quickTimeWords('tomorrow', friday), /^Tomorrow (2|14):05/);
});

test('on a Monday, Monday is the next one', () => {
  const monday = new Date(2026, 10, 30, 8, 0);
  assert.equal(asFieldText(quickTime('monday', monday)), '2026-12-07T09:00');
});

test('a date field is read as the time of the rep, and an empty one as none', () => {
  assert.equal(fromFieldText('2026-11-30T09:00'), new Date(2026, 10, 30, 9, 0).toISOString());
  assert.equal(fromFieldText(''), null);
  assert.equal(fromFieldText('tomorrow'), null);
});
