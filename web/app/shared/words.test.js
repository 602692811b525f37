import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINAL_STATUSES, LIVE_STATUSES } from '../../henk-voice/henk-voice.js';
import { STATUS_FILTERS, STATUS_WORDS, callState, duration } from './words.js';
import { statusWord, when } from './words.js';

test('a duration has minutes and seconds, and hours if there are any', () => {
  assert.equal(duration(0), '0:00');
  assert.equal(duration(7), '0:07');
  assert.equal(duration(750), '12:30');
  assert.equal(duration(3600), '1:00:00');
  assert.equal(duration(3723), '1:02:03');
});

test('every status has a word and is in exactly one filter', () => {
  const filtered = Object.values(STATUS_FILTERS).flatMap(({ statuses }) => statuses);
  const all = [...LIVE_STATUSES, ...FINAL_STATUSES, 'blocked'];
  assert.deepEqual([...filtered].sort(), [...all].sort());
  assert.deepEqual(Object.keys(STATUS_WORDS).sort(), [...all].sort());
});

test('a call of the list says what becomes of the lead, and at last only how it ended', () => {
  assert.equal(statusWord({ status: 'in-progress', stage: null }), 'Talking');
  assert.equal(statusWord({ status: 'in-progress', stage: 'consulting' }), 'On hold');
  assert.equal(statusWord({ status: 'in-progress', stage: 'together' }), 'Talking');
  assert.equal(statusWord({ status: 'completed', stage: 'transferred' }), 'Completed');
});

test('a call says what it does, and what the rep has to do', () => {
  const call = { state: 'connecting', reconnecting: false, awaitingMicrophone: false };
  assert.equal(callState(call), 'Connecting…');
  assert.match(callState({ ...call, awaitingMicrophone: true }), /Allow the microphone/);
  const lost = { ...call, state: 'talking', reconnecting: true };
  assert.equal(callState(lost), 'Connection lost. Reconnecting…');
  const talking = { ...call, state: 'talking' };
  assert.equal(callState({ ...talking, stage: null }), 'Talking');
  assert.equal(callState({ ...talking, stage: 'on_hold' }), 'On hold');
  assert.equal(callState({ ...talking, stage: 'transferred' }), 'Talking');
  const lead = { role: 'lead', on_hold_since: null };
  assert.equal(callState({ ...talking, stage: 'ringing', legs: [lead] }), 'Talking');
  const held = { ...lead, on_hold_since: '2026-01-01T09:00:00Z' };
  assert.equal(callState({ ...talking, stage: 'ringing', legs: [held] }), 'On hold');
});

test('a time of today is shown without its date', () => {
  const now = new Date().toISOString();
  assert.equal(when(now).iso, now);
  assert.ok(when(now).short.length < when('2020-01-31T08:05:09Z').short.length);
});
