import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promiseIn } from './promised-call.js';

const NOW = Date.UTC(2026, 0, 1, 9, 41);
const row = {
  id: 'conversation',
  user_id: 'dana',
  to_number: '+14155550123',
  call_back_at: '2026-01-01T09:40:30Z',
  outcome: null,
};
const said = (changes = {}, reader = {}) => {
  return promiseIn({ ...row, ...changes }, { userId: 'dana', shownId: 'other', ...reader }, NOW);
};

test('a rep in another call is told of the lead whom nobody took', () => {
  assert.equal(
    said(),
    'Nobody took +1 415 555 0123, whom you had transferred. They were promised that somebody calls back.',
  );
});

test('nothing is said of colleagues’ calls, of old promises, and of what is settled or shown', () => {
  assert.equal(said({ user_id: 'robin' }), null);
  assert.equal(said({ call_back_at: '2026-01-01T09:30:00Z' }), null);
  assert.equal(said({ call_back_at: null }), null);
  assert.equal(said({ outcome: 'callback' }), null);
  assert.equal(said({}, { shownId: 'conversation' }), null);
});
