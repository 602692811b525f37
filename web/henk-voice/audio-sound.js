import { VoiceError, failure } from './failures.js';

/** @typedef {{ seconds: number, hertz: readonly number[] }} Tone no Hertz: silence */

const RATE = 24_000;
const LOUDNESS = 0.25;
/** A tone begins and ends so slowly that it does not click. */
const FADE_SECONDS = 0.01;

/** A browser without any speaker may play a sound for ever. Ours are shorter. */
const OVER_WITHIN_MS = 10_000;

/** Three notes, which are told from hum and from a call's own tones. @type {readonly Tone[]} */
const NOTES = [
  { seconds: 0.4, hertz: [523] },
  { seconds: 0.4, hertz: [659] },
  { seconds: 0.7, hertz: [784] },
];
/** Two bursts, as a phone that rings. @type {readonly Tone[]} */
const RINGS = [
  { seconds: 0.4, hertz: [400, 450] },
  { seconds: 0.2, hertz: [] },
  { seconds: 0.4, hertz: [400, 450] },
  { seconds: 0.6, hertz: [] },
];

/** What a speaker, or the ringer, is tried with. */
export const TEST_SOUNDS = {
  speaker: () => wavOfTones(NOTES),
  ringer: () => wavOfTones([...RINGS, ...RINGS]),
};

/**
 * @param {readonly Tone[]} tones one after the other
 * @returns {Blob} a WAV file, 16 bits, one channel
 */
export function wavOfTones(tones) {
  const samples = tones.flatMap(({ seconds, hertz }) => {
    const count = Math.round(seconds * RATE);
    return Array.from({ length: count }, (_, index) => {
      const at = index / RATE;
      const fade = Math.min(1, at / FADE_SECONDS, (count - index) / RATE / FADE_SECONDS);
      const sum = hertz.reduce((all, tone) => all + Math.sin(2 * Math.PI * tone * at), 0);
      return (LOUDNESS * fade * sum) / Math.max(1, hertz.length);
    });
  });
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (/** @type {number} */ at, /** @type {string} */ word) =>
    [...word].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, index) => view.setInt16(44 + index * 2, sample * 0x7fff, true));
  return new Blob([view.buffer], { type: 'audio/wav' });
}

/**
 * Plays a sound to its end.
 *
 * @param {Blob} sound
 * @param {string} speakerId `default`, or the id of a speaker; a browser that cannot choose plays it on its
 *   own
 * @param {AbortSignal} [signal] ends it
 * @returns {Promise<void>} resolves at its end, or when it is ended
 * @throws {VoiceError} `no_audio`: the speaker is gone, or the browser does not play sounds
 */
export async function playSound(sound, speakerId, signal) {
  if (signal?.aborted) return;
  const address = URL.createObjectURL(sound);
  const audio = new Audio(address);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  try {
    // The default is what an element has without a choice.
    if (speakerId !== 'default' && 'setSinkId' in audio) await audio.setSinkId(speakerId);
    await new Promise((resolve, reject) => {
      timer = setTimeout(reject, OVER_WITHIN_MS);
      audio.addEventListener('ended', resolve);
      audio.addEventListener('error', reject);
      signal?.addEventListener('abort', resolve);
      if (signal?.aborted) resolve(undefined);
      else audio.play().catch(reject);
    });
  } catch {
    throw new VoiceError(failure('no_audio'));
  } finally {
    clearTimeout(timer);
    audio.pause();
    audio.removeAttribute('src');
    URL.revokeObjectURL(address);
  }
}
