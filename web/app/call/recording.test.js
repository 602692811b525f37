import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingView, termsSentence } from './recording.js';
import { plainText } from './who-hears.js';

const RECORDING = {
  state: 'waiting',
  mode: 'all',
  consentMode: 'announce',
  needsConsent: false,
  notice: null,
  refusedHow: null,
  pending: null,
  recordings: [],
};

function view(recording, { state = 'talking', leadHolds = false } = {}) {
  const notice = state === 'talking' ? 'heard' : null;
  const shown = recordingView(
    { state, recording: recording && { ...RECORDING, notice, ...recording } },
    'Ada',
    leadHolds,
  );
  return { ...shown, sentence: plainText(shown.sentence) };
}

test('a call that is not to be recorded, or is over, shows nothing of it', () => {
  for (const shown of [view(null), view({ state: 'recording' }, { state: 'ended' })]) {
    assert.deepEqual(shown, { sign: null, sentence: '', isBad: false, offers: [] });
  }
});

test('the sign is there exactly while the phone network records, or while that is paused', () => {
  const signs = ['waiting', 'starting', 'recording', 'paused', 'stopped', 'refused', 'failed'].map(
    (state) => view({ state }).sign,
  );
  assert.deepEqual(signs, [null, null, 'recording', 'paused', null, null, null]);
  // Until the phone network has paused, it records.
  const pausing = view({ state: 'recording', pending: 'pause' });
  assert.equal(pausing.sign, 'recording');
  assert.match(pausing.sentence, /Wait with what must not be recorded/);
  assert.equal(view({ state: 'paused', pending: 'resume' }).sign, 'paused');
});

test('what the rep has to do is said, and what they can do is offered', () => {
  const asks = view({ state: 'waiting', needsConsent: true });
  assert.equal(asks.sentence, 'Not recorded yet. Ask whether Ada agrees to be recorded.');
  assert.deepEqual(asks.offers, ['agree', 'refuse']);
  assert.deepEqual(view({ state: 'waiting', mode: 'on_demand' }).offers, ['record', 'refuse']);
  assert.deepEqual(view({ state: 'recording' }).offers, ['pause', 'refuse']);
  assert.deepEqual(view({ state: 'recording', mode: 'on_demand' }).offers, [
    'pause',
    'stop',
    'refuse',
  ]);
  assert.deepEqual(view({ state: 'paused' }).offers, ['resume', 'refuse']);
  assert.deepEqual(view({ state: 'refused' }).offers, []);
  const failed = view({ state: 'failed' });
  assert.deepEqual([failed.isBad, failed.offers], [true, ['record', 'refuse']]);
  // A call may have been recorded before the phone network failed, and the lead may refuse then, too.
  assert.deepEqual(view({ state: 'failed', needsConsent: true }).offers, ['agree', 'refuse']);
});

test('nothing is offered to record a lead who was not told', () => {
  const untold = view({ notice: null, needsConsent: true, consentMode: 'both' });
  assert.deepEqual([untold.sentence, untold.offers], ['Not recorded.', ['refuse']]);
  assert.deepEqual(view({ state: 'failed', notice: null }).offers, ['refuse']);
  assert.equal(view({ notice: 'playing' }).sentence, '');
  const asked = view({ notice: null, needsConsent: true, consentMode: 'confirm' });
  assert.deepEqual(asked.offers, ['agree', 'refuse']);
});

test('before the lead is connected nothing can be asked, and the notice is told', () => {
  const ringing = (recording) => view(recording, { state: 'ringing' });
  assert.deepEqual(ringing({ needsConsent: true }).offers, []);
  assert.equal(ringing({}).sentence, 'This call is recorded after a notice.');
  const notice = { notice: 'playing' };
  assert.equal(ringing(notice).sentence, 'Ada hears the notice that this call is recorded.');
  assert.equal(
    ringing({ ...notice, mode: 'on_demand' }).sentence,
    'Ada hears the notice that this call may be recorded.',
  );
  assert.equal(ringing({ notice: 'heard' }).sentence, '');
  assert.equal(ringing({ mode: null, consentMode: null }).sentence, '');
});

test('a private talk is not recorded, and a refusal says how it came', () => {
  const held = view({ state: 'recording' }, { leadHolds: true });
  assert.match(held.sentence, /Your private talk is not recorded/);
  assert.match(view({ state: 'refused', refusedHow: 'key' }).sentence, /^Ada pressed 9/);
  assert.match(view({ state: 'refused', refusedHow: 'said' }).sentence, /is deleted\.$/);
});

test('the terms are said before the call', () => {
  assert.equal(termsSentence(null), '');
  assert.equal(termsSentence(undefined), '');
  const said = ['all', 'on_demand'].flatMap((mode) =>
    ['announce', 'confirm', 'both'].map((consentMode) => termsSentence({ mode, consentMode })),
  );
  assert.equal(new Set(said).size, 6);
  assert.equal(said[0], 'This call is recorded after a notice.');
  assert.equal(said[4], 'This call can be recorded once you say that they agree.');
});
