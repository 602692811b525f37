import { SYSTEM_DEFAULT } from './audio-list.js';
import { failureOfMicrophone } from './failure-of.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@twilio/voice-sdk').AudioHelper} AudioHelper
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} CallAudioOptions
 * @property {() => string} microphoneId the microphone that calls use
 * @property {() => void} onOpened a microphone was opened, so devices may have names now
 * @property {() => void} onChange the microphone was muted by the system, or is heard again
 * @property {(failure: Failure) => void} onTrouble the call has lost its microphone
 */

const LISTED_WITHIN_MS = 1_000;
/** What a media element has without a choice: https://w3c.github.io/mediacapture-output/#dom-htmlmediaelement-sinkid */
const BROWSERS_OWN = '';
/** The SDK opens another microphone itself if it hears of the loss. */
const OPENED_AGAIN_AFTER_MS = 1_000;
/**
 * With each change of the list, the SDK opens the system's default again if that is in use (`_updateDevices` in
 * its audiohelper.ts). If another one was chosen at the same moment, the slower one stays.
 */
const LOOKED_AT_AFTER_MS = [500, 2_000];

/** The microphone and the speakers of the SDK's Device, before, during and after a call. */
export class CallAudio {
  /** Whether a call is going on. */
  isOn = false;
  /** What the call hears. @type {MediaStream | null} */
  stream = null;
  /** The name of the microphone that the latest call had. */
  label = '';
  /** How often the microphone or the speaker changed during the latest call. */
  changes = 0;

  #options;
  /** The audio helper of the SDK's Device; null without a Device. @type {AudioHelper | null} */
  #sdk = null;
  /** One change after the other: of two at once, the SDK would keep the slower one. @type {Promise<unknown>} */
  #changing = Promise.resolve();

  /** @param {CallAudioOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {MediaStreamTrack | null} */
  get track() {
    return this.stream?.getAudioTracks()[0] ?? null;
  }

