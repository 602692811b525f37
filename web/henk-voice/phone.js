import { endDevice } from './device-end.js';
import { deviceOptions } from './device-options.js';
import { failureOfMicrophone, failureOfSdk } from './failure-of.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@twilio/voice-sdk').Device} Device
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./audio-devices.js').AudioDevices} AudioDevices
 *
 * @typedef {object} PhoneOptions
 * @property {typeof import('@twilio/voice-sdk').Device} Device
 * @property {Record<string, unknown>} deviceOptions options for `new Device()`; they replace ours
 * @property {import('./line-stats.js').LineStats} line learns of the connection of each call
 * @property {AudioDevices} audio
 * @property {() => Promise<string>} freshToken fetches a new access token
 * @property {() => Promise<string>} token an access token that can be used
 * @property {(call: SdkCall) => void} onIncoming the phone network rings this Device
 * @property {() => void} onRegistered `isRegistered` changed
 * @property {(waiting: boolean) => void} onMicrophone true when the browser is asked for the
 *   microphone, false when it has answered
 * @property {number} connectTimeoutMs
 */

/** When to try again if the phone network does not take the Device. The pauses double. */
const LISTEN_AGAIN_AFTER_MS = 1_000;
const LISTEN_AGAIN_AT_LATEST_MS = 120_000;
/** A Device that has lost its connection may make it again for so many looks, which is some seven seconds. */
const LEAVES_TO_THE_SDK = 3;
/** After these events of `window` a browser lets a page make sounds. */
const GESTURES = ['click', 'keydown', 'pointerup'];
/** Failures that a new access token may solve. */
const TOKEN_FAILURES = new Set(['token_refused', 'token_expired']);

/**
 * Keeps the SDK's Device: makes it with the first call, or to be rung, and replaces it when it is stuck.
 */
export class Phone {
  /** Why the microphone could not be opened for the latest call. @type {Failure | null} */
  microphoneFailure = null;

  #options;
  /** @type {Device | null} */
  #device = null;
  /** @type {string | null} */
  #heldToken = null;
  #inCall = false;
  #isListening = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #listenTimer;
  /** How many attempts in a row failed. */
  #unheard = 0;
  /** The latest Device that the phone network has known. @type {Device | null} */
  #known = null;
  /** The phone network has refused the token. */
  #isRefused = false;
  /** The microphone that was opened for the call that is answered. @type {MediaStream | null} */
  #opened = null;
  /** While a call connects: called for each error of the Device. @type {((failure: Failure) => void) | null} */
  #onTrouble = null;
  /** While a call connects: ends the attempt. @type {((failure: Failure) => void) | null} */
  #giveUp = null;

  /** @param {PhoneOptions} options */
  constructor(options) {
    this.#options = options;
    for (const name of GESTURES) globalThis.addEventListener?.(name, this.#wakeAudio);
  }

  /**
   * @param {string} token
   * @param {Record<string, string>} params
   * @returns {Promise<SdkCall>} settles within `connectTimeoutMs`, unless the browser asks for the
   *   microphone before
   * @throws {VoiceError}
   */
  async connect(token, params) {
    this.microphoneFailure = null;
    this.#inCall = true;
    const device = this.#ready(token);
    this.#wakeAudio();
    await this.#options.audio.open();
    // The rep hung up while the microphone was opened.
    if (!this.#inCall) throw new VoiceError(failure('unknown'));

    return new Promise((resolve, reject) => {
      let settled = false;
      let triedFreshToken = false;
      /** @type {Failure | null} */
      let trouble = null;
      const settle = () => {
        settled = true;
        clearTimeout(timer);
        this.#onTrouble = null;
        this.#giveUp = null;
      };
      /** @param {Failure} cause */
      const giveUp = (cause) => {
        if (settled) return;
        settle();
        // connect() cannot be canceled, and the Device allows only one at a time.
        this.discard();
        reject(new VoiceError(cause));
      };
      const timer = setTimeout(
        () => giveUp(trouble ?? failure('connect_timeout')),
        this.#options.connectTimeoutMs,
      );

      this.#giveUp = giveUp;

      // If the token is refused, connect() never settles. Only the Device reports an error.
      // https://github.com/twilio/twilio-voice.js/issues/85
      this.#onTrouble = (cause) => {
        trouble = cause;
        if (!TOKEN_FAILURES.has(cause.code)) return;
        if (triedFreshToken) {
          giveUp(cause);
          return;
        }
        triedFreshToken = true;
        this.#options.freshToken().then(
          (fresh) => !settled && device.updateToken(fresh),
          () => giveUp(cause),
        );
      };

      device.connect({ params }).then(
        (call) => {
          if (settled) {
            call.disconnect();
            return;
          }
          settle();
          resolve(call);
        },
        (error) => giveUp(failureOfSdk(error)),
      );
    });
  }

