import { VoiceError, failure, failureOfMicrophone, failureOfSdk } from './failures.js';

/**
 * @typedef {import('@twilio/voice-sdk').Device} Device
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./audio-devices.js').AudioDevices} AudioDevices
 *
 * @typedef {object} PhoneOptions
 * @property {typeof import('@twilio/voice-sdk').Device} Device
 * @property {object} deviceOptions for `new Device()`, over the defaults here
 * @property {AudioDevices} audio
 * @property {() => Promise<string>} freshToken a token that was not used before
 * @property {(waiting: boolean) => void} onMicrophone the browser is asked for the microphone, and
 *   has answered
 * @property {number} connectTimeoutMs
 */

/** What a fresh token may mend. */
const TOKEN_FAILURES = new Set(['token_refused', 'token_expired']);

/**
 * The SDK's Device: made with the first call, renewed where it is stuck.
 */
export class Phone {
  /** Why the microphone could not be opened last. @type {Failure | null} */
  microphoneFailure = null;

  #options;
  /** @type {Device | null} */
  #device = null;
  /** @type {string | null} */
  #heldToken = null;
  #inCall = false;
  /** While a call connects: what the network has against it. @type {((failure: Failure) => void) | null} */
  #onTrouble = null;
  /** Meanwhile, ends it. @type {((failure: Failure) => void) | null} */
  #giveUp = null;

  /** @param {PhoneOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {string} token
   * @param {Record<string, string>} params
   * @returns {Promise<SdkCall>} throws VoiceError, and always within the timeout
   */
  async connect(token, params) {
    this.microphoneFailure = null;
    this.#inCall = true;
    const device = this.#ready(token);
    await this.#options.audio.open();
    // Hung up meanwhile.
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
        // connect() cannot be called off, and as long as it is pending there is no other.
        this.discard();
        reject(new VoiceError(cause));
      };
      const timer = setTimeout(
        () => giveUp(trouble ?? failure('connect_timeout')),
        this.#options.connectTimeoutMs,
      );

      this.#giveUp = giveUp;

      // A refused token shows here alone: connect() itself never settles then.
      // github.com/twilio/twilio-voice.js/issues/85
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

  /** @param {string} token */
  updateToken(token) {
    // It may cost a second of sound (device.ts, updateToken), and calls outlive their token.
    if (this.#inCall) this.#heldToken = token;
    else this.#device?.updateToken(token);
  }

  /** The call is over, or given up while it connects. */
  async hungUp() {
    this.#inCall = false;
    this.#giveUp?.(failure('unknown'));
    await this.#options.audio.release();
    this.#useHeldToken();
  }

  /** The signalling connects anew, for which an old token would not do. */
  reconnecting() {
    this.#useHeldToken();
  }

  /** Throws the Device away; the next call makes another. */
  discard() {
    const device = this.#device;
    this.#device = null;
    this.#heldToken = null;
    this.#options.audio.attach(null);
    if (device && device.state !== 'destroyed') device.destroy();
  }

  #useHeldToken() {
    if (this.#heldToken) this.#device?.updateToken(this.#heldToken);
    this.#heldToken = null;
  }

  /**
   * @param {string} token
   * @returns {Device}
   */
  #ready(token) {
    // The SDK destroys it when the page is left, which a page in the back/forward cache survives.
    if (this.#device?.state === 'destroyed') this.discard();
    if (this.#device) {
      if (this.#device.token !== token) this.#device.updateToken(token);
      return this.#device;
    }

    const { Device, deviceOptions, audio } = this.#options;
    const device = new Device(token, {
      // Opus survives losing packets, PCMU does not.
      codecPreferences: /** @type {any} */ (['opus', 'pcmu']),
      // Busy, no answer and refused tokens by their own codes.
      enableImprovedSignalingErrorPrecision: true,
      // For so long a call waits for its browser to come back.
      maxCallSignalingTimeoutMs: 15_000,
      // What the SDK would log, the failures tell.
      logLevel: 'silent',
      ...deviceOptions,
      getUserMedia: this.#getUserMedia,
    });
    device.on('error', (error) => this.#troubled(failureOfSdk(error)));
    this.#device = device;
    audio.attach(device.audio);
    return device;
  }

  /** @param {Failure} cause */
  #troubled(cause) {
    if (this.#onTrouble) this.#onTrouble(cause);
    else if (TOKEN_FAILURES.has(cause.code)) {
      this.#useHeldToken();
      this.#options.freshToken().catch(() => {
        // AccessToken tells of it.
      });
    }
  }

  /** @param {MediaStreamConstraints} constraints */
  #getUserMedia = async (constraints) => {
    const given = /** @type {{ getUserMedia?: MediaDevices['getUserMedia'] }} */ (
      this.#options.deviceOptions
    ).getUserMedia;
    this.#options.onMicrophone(true);
    try {
      return await (given ? given(constraints) : navigator.mediaDevices.getUserMedia(constraints));
    } catch (error) {
      // The SDK tells denied from failed and no more.
      this.microphoneFailure = failureOfMicrophone(error);
      throw error;
    } finally {
      this.#options.onMicrophone(false);
    }
  };
}
