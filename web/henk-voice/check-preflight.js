import { endDevice } from './device-end.js';
import { deviceOptions } from './device-options.js';
import { failureOfSdk } from './failure-of.js';
import { LineStats } from './line-stats.js';

/**
 * @typedef {import('@twilio/voice-sdk').Device} Device
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {import('./line-window.js').LineSample & { packetsSent: number, bytesReceived: number,
 *   bytesSent: number }} LineSample
 * @typedef {'signalling' | 'audio' | 'line'} LineStage
 *
 * @typedef {object} LineTest what a test call has shown
 * @property {LineStage} stage how far it came
 * @property {boolean} isDone whether the line was measured long enough
 * @property {Failure | null} failure what the phone network, or the SDK, said
 * @property {boolean} isAnswered whether the phone network took the call
 * @property {boolean} isBroken whether there is no way for the sound any more
 * @property {LineSample[]} samples
 * @property {import('./line-stats.js').LineReading[]} readings the browser's own, one for each sample
 * @property {string | null} callSid
 * @property {string | null} edge
 * @property {number | null} signallingMs
 * @property {number | null} audioMs
 * @property {string[]} warnings
 *
 * @typedef {object} LineTestOptions
 * @property {typeof import('@twilio/voice-sdk').Device} Device
 * @property {Record<string, unknown>} deviceOptions the app's own
 * @property {string} token
 * @property {MediaStream} stream the microphone
 * @property {(audio: import('@twilio/voice-sdk').AudioHelper) => void} playThrough sends the sound to the
 *   chosen speaker
 * @property {(test: LineTest) => void} onChange
 * @property {(test: LineTest) => boolean} isEnough whether the samples say enough
 * @property {() => void} onRing a call comes in
 * @property {AbortSignal} signal ends it
 */

/** The phone network has taken the Device within this time, or it is not reached. */
const SIGNALLING_MS = 6_000;
/** From then on until sound can flow. */
const AUDIO_MS = 8_000;
/** The voice of the test call ends by itself before. */
const LINE_MS = 11_000;

/**
 * Calls Twilio's side of our own application, which rings nobody: the SDK's preflight test
 * (lib/twilio/preflight/preflight.ts). It always ends, whatever the network does.
 *
 * @param {LineTestOptions} options
 * @returns {Promise<LineTest>}
 */
export function testLine(options) {
  return new Promise((resolve) => new Run(options, resolve));
}

