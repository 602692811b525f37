import { MOST_SECONDS, SAMPLE_RATE, madeLouder, samplesOf, wavOf } from './wav.js';

/**
 * @typedef {object} Recorded
 * @property {Blob} blob a WAV file
 * @property {number} seconds
 * @property {boolean} isSilent nothing was heard
 *
 * @typedef {object} RecorderEvents
 * @property {(level: number, seconds: number) => void} onLevel several times a second; `level` from 0 to 1
 * @property {() => void} onEnd the recording stopped by itself: it was long enough, or the microphone is
 *   gone
 */

const LOOK_EVERY_MS = 100;
/** Speech is seldom louder than this, so that the meter shows it in its upper half. */
const LOUD = 0.3;

/** Records what the microphone hears, as a message for a phone. */
export class Recorder {
  #events;
  /** @type {MediaStream} */
  #stream;
  /** @type {MediaRecorder} */
  #media;
  #context = new AudioContext();
  /** @type {Blob[]} */
  #parts = [];
  #began = performance.now();
  #looking;
  /** @type {Promise<void>} */
  #stopped;

  /**
   * It records from now on.
   *
   * @param {MediaStream} stream
   * @param {RecorderEvents} events
   */
  constructor(stream, events) {
    this.#stream = stream;
    this.#events = events;
    this.#media = new MediaRecorder(stream);
    this.#media.addEventListener('dataavailable', ({ data }) => this.#parts.push(data));
    this.#stopped = new Promise((resolve) =>
      this.#media.addEventListener('stop', () => resolve(), { once: true }),
    );
    this.#media.start();
    stream.getAudioTracks()[0]?.addEventListener('ended', () => events.onEnd());
    const analyser = this.#context.createAnalyser();
    this.#context.createMediaStreamSource(stream).connect(analyser);
    this.#looking = setInterval(() => this.#look(analyser), LOOK_EVERY_MS);
  }

  /** @param {AnalyserNode} analyser */
  #look(analyser) {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const seconds = (performance.now() - this.#began) / 1000;
    this.#events.onLevel(Math.min(1, peak / LOUD), seconds);
    if (seconds >= MOST_SECONDS) this.#events.onEnd();
  }

  /**
   * Stops, and gives the microphone back.
   *
   * @returns {Promise<Recorded>}
   * @throws {DOMException} if the browser cannot read what it has recorded
   */
  async stop() {
    this.#close();
    await this.#stopped;
    const sound = await new Blob(this.#parts).arrayBuffer();
    const { samples, isSilent } = madeLouder(await samplesOf(sound));
    const blob = new Blob([wavOf(samples)], { type: 'audio/wav' });
    return { blob, seconds: samples.length / SAMPLE_RATE, isSilent };
  }

  /** Stops, and forgets what was recorded. */
  discard() {
    this.#close();
  }

  #close() {
    clearInterval(this.#looking);
    if (this.#media.state !== 'inactive') this.#media.stop();
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#context.state !== 'closed') void this.#context.close();
  }
}
