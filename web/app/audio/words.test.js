import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  backWords,
  heardWords,
  lostWords,
  offerWords,
  processingHint,
  speakerHint,
} from './words.js';

const ALL = { noiseSuppression: true, echoCancellation: true, autoGainControl: true };
const NONE = { noiseSuppression: null, echoCancellation: null, autoGainControl: null };

test('a browser that cannot choose the speaker says where it is chosen', () => {
  const speakers = [{ id: 'default', label: 'System default', group: '' }];
  const hint = (canChooseSpeaker, canAskForSpeaker) =>
    speakerHint({ canChooseSpeaker, canAskForSpeaker, speakers });
  assert.match(hint(false, false), /always uses the system’s speaker.*sound settings/);
  assert.match(hint(true, true), /if you ask/);
  assert.equal(hint(true, false), '');
});

test('a processing that the browser cannot switch, or does not do, is named', () => {
  const inUse = { microphone: '', speaker: '', isMuted: false, processing: NONE };
  const audio = { processing: ALL, processingSupported: ALL, inUse };
  assert.equal(processingHint(audio, true), '');
  const old = { ...audio, processingSupported: { ...ALL, autoGainControl: false } };
  assert.equal(processingHint(old, false), 'This browser cannot switch this: adjust the loudness.');
  const other = { ...audio, inUse: { ...inUse, processing: { ...ALL, noiseSuppression: false } } };
  assert.match(processingHint(other, true), /does not do it as you chose: leave out noise/);
  assert.equal(processingHint(other, false), '');
});

test('what became of devices is told with what is used now', () => {
  const laptop = { microphone: 'Built-in', speaker: 'Built-in' };
  const untold = { microphone: 'System default', speaker: 'System default' };
  assert.equal(
    lostWords(['Jabra'], laptop),
    'Jabra is gone. Calls use Built-in now: the system’s default.',
  );
  assert.match(
    lostWords(['Jabra'], { microphone: '', speaker: '' }, false),
    /^Jabra is gone. No mic/,
  );
  assert.equal(
    lostWords(['Jabra', 'Screen'], untold),
    'Jabra and Screen are gone. The system’s default is used instead.',
  );
  assert.equal(backWords(['Jabra']), 'Jabra is back. Calls use it again.');
  const offer = { label: 'Jabra', microphoneId: 'm', speakerId: 's' };
  assert.match(offerWords(offer, true), /go on with it\? The call stays/);
  assert.match(offerWords({ ...offer, microphoneId: null }, false), /hear calls through it/);
});

test('a test says whether the microphone hears, hears little, or is off', () => {
  const isMeasured = true;
  assert.match(heardWords({ heard: true, isDead: false, isMeasured }), /hears you/);
  assert.match(heardWords({ heard: false, isDead: false, isMeasured }), /hardly anything/);
  assert.match(heardWords({ heard: false, isDead: true, isMeasured }), /not even noise.*switch/);
  assert.match(heardWords({ heard: false, isDead: false, isMeasured: false }), /does not tell/);
});
