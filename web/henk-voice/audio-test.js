import { LevelMeter } from './audio-level.js';
import { Emitter } from './emitter.js';

/**
 * @typedef {'listening' | 'recording' | 'recorded' | 'playing' | 'stopped'} MicrophoneTestState
 *
 * @typedef {object} MicrophoneTestEvents
 * @property {number} level how loud it is now, from 0 to 1; ten times a second
 * @property {MicrophoneTestState} change
 */

const RECORDED_SECONDS = 4;

/**
 * Lets a person see that their microphone hears them, and hear themselves. It has the microphone until
 * `stop()`.
 *
 * @extends {Emitter<MicrophoneTestEvents>}
 */
export class MicrophoneTest extends Emitter {
  /** @type {MicrophoneTestState} */
  state = 'listening';
  /** The name of the microphone. */
  label;

  #stream;
  #meter;
  #play;
  /** @type {Blob | null} */
  #recorded = null;
  #end = new AbortController();

  /**
   * @internal `AudioDevices.testMicrophone()` makes it.
   * @param {MediaStream} stream
   * @param {string} label
   * @param {(sound: Blob, signal: AbortSignal) => Promise<void>} play
   */
  constructor(stream, label, play) {
    super();
    this.#stream = stream;
    this.label = label;
    this.#play = play;
    this.#meter = new LevelMeter(stream, () => this.emit('level', this.level));
    for (const track of stream.getTracks()) track.addEventListener('ended', () => this.stop());
  }

  /** How loud it is, from 0 to 1. */
  get level() {
    return this.#meter.level;
  }

  /** The most so far. */
  get peak() {
    return this.#meter.peak;
  }

  /** Whether something was clearly louder than a quiet room. */
  get heard() {
    return this.#meter.heard;
  }

  /** Whether the browser tells how loud it is. */
  get isMeasured() {
    return this.#meter.isMeasured;
  }

  /** Whether the microphone has not given any sound so far, not even noise. */
  get isDead() {
    return this.#meter.isDead;
  }

  /**
   * Records what the person says.
   *
   * @param {number} [seconds]
   * @returns {Promise<boolean>} false if the test was stopped meanwhile, or if this browser cannot record
   */
  async record(seconds = RECORDED_SECONDS) {
    if (!this.#isFree || typeof MediaRecorder === 'undefined') return false;
    this.#become('recording');
    try {
      const media = new MediaRecorder(this.#stream);
      /** @type {Blob[]} */
      const parts = [];
      media.addEventListener('dataavailable', ({ data }) => parts.push(data));
      const over = new Promise((resolve, reject) => {
        media.addEventListener('stop', resolve);
        media.addEventListener('error', reject);
      });
      media.start();
      await pause(seconds * 1000, this.#end.signal);
      if (media.state !== 'inactive') media.stop();
      await over;
      this.#recorded = new Blob(parts, { type: media.mimeType });
    } catch {
      this.#become('listening');
      return false;
    }
    this.#become('recorded');
    return !this.#end.signal.aborted;
  }

  /**
   * Plays what was recorded, through the chosen speaker.
   *
   * @returns {Promise<void>} resolves at its end, or when the test is stopped
   * @throws {import('./failures.js').VoiceError} `no_audio`
   */
  async playBack() {
    if (!this.#isFree || !this.#recorded) return;
    this.#become('playing');
    try {
      await this.#play(this.#recorded, this.#end.signal);
    } finally {
      this.#become('recorded');
    }
  }

  /** Gives the microphone back, and forgets what was recorded. */
  stop() {
    if (this.state === 'stopped') return;
    this.#end.abort();
    this.#meter.stop();
    for (const track of this.#stream.getTracks()) track.stop();
    this.#recorded = null;
    this.state = 'stopped';
    this.emit('change', this.state);
  }

  get #isFree() {
    return this.state === 'listening' || this.state === 'recorded';
  }

  /** @param {MicrophoneTestState} state */
  #become(state) {
    if (this.state === 'stopped') return;
    this.state = state;
    this.emit('change', state);
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal ends it
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
