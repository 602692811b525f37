import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutEntry, aboutNext, restOf, stateLine } from './queue-words.js';

const REASON = { code: 'paused', title: '', message: 'You have paused it.', action: 'Start.' };

test('the state line says what the queue does, and what to do', () => {
  const queue = { state: 'off', why: null, holds: [], entry: null };
  assert.match(stateLine(queue), /Choose a campaign/);
  assert.equal(
    stateLine({ ...queue, state: 'stopped', why: REASON }),
    'You have paused it. Start.',
  );
  const offline = {
    code: 'offline',
    title: '',
    message: 'Offline.',
    action: 'It goes on by itself.',
  };
  const line = stateLine({ ...queue, state: 'stopped', why: offline });
  assert.equal(line, 'Offline. When it is again, press Start.');
  const mute = { ...offline, code: 'microphone_denied', action: 'Allow it.' };
  assert.equal(
    stateLine({ ...queue, state: 'stopped', why: mute }),
    'Offline. Allow it. Then press Start.',
  );
  assert.match(
    stateLine({ ...queue, state: 'stopped', why: { ...REASON, code: 'not_started' } }),
    /the first lead/,
  );
  assert.match(stateLine({ ...queue, state: 'countdown' }), /Any key/);
  assert.match(stateLine({ ...queue, state: 'countdown', holds: ['typing'] }), /while you write/);
  assert.equal(stateLine({ ...queue, state: 'wrap_up' }), 'How did it go?');
});

test('a lead is shown with what was before', () => {
  assert.equal(aboutEntry({ attempts: 0, why_now: 'new', call_back_at: null }), 'Not called yet');
  assert.equal(
    aboutEntry({ attempts: 1, why_now: 'retry', call_back_at: null }),
    'Called once before',
  );
  assert.match(
    aboutEntry({ attempts: 2, why_now: 'call_back', call_back_at: '2026-01-31 08:00:00+00' }),
    /^Agreed for /,
  );
  const next = { lead_name: 'Ada', why: 'new', last_called_at: null, last_outcome: null };
  assert.equal(
    aboutNext(next, () => ''),
    'new',
  );
  const again = { ...next, why: 'retry', last_called_at: '2026-01-31 08:00:00+00' };
  assert.match(
    aboutNext({ ...again, last_outcome: 'voicemail' }, (key) => key.toUpperCase()),
    /^called .* · VOICEMAIL$/,
  );
});

test('the rest of the queue is counted by its reasons, also those of a newer database', () => {
  const counts = {
    due: 3,
    leased: 1,
    paused: 2,
    waiting: { retry: 1, outside_calling_hours: 11, newer: 4 },
    done: { outcome: 7, do_not_call: 0 },
  };
  assert.deepEqual(restOf(counts), [
    '11 outside calling hours',
    '4 newer',
    '1 waiting for another try',
    '2 paused',
    '7 done',
  ]);
});