  /**
   * @param {AudioHelper | null} sdk
   * @param {() => void} onDevices the SDK knows the devices, or others than before
   */
  attach(sdk, onDevices) {
    this.#sdk = sdk;
    // When a new SDK has first told of the devices, it chooses the system's default speakers itself.
    const tell = () =>
      setTimeout(() => {
        if (this.#sdk === sdk) onDevices();
      }, 0);
    sdk?.on('deviceChange', tell);
    tell();
  }

  begin() {
    this.isOn = true;
    this.changes = 0;
    this.stream = null;
  }

  async end() {
    this.isOn = false;
    this.stream = null;
    await this.#changing;
    if (!this.isOn) await this.#sdk?.unsetInputDevice().catch(() => {});
  }

  /** @param {MediaStream} stream */
  opened(stream) {
    if (!this.isOn) return;
    const isFirst = !this.stream;
    const { label } = this;
    this.stream = stream;
    this.label = this.track?.label ?? '';
    if (!isFirst && label !== this.label) this.changes += 1;
    this.track?.addEventListener('ended', () => void this.look());
    for (const name of ['mute', 'unmute']) {
      this.track?.addEventListener(name, () => {
        if (this.stream === stream) this.#options.onChange();
      });
    }
    for (const wait of LOOKED_AT_AFTER_MS) setTimeout(() => void this.look(), wait);
    this.#options.onOpened();
  }

  /**
   * @param {string} id
   * @throws {VoiceError} then the call keeps the microphone that it has
   */
  useMicrophone(id) {
    return this.#change(async () => {
      await this.#listed(id);
      const deviceId = this.#listedId(id);
      if (deviceId) await this.#sdk?.setInputDevice(deviceId);
    });
  }

  /**
   * Opens the microphone again, because it shall be opened in another way.
   *
   * @throws {VoiceError}
   */
  async openAgain() {
    if (!this.isOn || !this.stream) return;
    if (!this.#sdk?.inputDevice) return this.useMicrophone(this.#options.microphoneId());
    // It has no other effect: our getUserMedia adds the constraints.
    await this.#change(async () => this.#sdk?.unsetAudioConstraints());
  }

  /** Looks whether the call has the right microphone, and whether that one still works. */
  async look() {
    try {
      const id = this.#options.microphoneId();
      if (!this.isOn || !this.stream) return;
      if (!this.#isInUse(id)) await this.useMicrophone(id);
      const { track } = this;
      if (!this.isOn || track?.readyState !== 'ended') return;
      await new Promise((resolve) => setTimeout(resolve, OPENED_AGAIN_AFTER_MS));
      if (!this.isOn || this.track !== track) return;
      if (!this.#sdk?.availableInputDevices.size)
        throw new VoiceError(failure('microphone_missing'));
      await this.openAgain();
    } catch (error) {
      if (!this.isOn) return;
      const isOurs = error instanceof VoiceError;
      this.#options.onTrouble(isOurs ? error.failure : failureOfMicrophone(error));
    }
  }

  /**
   * @param {'speaker' | 'ringer'} role
   * @param {string} id
   * @throws {Error} if the browser cannot use it
   */
  async useOutput(role, id) {
    const sdk = this.#sdk;
    if (sdk) await setOutput(sdk, role, id);
  }

  /** @param {string} id */
  #isInUse(id) {
    const inUse = this.#sdk?.inputDevice?.deviceId;
    if (inUse === undefined) return id === SYSTEM_DEFAULT;
    return inUse === this.#listedId(id);
  }

  /**
   * @param {string} id
   * @returns {string | undefined} as the SDK knows the device. Of a browser that does not list the system's
   *   default, the first one: https://w3c.github.io/mediacapture-main/#dom-mediadevices-enumeratedevices
   */
  #listedId(id) {
    const available = this.#sdk?.availableInputDevices;
    return available?.has(id) ? id : available?.keys().next().value;
  }

  /**
   * Waits until a new Device, or one whose list is old, has asked the browser for the list of devices.
   *
   * @param {string} id
   */
  async #listed(id) {
    const sdk = this.#sdk;
    // Firefox lists no default.
    const isListed = () =>
      sdk?.availableInputDevices.has(id) ||
      (id === SYSTEM_DEFAULT && sdk?.availableInputDevices.size);
    if (!sdk || isListed()) return;
    await new Promise((resolve) => {
      const look = () => isListed() && resolve(undefined);
      sdk.on('deviceChange', look);
      setTimeout(() => {
        // The EventEmitter in the SDK's bundle is an old one, without off().
        sdk.removeListener('deviceChange', look);
        resolve(undefined);
      }, LISTED_WITHIN_MS);
    });
  }

  /** @param {() => Promise<void>} action */
  async #change(action) {
    const done = this.#changing.then(action).catch((error) => {
      throw new VoiceError(failureOfMicrophone(error));
    });
    this.#changing = done.catch(() => {});
    await done;
  }
}

/**
 * @param {AudioHelper} sdk
 * @param {'speaker' | 'ringer'} role
 * @param {string} id a device that the SDK does not know yet is left out: it will tell when it does
 * @throws {Error} if the browser cannot use it
 */
export async function setOutput(sdk, role, id) {
  const { availableOutputDevices: available } = sdk;
  if (!sdk.isOutputSelectionSupported) return;
  const outputs = role === 'speaker' ? sdk.speakerDevices : sdk.ringtoneDevices;
  const [inUse, ...others] = outputs.get();
  let sinkId = id;
  if (id === SYSTEM_DEFAULT && !available.has(id)) {
    // Firefox does not list the system's default, so the SDK takes the first speaker for it.
    if (!inUse) return;
    sinkId = BROWSERS_OWN;
    available.set(sinkId, /** @type {MediaDeviceInfo} */ ({ deviceId: sinkId }));
  }
  if (!available.has(sinkId)) return;
  if (inUse?.deviceId !== sinkId || others.length) await outputs.set(sinkId);
}
