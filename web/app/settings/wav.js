/** What phone networks carry. A better recording would sound the same. */
export const SAMPLE_RATE = 8000;
/** Two minutes are less than the 2 MiB that a message may have. */
export const MOST_SECONDS = 120;
const HEADER_BYTES = 44;
/** A quiet recording is made louder, up to this peak and not by more than this. */
const PEAK = 0.8;
const MOST_GAIN = 8;

/**
 * Reads a sound of any kind that the browser can play.
 *
 * @param {ArrayBuffer} sound
 * @returns {Promise<Float32Array>} mono, `SAMPLE_RATE` a second, from -1 to 1
 * @throws {DOMException} if the browser cannot read it
 */
export async function samplesOf(sound) {
  // A context converts what it reads to its own rate.
  const context = new OfflineAudioContext(1, 1, SAMPLE_RATE);
  const decoded = await context.decodeAudioData(sound);
  const mixed = new Float32Array(decoded.length);
  for (let channel = 0; channel < decoded.numberOfChannels; channel += 1) {
    const samples = decoded.getChannelData(channel);
    for (let index = 0; index < mixed.length; index += 1) {
      mixed[index] = (mixed[index] ?? 0) + (samples[index] ?? 0) / decoded.numberOfChannels;
    }
  }
  return mixed.subarray(0, MOST_SECONDS * SAMPLE_RATE);
}

/**
 * @param {Float32Array} samples
 * @returns {{ samples: Float32Array, isSilent: boolean }} as loud as a voice should be
 */
export function madeLouder(samples) {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  if (peak < 0.002) return { samples, isSilent: true };
  const gain = Math.min(MOST_GAIN, PEAK / peak);
  return { samples: samples.map((sample) => sample * gain), isSilent: false };
}

/**
 * A WAV file: PCM, 16 bit, mono. https://www.rfc-editor.org/rfc/rfc2361 names the format's code.
 *
 * @param {Float32Array} samples `SAMPLE_RATE` a second
 * @returns {ArrayBuffer}
 */
export function wavOf(samples) {
  const bytes = samples.length * 2;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + bytes));
  const text = (/** @type {number} */ at, /** @type {string} */ letters) => {
    for (const [index, letter] of [...letters].entries()) {
      view.setUint8(at + index, letter.charCodeAt(0));
    }
  };
  text(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, bytes, true);
  for (const [index, sample] of samples.entries()) {
    const value = Math.round(Math.max(-1, Math.min(1, sample)) * 0x7fff);
    view.setInt16(HEADER_BYTES + index * 2, value, true);
  }
  return view.buffer;
}
