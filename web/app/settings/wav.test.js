import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_SECONDS, SAMPLE_RATE, madeLouder, wavOf } from './wav.js';

test('a WAV file says what is in it', () => {
  const bytes = Buffer.from(wavOf(Float32Array.of(0, 0.5, -1, 2)));
  assert.equal(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 16), 'RIFFWAVEfmt ');
  assert.equal(bytes.readUInt32LE(4), bytes.length - 8);
  const format = [bytes.readUInt16LE(20), bytes.readUInt16LE(22), bytes.readUInt16LE(34)];
  assert.deepEqual(format, [1, 1, 16]);
  assert.deepEqual([bytes.readUInt32LE(24), bytes.readUInt32LE(28)], [8000, 16_000]);
  assert.equal(bytes.readUInt32LE(40), 8);
  const samples = [44, 46, 48, 50].map((at) => bytes.readInt16LE(at));
  assert.deepEqual(samples, [0, 16_384, -32_767, 32_767]);
});

test('the longest message fits into the bucket', () => {
  const longest = wavOf(new Float32Array(MOST_SECONDS * SAMPLE_RATE));
  assert.ok(longest.byteLength < 2 * 1024 * 1024);
});

test('a quiet voice is made louder, and silence is not', () => {
  const quiet = madeLouder(Float32Array.of(0.2, -0.4));
  assert.ok(Math.abs(quiet.samples[1] + 0.8) < 1e-6);
  assert.equal(quiet.isSilent, false);
  assert.ok(Math.abs(madeLouder(Float32Array.of(0.01)).samples[0] - 0.08) < 1e-6);
  assert.equal(madeLouder(Float32Array.of(0.0001)).isSilent, true);
  assert.equal(madeLouder(new Float32Array(3)).isSilent, true);
});
