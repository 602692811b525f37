import { StreamSamples } from './stream-samples.js';

const LOOK_EVERY_MS = 100;
/** The meter begins at the noise of a quiet room, and ends where a voice is close to the microphone. */
const QUIETEST_DB = -60;
const LOUDEST_DB = -10;
/** A voice at arm's length is some 25 dB louder than the noise of a room. */
const HEARD_DB = -45;
/** A click is shorter than a word. */
const HEARD_LOOKS = 3;

/** Measures how loud a stream is, ten times a second. */
export class LevelMeter {
  /** How loud it is, from 0 (a quiet room) to 1, in equal steps for the ear. */
  level = 0;
  /** The most so far. */
  peak = 0;
  /** Something was clearly louder than a quiet room. */
  heard = false;
  /** Whether the browser tells how loud it is: without any speaker, Firefox does not. */
  isMeasured = false;
  /** The most that was heard so far. */
  #loudest = -Infinity;

  #loudLooks = 0;
  #samples;

  /**
   * @param {MediaStream} stream
   * @param {() => void} [onLevel]
   */
  constructor(stream, onLevel) {
    const onLook = (/** @type {Float32Array} */ samples) => {
      this.take(samples);
      onLevel?.();
    };
    this.#samples = new StreamSamples(stream, { everyMs: LOOK_EVERY_MS, onLook });
  }

  /** Nothing at all was heard so far, not even noise: a microphone that works makes some. */
  get isDead() {
    return this.isMeasured && this.#loudest === -Infinity;
  }

  stop() {
    this.#samples.stop();
    this.level = 0;
  }

  /**
   * @internal
   * @param {Float32Array} samples from -1 to 1
   */
  take(samples) {
    const decibels = loudnessOf(samples);
    this.isMeasured = true;
    this.#loudest = Math.max(this.#loudest, decibels);
    if (decibels >= HEARD_DB) this.#loudLooks += 1;
    if (this.#loudLooks >= HEARD_LOOKS) this.heard = true;
    this.level = levelOf(decibels);
    this.peak = Math.max(this.peak, this.level);
  }
}

/**
 * @param {Float32Array} samples from -1 to 1
 * @returns {number} decibels below the loudest possible sound, at most 0; -Infinity for none at all
 */
export function loudnessOf(samples) {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  return 10 * Math.log10(squares / Math.max(1, samples.length));
}

/**
 * @param {number} decibels
 * @returns {number} from 0 to 1
 */
export function levelOf(decibels) {
  const part = (decibels - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB);
  return Math.min(1, Math.max(0, part));
}
