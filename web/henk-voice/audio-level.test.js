import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { LevelMeter, levelOf, loudnessOf } from './audio-level.js';

const samples = (loudness) =>
  Float32Array.from({ length: 2048 }, (_, index) => loudness * Math.sin(index));
/** A voice, the noise of a room, and a microphone that is switched off. */
const [VOICE, NOISE, NOTHING] = [samples(0.1), samples(0.001), samples(0)];

/** @type {LevelMeter} */
let meter;

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  globalThis.AudioContext = class {
    state = 'running';
    createAnalyser = () => ({ fftSize: 2048, getFloatTimeDomainData: () => {} });
    createMediaStreamSource = () => ({ connect: () => {} });
    resume = async () => {};
    close = async () => {};
  };
  meter = new LevelMeter(/** @type {any} */ ({}));
  mock.timers.reset();
});

test('loudness is told in decibels, and a meter moves in equal steps for the ear', () => {
  assert.equal(Math.round(loudnessOf(samples(1))), -3);
  assert.equal(loudnessOf(NOTHING), -Infinity);
  assert.equal(levelOf(-Infinity), 0);
  assert.equal(levelOf(-35), 0.5);
  assert.equal(levelOf(0), 1);
});

test('a voice is heard after three looks; a click and the noise of a room are not a voice', () => {
  for (let look = 0; look < 50; look += 1) meter.take(NOISE);
  meter.take(VOICE);
  meter.take(VOICE);
  assert.equal(meter.heard, false);
  assert.equal(meter.isDead, false);
  meter.take(VOICE);
  assert.equal(meter.heard, true);
  meter.take(NOISE);
  assert.ok(meter.level < 0.1 && meter.peak > 0.5);
});

test('what the browser does not tell is not silence', () => {
  assert.deepEqual([meter.isMeasured, meter.isDead, meter.heard], [false, false, false]);
});

test('a microphone that gives not even noise is dead', () => {
  for (let look = 0; look < 50; look += 1) meter.take(NOTHING);
  assert.deepEqual([meter.isDead, meter.heard, meter.peak], [true, false, 0]);
});
