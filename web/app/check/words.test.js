import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineFault } from '../../henk-voice/henk-voice.js';
import { progressOf, resultOf, signOf, signOfCall, verdictOf, verdictOfCall } from './words.js';

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
  const of = (given) =>
    signOf({ quiet, result: null, now: NOW, goodAt: 0, ...given })?.words ?? null;
  assert.equal(of({ quiet: null }), null);
  assert.equal(of({}), 'Ready');
  assert.equal(of({ result: found('loss_out') }), 'They may not hear you');
  assert.equal(of({ result: found('loss_out'), now: NOW + 3_600_000 }), 'Ready');
  assert.equal(of({ result: found('check_unfinished') }), 'Ready');
  const offline = found('offline', { isQuiet: true });
  assert.equal(of({ quiet: offline, result: found('loss_out') }), 'No internet connection');
  assert.equal(
    of({ result: found('loss_out'), goodAt: NOW }),
    'Ready',
    'a good call came after it',
  );
});

test('what a check has found holds until something else is known', () => {
  const at = (seconds) => ({ startedAt: new Date(NOW + seconds * 1000) });
  const facts = { permission: 'granted', microphones: 0 };
  const shown = (result, quiet) => resultOf({ result, quiet }) === result;
  const nothing = found(null, { isQuiet: true, facts, ...at(60) });
  const missing = found('microphone_missing', { facts, ...at(0) });
  assert.ok(shown(missing, nothing));
  assert.ok(!shown(missing, { ...nothing, facts: { ...facts, microphones: 1 } }), 'plugged in');
  const denied = found('microphone_denied', {
    facts: { ...facts, permission: 'denied' },
    ...at(0),
  });
  assert.ok(!shown(denied, nothing), 'allowed meanwhile');
  assert.ok(!shown(found('offline', at(0)), nothing), 'connected again');
  assert.ok(shown(found('not_heard', at(0)), nothing));
  const good = found(null, at(0));
  assert.ok(shown(good, nothing));
  assert.ok(!shown(good, found('offline', { isQuiet: true, ...at(60) })));
  assert.ok(shown(good, found('offline', { isQuiet: true, ...at(-60) })), 'an older look');
});

test('a check that a person or a call has stopped blames nobody', () => {
  const stopped = lineFault('check_unfinished', { side: 'you', meaning: 'It was stopped.' });
  const { tone, meaning } = verdictOf(found(null, { fault: stopped }));
  assert.deepEqual([tone, meaning], ['none', 'It was stopped.']);
});

test('during a call the verdict is that of its line, and there is no check', () => {
  const of = (state, quality) => Object.values(verdictOfCall({ state, quality }));
  const unknown = { grade: null, side: null, title: '', meaning: '', action: '' };
  const later = 'Check when the call is over.';
  assert.deepEqual(of('talking', unknown), ['none', 'You are in a call', '', later]);
  const good = { ...unknown, grade: 'good', title: 'Good line' };
  assert.deepEqual(of('talking', good), ['none', 'You are in a call', 'Good line.', later]);
  const poor = { grade: 'poor', ...lineFault('loss_out') };
  assert.deepEqual(of('talking', poor).slice(0, 2), ['bad', 'They may not hear you']);
  assert.match(of('talking', poor)[2], /^In your network: your network loses/);
  assert.equal(of('ringing', poor)[1], 'You are in a call');
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