class Run {
  /** @type {LineTest} */
  #test = {
    stage: 'signalling',
    isDone: false,
    failure: null,
    isAnswered: false,
    isBroken: false,
    samples: [],
    readings: [],
    callSid: null,
    edge: null,
    signallingMs: null,
    audioMs: null,
    warnings: [],
  };
  #options;
  #resolve;
  /** @type {Device | null} */
  #device = null;
  #line = new LineStats();
  /** @type {RTCPeerConnection | null} */
  #connection = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #since = performance.now();
  #isOver = false;

  /**
   * @param {LineTestOptions} options
   * @param {(test: LineTest) => void} resolve
   */
  constructor(options, resolve) {
    this.#options = options;
    this.#resolve = resolve;
    options.signal.addEventListener('abort', this.#end, { once: true });
    if (options.signal.aborted) {
      this.#end();
      return;
    }
    this.#begin('signalling', SIGNALLING_MS);
    try {
      this.#start();
    } catch (error) {
      this.#fail(error);
    }
  }

  #start() {
    const { Device, token } = this.#options;
    const preflight = Device.runPreflight(
      token,
      /** @type {any} */ ({
        deviceFactory: this.#deviceClass(),
        // Ours is shorter, and says in which stage it was.
        signalingTimeoutMs: 2 * SIGNALLING_MS,
        logLevel: 'silent',
      }),
    );
    preflight.on('failed', this.#fail);
    preflight.on('completed', this.#end);
    preflight.on('connected', () => {
      this.#test.isAnswered = true;
      this.#test.callSid = preflight.callSid ?? null;
      this.#connected();
    });
    preflight.on('sample', (sample) => void this.#sampled(/** @type {any} */ (sample)));
    preflight.on('warning', ({ name }) => {
      if (!this.#test.warnings.includes(name)) this.#test.warnings.push(name);
    });
  }

  /** The class of the preflight's Device: with the options of calls, and watched. */
  #deviceClass() {
    const run = this;
    const {
      Device,
      deviceOptions: deviceOptionsOfApp,
      stream,
      playThrough,
      onRing,
    } = this.#options;
    const options = deviceOptions({
      given: deviceOptionsOfApp,
      line: this.#line,
      // The SDK stops what it was given.
      getUserMedia: async () => stream.clone(),
    });
    const Connection = /** @type {typeof RTCPeerConnection} */ (options.RTCPeerConnection);
    options.RTCPeerConnection = class extends Connection {
      /** @param {RTCConfiguration} [configuration] */
      constructor(configuration) {
        super(configuration);
        run.#connection = this;
        this.addEventListener('connectionstatechange', () => run.#connected());
      }
    };
    return class extends Device {
      /** @param {string} token */
      constructor(token) {
        super(token, /** @type {any} */ ({ ...options, preflight: true }));
        run.#device = this;
        this.on('registered', () => run.#registered());
        this.on('incoming', (call) => {
          // It rings on the user's other Devices, and must not be rejected when this one ends.
          call.ignore();
          onRing();
        });
        const { audio } = this;
        // The Device does not know the speakers yet.
        audio?.on('deviceChange', () => playThrough(audio));
      }

      /**
       * @override
       * @param {any} given
       */
      async connect(given) {
        const call = await super.connect(given);
        call.on('error', run.#fail);
        return call;
      }
    };
  }

  #registered() {
    if (this.#test.stage !== 'signalling' || this.#isOver) return;
    this.#test.signallingMs = this.#elapsed;
    this.#test.edge = this.#device?.edge ?? null;
    this.#begin('audio', AUDIO_MS);
  }

  /** The SDK accepts a call before sound can flow, so both are waited for. */
  #connected() {
    const { stage, isAnswered } = this.#test;
    if (this.#isOver || stage !== 'audio' || !isAnswered || !this.#canHear) return;
    this.#test.audioMs = this.#elapsed;
    this.#begin('line', LINE_MS);
  }

  /** Whether there is a way for the sound. */
  get #canHear() {
    return this.#connection?.connectionState === 'connected';
  }

  /** @param {LineSample} sample */
  async #sampled(sample) {
    // Before the call is answered there is nothing to measure.
    if (this.#isOver || this.#test.stage !== 'line') return;
    this.#test.samples.push(sample);
    const reading = await this.#line.read();
    if (this.#isOver) return;
    if (reading) this.#test.readings.push(reading);
    this.#options.onChange(this.#test);
    if (this.#options.isEnough(this.#test)) this.#end();
  }

  /** @param {unknown} error of the SDK */
  #fail = (error) => {
    if (this.#isOver) return;
    this.#test.failure = failureOfSdk(/** @type {{ code?: number }} */ (error ?? {}));
    this.#end();
  };

  #end = () => {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#end);
    const { stage, samples } = this.#test;
    this.#test.isDone = stage === 'line' && this.#options.isEnough(this.#test);
    // It answers with where the sound goes.
    this.#test.isBroken = stage === 'line' && this.#connection?.connectionState === 'failed';
    this.#test.isAnswered ||= this.#connection?.remoteDescription != null;
    if (this.#device) endDevice(this.#device);
    this.#resolve({ ...this.#test, samples: [...samples] });
  };

  /**
   * @param {LineStage} stage
   * @param {number} limitMs
   */
  #begin(stage, limitMs) {
    this.#test.stage = stage;
    this.#since = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#end, limitMs);
    this.#options.onChange(this.#test);
  }

  get #elapsed() {
    return Math.round(performance.now() - this.#since);
  }
}
