import { Emitter } from './emitter.js';
import { failureOfMicrophone } from './failure-of.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@twilio/voice-sdk').AudioHelper} AudioHelper
 *
 * @typedef {{ id: string, label: string }} AudioDevice
 *
 * @typedef {object} AudioDeviceEvents
 * @property {{ lost: string[] }} change the lists or the choice changed; `lost` has the labels of
 *   devices that were chosen and are no longer there
 */

const SYSTEM_DEFAULT = 'default';
const LISTED_WITHIN_MS = 1_000;
const STORED_MICROPHONE = 'henk-voice.microphone';
const STORED_SPEAKER = 'henk-voice.speaker';

/**
 * The microphones and speakers, and which of them calls use. The browser remembers the choice. The
 * microphone is open only during a call.
 *
 * Browsers tell the names of devices only after the person has allowed the microphone.
 *
 * @extends {Emitter<AudioDeviceEvents>}
 */
export class AudioDevices extends Emitter {
  /** @type {AudioDevice[]} */
  microphones = [];
  /** @type {AudioDevice[]} */
  speakers = [];
  microphoneId = stored(STORED_MICROPHONE);
  speakerId = stored(STORED_SPEAKER);
  /** Safari, and Firefox before 116, always use the system's speaker. */
  canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;

  /** The audio helper of the SDK's Device; null without a Device. @type {AudioHelper | null} */
  #sdk = null;
  #inCall = false;
  #asked = false;

  /** @internal */
  start() {
    navigator.mediaDevices?.addEventListener('devicechange', this.#refresh);
    void this.#refresh();
  }

  /**
   * Asks the person for the microphone, unless the browser has an answer already: then the browser
   * does not have to ask during the first call. A person who says no is not asked again before a call.
   */
  async askForMicrophone() {
    if (this.#asked || this.#inCall) return;
    this.#asked = true;
    try {
      const name = /** @type {PermissionName} */ ('microphone');
      if ((await navigator.permissions.query({ name })).state !== 'prompt') return;
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      for (const track of stream.getTracks()) track.stop();
      await this.#refresh();
    } catch {
      // The person said no, or the browser does not tell: a call will say what is wrong.
    }
  }

  /** @internal */
  stop() {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#refresh);
  }

  /** @param {string} id one of `microphones`; takes effect at once, in a call too */
  async chooseMicrophone(id) {
    if (this.#inCall) await this.#openMicrophone(id);
    this.microphoneId = id;
    store(STORED_MICROPHONE, id);
    this.emit('change', { lost: [] });
  }

  /** @param {string} id one of `speakers`; takes effect at once, in a call too */
  async chooseSpeaker(id) {
    try {
      await this.#useSpeaker(id);
    } catch {
      throw new VoiceError(failure('no_audio'));
    }
    this.speakerId = id;
    store(STORED_SPEAKER, id);
    this.emit('change', { lost: [] });
  }

  /**
   * @internal
   * @param {AudioHelper | null} sdk the audio helper of the current Device
   */
  attach(sdk) {
    this.#sdk = sdk;
    const useSpeaker = () => void this.#useSpeaker(this.speakerId).catch(() => {});
    sdk?.on('deviceChange', useSpeaker);
    useSpeaker();
  }

  /** @internal Call this before a call. The SDK itself opens the system's default microphone. */
  async open() {
    this.#inCall = true;
    if (this.microphoneId === SYSTEM_DEFAULT) return;
    await this.#listed();
    await this.#openMicrophone(this.microphoneId);
  }

  /** @internal Call this after a call: the SDK keeps a chosen microphone open (COMMON_ISSUES.md). */
  async release() {
    this.#inCall = false;
    await this.#sdk?.unsetInputDevice().catch(() => {});
    // The person may have allowed the microphone, so devices have names now.
    await this.#refresh();
  }

  /** Waits until a new Device has asked the browser for the list of devices. */
  async #listed() {
    const sdk = this.#sdk;
    if (!sdk || sdk.availableInputDevices.size > 0) return;
    await new Promise((resolve) => {
      sdk.once('deviceChange', resolve);
      setTimeout(resolve, LISTED_WITHIN_MS);
    });
  }

  /** @param {string} id */
  async #openMicrophone(id) {
    const available = this.#sdk?.availableInputDevices;
    const deviceId = available?.has(id) ? id : available?.keys().next().value;
    if (!deviceId) return;
    try {
      await this.#sdk?.setInputDevice(deviceId);
    } catch (error) {
      throw new VoiceError(failureOfMicrophone(error));
    }
  }

  /** @param {string} id */
  async #useSpeaker(id) {
    const sdk = this.#sdk;
    if (!sdk?.isOutputSelectionSupported || !sdk.availableOutputDevices.has(id)) return;
    const [inUse] = sdk.speakerDevices.get();
    if (inUse?.deviceId !== id) await sdk.speakerDevices.set(id);
  }

  #refresh = async () => {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const before = { microphones: this.microphones, speakers: this.speakers };
    this.microphones = named(devices, 'audioinput', 'Microphone');
    this.speakers = named(devices, 'audiooutput', 'Speaker');

    const lost = [];
    if (gone(this.microphoneId, before.microphones, this.microphones)) {
      lost.push(label(this.microphoneId, before.microphones));
      this.microphoneId = SYSTEM_DEFAULT;
    }
    if (gone(this.speakerId, before.speakers, this.speakers)) {
      lost.push(label(this.speakerId, before.speakers));
      this.speakerId = SYSTEM_DEFAULT;
    }
    this.emit('change', { lost });
  };
}

/**
 * @param {MediaDeviceInfo[]} devices
 * @param {'audioinput' | 'audiooutput'} kind
 * @param {string} noun
 * @returns {AudioDevice[]} with the system's default first
 */
function named(devices, kind, noun) {
  // Before the microphone is allowed, browsers list one device without an id.
  const list = devices
    .filter((device) => device.kind === kind && device.deviceId)
    .map((device, index) => ({
      id: device.deviceId,
      label: device.label || `${noun} ${index + 1}`,
    }));
  // Chromium lists the default itself.
  if (list.some(({ id }) => id === SYSTEM_DEFAULT)) return list;
  return [{ id: SYSTEM_DEFAULT, label: 'System default' }, ...list];
}

/**
 * @param {string} id
 * @param {AudioDevice[]} before
 * @param {AudioDevice[]} now
 */
function gone(id, before, now) {
  return before.some((device) => device.id === id) && !now.some((device) => device.id === id);
}

/**
 * @param {string} id
 * @param {AudioDevice[]} devices
 */
function label(id, devices) {
  return devices.find((device) => device.id === id)?.label ?? id;
}

/** @param {string} key */
function stored(key) {
  try {
    return localStorage.getItem(key) ?? SYSTEM_DEFAULT;
  } catch {
    return SYSTEM_DEFAULT;
  }
}

/**
 * @param {string} key
 * @param {string} id
 */
function store(key, id) {
  try {
    localStorage.setItem(key, id);
  } catch {
    // Storage is blocked: the choice is kept until the page is closed.
  }
}
