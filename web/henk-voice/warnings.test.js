import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warningSentence } from './warnings.js';

test('every warning says what it is about', () => {
  const at = new Date(2026, 0, 31, 8, 5).toISOString();
  for (const [warning, expected] of [
    [{ code: 'number_not_in_data' }, /Check it before you call/],
    [{ code: 'text_left_out', text: '(work)' }, /^“\(work\)” is not part of the number/],
    [{ code: 'other_number_than_leads', number: '+14155550100' }, /which is \+14155550100\.$/],
    [{ code: 'other_number_than_leads', number: null }, /^The contact has no number/],
    [{ code: 'lead_in_call', userName: 'Mia', at }, /^Mia is in a call .* since 0?8:05/],
    [{ code: 'lead_in_call', userName: null }, /^A colleague is in a call with this contact\.$/],
    [{ code: 'lead_called_recently', userName: 'Mia', at }, /^Mia called .* last hour, at 0?8:05/],
    [{ code: 'newer_than_this' }, /^Check the number/],
    [{ code: 'toString' }, /^Check the number/],
  ]) {
    assert.match(warningSentence(warning), expected);
  }
});
