/** A longer recording would take too much of the computer's memory, all at once. */
const LONGEST_SECONDS = 15 * 60;
/** Enough to see who talks. */
const SAMPLE_RATE = 8000;
const BARS = 400;

/**
 * How loud each side of a recording is, from its beginning to its end.
 *
 * @param {string} url
 * @param {number | null} seconds how long it is
 * @param {AbortSignal} signal
 * @returns {Promise<number[][]>} for each channel 400 numbers from 0 to 1; no channel if the recording is too
 *   long, or cannot be read
 */
export async function loudness(url, seconds, signal) {
  if (!seconds || seconds > LONGEST_SECONDS) return [];
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) return [];
    const context = new OfflineAudioContext(1, 1, SAMPLE_RATE);
    const sound = await context.decodeAudioData(await response.arrayBuffer());
    return Array.from({ length: sound.numberOfChannels }, (_, channel) =>
      barsOf(sound.getChannelData(channel), BARS),
    );
  } catch {
    // The recording can be played without its picture.
    return [];
  }
}

/**
 * @param {Float32Array} samples
 * @param {number} count of bars
 * @returns {number[]} the root mean square of each part; the loudest of them is 1, unless it is silence
 */
export function barsOf(samples, count) {
  const bars = Array.from({ length: count }, (_, bar) => {
    const from = Math.floor((bar * samples.length) / count);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * samples.length) / count));
    let energy = 0;
    for (let index = from; index < to; index += 1) energy += (samples[index] ?? 0) ** 2;
    return Math.sqrt(energy / (to - from));
  });
  const loudest = Math.max(...bars);
  return loudest > 0.001 ? bars.map((bar) => bar / loudest) : bars.map(() => 0);
}
