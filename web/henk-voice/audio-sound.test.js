import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { TEST_SOUNDS, playSound, wavOfTones } from './audio-sound.js';

test('tones become a WAV file that begins and ends softly and is not too loud', async () => {
  const blob = wavOfTones([
    { seconds: 0.5, hertz: [400, 450] },
    { seconds: 0.5, hertz: [] },
  ]);
  const view = new DataView(await blob.arrayBuffer());
  assert.equal(view.byteLength, 44 + 24_000 * 2);
  assert.equal(view.getUint32(40, true), 24_000 * 2);
  const samples = Array.from({ length: 24_000 }, (_, at) => view.getInt16(44 + at * 2, true));
  const most = Math.max(...samples.map(Math.abs));
  assert.ok(most > 0x7fff * 0.2 && most <= 0x7fff * 0.25);
  assert.ok(Math.abs(samples[1] ?? 0) < 50 && Math.abs(samples[11_999] ?? 0) < 50);
  assert.ok(samples.slice(12_000).every((sample) => sample === 0));
});

/** An element that plays what it is given. */
class FakeAudio extends EventTarget {
  static log = [];
  constructor() {
    super();
    FakeAudio.log.push('made');
  }
  setSinkId = async (id) => {
    FakeAudio.log.push(`to ${id}`);
    if (id === 'gone') throw new DOMException('', 'NotFoundError');
  };
  play = async () => FakeAudio.log.push('plays');
  pause = () => FakeAudio.log.push('stops');
  removeAttribute() {}
}
globalThis.Audio = /** @type {any} */ (FakeAudio);

const log = () => FakeAudio.log.splice(0);

test('a sound goes to the chosen speaker, and ends when nobody wants it any more', async () => {
  const leaving = new AbortController();
  const playing = playSound(TEST_SOUNDS.ringer(), 'headset', leaving.signal);
  setTimeout(() => leaving.abort(), 10);
  await playing;
  assert.deepEqual(log(), ['made', 'to headset', 'plays', 'stops']);
  await playSound(TEST_SOUNDS.speaker(), 'headset', leaving.signal);
  assert.deepEqual(log(), []);
});

test('a speaker that is gone is told, and nothing is played elsewhere', async () => {
  const playing = playSound(TEST_SOUNDS.speaker(), 'gone');
  await assert.rejects(playing, (error) => error.failure.code === 'no_audio');
  assert.deepEqual(log(), ['made', 'to gone', 'stops']);
});

test('a sound that never ends is given up', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const playing = playSound(TEST_SOUNDS.speaker(), 'default');
  await null;
  mock.timers.tick(10_000);
  await assert.rejects(playing, (error) => error.failure.code === 'no_audio');
  mock.timers.reset();
});
