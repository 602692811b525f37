import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINAL_STATUSES, LIVE_STATUSES, isOver } from './call-statuses.js';

test('a call with a final status is over, one with a live status is not', () => {
  for (const status of FINAL_STATUSES) assert.ok(isOver(status), status);
  for (const status of LIVE_STATUSES) assert.ok(!isOver(status), status);
});

test('a refused call is over, though Twilio has no such status', () => {
  assert.ok(isOver('blocked'));
  assert.ok(!FINAL_STATUSES.includes('blocked'));
});

test('a status that this library does not know is not final', () => {
  assert.ok(!isOver('parked'));
});

test('nobody can change the lists', () => {
  assert.throws(() => FINAL_STATUSES.push('ringing'), TypeError);
  assert.throws(() => LIVE_STATUSES.push('busy'), TypeError);
});
