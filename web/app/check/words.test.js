import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineFault } from '../../henk-voice/henk-voice.js';
import { progressOf, signOf, signOfCall, verdictOf } from './words.js';

const NOW = Date.UTC(2026, 10, 27, 10);
const found = (code, given = {}) => ({
  fault: code && lineFault(code),
  grade: 'good',
  isQuiet: false,
  startedAt: new Date(NOW - 60_000),
  steps: [],
  ...given,
});

test('the verdict says whose side a fault is on, and what to do', () => {
  const { tone, words, meaning, action } = verdictOf(found('audio_blocked', { grade: 'poor' }));
  assert.deepEqual([tone, words], ['bad', 'Sound is blocked']);
  assert.match(meaning, /^In your network: the phone network can be reached, but/);
  assert.match(action, /^Try another network/);
  assert.equal(verdictOf(found('loss_in', { grade: 'fair' })).tone, 'warning');
  // The line may be fair, and the clock wrong all the same.
  assert.equal(verdictOf(found('clock_wrong', { grade: 'good' })).tone, 'bad');
  assert.deepEqual(verdictOf(found(null)).words, 'You can call');
  assert.equal(verdictOf(found(null, { isQuiet: true })).action, 'Check now.');
});

test('while a check runs, it says what is going on', () => {
  const running = (name) => progressOf([{ name, state: 'running', text: '', details: [] }]);
  assert.match(running('microphone'), /allow it/);
  assert.equal(running('line'), 'Listening to the line…');
});

test('the sign says what is so now before what a check has found, and forgets that', () => {
  const quiet = found(null, { isQuiet: true });
  const of = (given) => signOf({ quiet, result: null, now: NOW, ...given })?.words ?? null;
  assert.equal(of({ quiet: null }), null);
  assert.equal(of({}), 'Ready');
  assert.equal(of({ result: found('loss_out') }), 'They may not hear you');
  assert.equal(of({ result: found('loss_out'), now: NOW + 3_600_000 }), 'Ready');
  assert.equal(of({ result: found('check_unfinished') }), 'Ready');
  const offline = found('offline', { isQuiet: true });
  assert.equal(of({ quiet: offline, result: found('loss_out') }), 'No internet connection');
});

test('during a call the sign has the words of its line', () => {
  const quality = { grade: 'poor', title: 'They may not hear you' };
  assert.deepEqual(signOfCall({ state: 'talking', quality }), {
    tone: 'bad',
    words: 'They may not hear you',
  });
  assert.equal(signOfCall({ state: 'ringing', quality }), null);
  assert.equal(signOfCall({ state: 'talking', quality: { grade: null, title: '' } }), null);
});