  /** Whether the phone network rings this Device. */
  get isRegistered() {
    return this.#device?.state === 'registered';
  }

  /**
   * Takes a call that comes in. The microphone is opened first: the SDK would end the call for all devices
   * of the user if it cannot be opened.
   *
   * @param {SdkCall} call
   * @throws {VoiceError} for example `microphone_denied`; the call goes on ringing
   */
  async answer(call) {
    this.microphoneFailure = null;
    this.#inCall = true;
    this.#wakeAudio();
    await this.#options.audio.open();
    if (!this.#device?.audio?.inputDevice) {
      try {
        this.#opened = await this.#getUserMedia({ audio: true });
      } catch {
        throw new VoiceError(this.microphoneFailure ?? failure('microphone_failed'));
      }
    }
    if (!this.#inCall || call.status() !== 'pending')
      throw new VoiceError(failure('not_in_progress'));
    call.accept();
  }

  /** Where the phone network was reached, for example `dublin`; null before, and if it does not tell. */
  get edge() {
    return this.#device?.edge ?? null;
  }

  /** @param {boolean} isListening whether the phone network shall ring this Device */
  async listen(isListening) {
    this.#isListening = isListening;
    this.#listenNoMore();
    if (isListening) await this.#listen();
    else if (this.isRegistered) await this.#device?.unregister().catch(() => {});
  }

  /** Looks at once whether the phone network rings this Device: the network may be back. */
  listenNow() {
    if (this.#isListening) void this.#listen();
  }

  /**
   * Whether the Device has lost its connection. The SDK makes it again by itself, and registers then; what
   * register() sends before is lost, and keeps the SDK from registering for half a minute (pstream.ts).
   */
  get #isLost() {
    return this.#device !== null && this.#device === this.#known && this.#device.edge === null;
  }

  async #listen() {
    // The SDK destroys it when the page is left, and the page may come back from the browser's cache.
    if (this.#device?.state === 'destroyed') this.discard();
    // If the server has closed the connection for good, the SDK makes none.
    if (this.#isLost && this.#unheard >= LEAVES_TO_THE_SDK && !this.#inCall) this.discard();
    this.#listenNoMore();
    try {
      const { token, freshToken } = this.#options;
      const device = this.#device ?? this.#ready(await (this.#isRefused ? freshToken : token)());
      if (!this.#isListening) return;
      if (device.state === 'unregistered' && !this.#isLost) await device.register();
    } catch {
      // Without a token, or without the phone network, it is tried again.
    }
    if (this.#isListening && !this.isRegistered) this.#listenLater();
  }

  #listenLater() {
    // One loss is told twice: by an event, and by the attempt that it ends.
    if (this.#listenTimer !== undefined) return;
    const wait = Math.min(LISTEN_AGAIN_AFTER_MS * 2 ** this.#unheard, LISTEN_AGAIN_AT_LATEST_MS);
    this.#unheard += 1;
    // Random, because all reps lose the phone network at the same moment.
    this.#listenTimer = setTimeout(() => void this.#listen(), wait * (0.75 + Math.random() / 2));
  }

  #listenNoMore() {
    clearTimeout(this.#listenTimer);
    this.#listenTimer = undefined;
  }

  /** @param {string} token */
  updateToken(token) {
    // In a call it may interrupt the sound for a second (updateToken in the SDK's device.ts), and
    // a call does not need a valid token to go on.
    if (this.#inCall) this.#heldToken = token;
    else this.#device?.updateToken(token);
  }

  /** Call this when a call is over, or is given up while it connects. */
  async hungUp() {
    this.#inCall = false;
    this.#giveUp?.(failure('unknown'));
    for (const track of this.#opened?.getTracks() ?? []) track.stop();
    this.#opened = null;
    await this.#options.audio.release();
    this.#useHeldToken();
  }

  /** Call this when the signalling reconnects, because that needs a valid token. */
  reconnecting() {
    this.#useHeldToken();
  }

  /** Destroys the Device; the next call makes a new one, and so does a tab that shall be rung. */
  discard() {
    const device = this.#device;
    this.#device = null;
    this.#heldToken = null;
    this.#options.audio.attach(null);
    if (!device) return;
    endDevice(device);
    if (this.#isListening) this.#listenLater();
  }

  /**
   * The SDK makes its AudioContext with the first Device, and never resumes it. A context that was made
   * before somebody has used the page is suspended: a call would be silent, and so would the phone.
   */
  #wakeAudio = () => {
    const context = this.#options.Device.audioContext;
    if (context?.state === 'suspended') context.resume().catch(() => {});
  };

  #useHeldToken() {
    if (this.#heldToken) this.#device?.updateToken(this.#heldToken);
    this.#heldToken = null;
  }

  /**
   * @param {string} token
   * @returns {Device}
   */
  #ready(token) {
    // The SDK destroys it when the page is left. The page may come back from the browser's cache.
    if (this.#device?.state === 'destroyed') this.discard();
    if (this.#device) {
      if (this.#device.token !== token) this.#device.updateToken(token);
      return this.#device;
    }

    const { Device, audio, line } = this.#options;
    const given = this.#options.deviceOptions;
    const device = new Device(
      token,
      deviceOptions({ given, line, getUserMedia: this.#getUserMedia }),
    );
    device.on('error', (error) => this.#troubled(failureOfSdk(error)));
    device.on('incoming', (call) => {
      if (device === this.#device) this.#options.onIncoming(call);
    });
    for (const name of ['registered', 'unregistered']) {
      device.on(name, () => {
        if (device !== this.#device) return;
        if (this.isRegistered) {
          this.#known = device;
          this.#unheard = 0;
          this.#isRefused = false;
        } else if (this.#isListening) this.#listenLater();
        this.#options.onRegistered();
      });
    }
    this.#device = device;
    audio.attach(device.audio);
    return device;
  }

  /** @param {Failure} cause */
  #troubled(cause) {
    if (this.#onTrouble) {
      this.#onTrouble(cause);
      return;
    }
    if (!TOKEN_FAILURES.has(cause.code)) return;
    if (this.#inCall) {
      this.#useHeldToken();
      this.#options.freshToken().catch(() => {
        // AccessToken reports it.
      });
      return;
    }
    // The SDK says it only once, and then waits for ever. A server that refuses each token must not be
    // asked without a pause.
    this.#isRefused = true;
    this.discard();
  }

  /** @param {MediaStreamConstraints} constraints */
  #getUserMedia = async (constraints) => {
    const given = /** @type {{ getUserMedia?: MediaDevices['getUserMedia'] }} */ (
      this.#options.deviceOptions
    ).getUserMedia;
    const opened = this.#opened;
    this.#opened = null;
    if (opened) return opened;
    this.#options.onMicrophone(true);
    try {
      const wanted = this.#options.audio.constraintsFor(constraints);
      const stream = await (given ? given(wanted) : navigator.mediaDevices.getUserMedia(wanted));
      this.#options.audio.opened(stream);
      return stream;
    } catch (error) {
      // The SDK reports only two kinds of error, so we keep the exact one.
      this.microphoneFailure = failureOfMicrophone(error);
      throw error;
    } finally {
      this.#options.onMicrophone(false);
    }
  };
}
