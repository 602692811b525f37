import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainText } from '../call/who-hears.js';
import { barsOf } from './waveform.js';
import { consentSentence, listedRecording, whyNotPlayable } from './words.js';

const KEPT = { state: 'kept', wanted: 'kept', delete_reason: null, object_deleted_at: null };

test('only a recording that is kept and wanted can be played, and each other says why not', () => {
  assert.equal(whyNotPlayable(KEPT), '');
  const why = [
    ...['asked', 'completed', 'absent', 'failed', 'expired', 'deleted'].map((state) => ({ state })),
    { wanted: 'deleted', delete_reason: 'request' },
  ].map((changes) => whyNotPlayable({ ...KEPT, ...changes }));
  assert.equal(new Set(why).size, why.length);
  assert.ok(why.every((sentence) => sentence.endsWith('.')));
  const failed = whyNotPlayable({ ...KEPT, state: 'failed', error: 'the call was over' });
  assert.match(failed, /The reason on record: the call was over$/);
  for (const [reason, words] of Object.entries({
    refused: /did not agree/,
    retention: /time was over/,
    request: /asked for it/,
  })) {
    assert.match(whyNotPlayable({ ...KEPT, state: 'deleted', delete_reason: reason }), words);
  }
});

test('what the lead was told and has agreed to is one sentence each', () => {
  const names = { dana: 'Dana Demo' };
  const said = (consent) =>
    plainText(
      consentSentence(
        consent && { consent_mode: 'both', refused_how: null, ...consent },
        (id) => names[id],
        'Ada',
      ),
    );
  const at = '2026-01-31T08:00:00Z';
  assert.match(
    said({ notice_ended_at: at, confirmed_by: 'dana', confirmed_at: at }),
    /^Ada heard the notice, .+\. Dana Demo said that they agreed, .+\.$/,
  );
  assert.match(said({ refused_at: at, refused_how: 'key' }), /not played .+ Ada pressed 9 and so/);
  assert.match(said(null), /^Nothing is on record/);
});

test('the list of calls says what becomes of a recording', () => {
  const listed = (state, isOver) => listedRecording({ recording_state: state }, isOver);
  assert.deepEqual(listed(null, true), { words: '', isBad: false, canOpen: false });
  assert.deepEqual(listed('waiting', true), { words: '', isBad: false, canOpen: false });
  assert.equal(listed('recording', false).words, '● Recording');
  assert.equal(listed('stopped', false).canOpen, false);
  assert.equal(listed('stopped', true).canOpen, true);
  const refused = { words: 'Recording refused', isBad: false };
  // That the lead did not agree, and when, is on record.
  assert.deepEqual(listed('refused', true), { ...refused, canOpen: true });
  assert.deepEqual(listed('refused', false), { ...refused, canOpen: false });
  assert.deepEqual(listed('failed', true), {
    words: 'Recording failed',
    isBad: true,
    canOpen: true,
  });
});

test('the picture of a recording shows how loud it is, and silence as silence', () => {
  const samples = new Float32Array(1000).map((_, index) => (index < 500 ? 0.5 : 0.25));
  assert.deepEqual(barsOf(samples, 4), [1, 1, 0.5, 0.5]);
  assert.deepEqual(barsOf(new Float32Array(10), 2), [0, 0]);
  assert.deepEqual(barsOf(new Float32Array(0), 2), [0, 0]);
});
