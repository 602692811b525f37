import { CallAudio, setOutput } from './audio-call.js';
import { AudioChoices } from './audio-choices.js';
import { SYSTEM_DEFAULT } from './audio-list.js';
import { HeadsetOffer } from './audio-offer.js';
import { constraintsOf, deviceIn, processingIn, supportedProcessing } from './audio-processing.js';
import { TEST_SOUNDS, playSound } from './audio-sound.js';
import { MicrophoneTest } from './audio-test.js';
import { Emitter } from './emitter.js';
import { failureOfMicrophone } from './failure-of.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@twilio/voice-sdk').AudioHelper} AudioHelper
 * @typedef {import('./audio-list.js').AudioDevice} AudioDevice
 * @typedef {import('./audio-list.js').DeviceOffer} DeviceOffer
 * @typedef {import('./audio-processing.js').Processing} Processing
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {object} AudioDeviceEvents
 * @property {{ lost: string[], back: string[] }} change the lists, a choice, or what is in use changed;
 *   `lost` has the names of devices that were used and are no longer there, `back` those of chosen devices
 *   that were plugged in again
 * @property {DeviceOffer | null} offer a headset was plugged in that is not in use; null: not any more
 * @property {Failure} trouble the call that is going on has lost its microphone, and there is no other
 *
 * @typedef {object} AudioInUse what a report may say: names of devices, and never their ids
 * @property {string} microphone at most 80 characters; also of the device that is the system's default.
 *   `System default` if the browser does not tell which one it is
 * @property {string} speaker the same
 * @property {Record<keyof Processing, boolean | null>} processing what the browser does; null: it does not tell
 * @property {boolean} isMuted the system, or a button of the headset, lets no sound of the microphone through
 */

const LISTED_WITHIN_MS = 1_000;

/**
 * The microphones and speakers, and which of them calls use. The browser remembers the choice, also while a
 * chosen device is away. The microphone is open only during a call and during a test.
 *
 * Browsers tell the names of devices only after the person has allowed the microphone.
 *
 * @extends {Emitter<AudioDeviceEvents>}
 */
export class AudioDevices extends Emitter {
  /** Safari before 18.4, Firefox before 116, and browsers on phones always use the system's speaker. */
  canChooseSpeaker = 'setSinkId' in (globalThis.HTMLMediaElement?.prototype ?? {});
  /** Firefox tells the names of speakers only if it may ask the person itself. */
  canAskForSpeaker = 'selectAudioOutput' in (globalThis.navigator?.mediaDevices ?? {});
  /** What `setProcessing` can change in this browser. */
  processingSupported = supportedProcessing();

  #choices = new AudioChoices();
  #call = new CallAudio({
    microphoneId: () => this.microphoneId,
    onOpened: () => {
      if (this.#choices.isTold) this.#changed();
      else void this.#refresh();
    },
    onChange: () => this.#changed(),
    onTrouble: (cause) => this.emit('trouble', cause),
  });
  #headset = new HeadsetOffer(() => this.emit('offer', this.offer));
  #asked = false;
  /** @type {MicrophoneTest | null} */
  #test = null;
  #refreshing = Promise.resolve();

  /** @internal */
  start() {
    navigator.mediaDevices?.addEventListener('devicechange', this.#refresh);
    void this.#refresh();
  }

  /** @internal */
  stop() {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#refresh);
    this.#headset.stop();
    this.#test?.stop();
  }

  /** The first one stands for the system's default. @returns {AudioDevice[]} */
  get microphones() {
    return this.#choices.microphones;
  }

  /** The first one stands for the system's default. @returns {AudioDevice[]} */
  get speakers() {
    return this.#choices.speakers;
  }

  /** The microphone of calls: `default`, or one of `microphones`. */
  get microphoneId() {
    return this.#choices.idOf('microphone');
  }

  /** The speaker of calls: `default`, or one of `speakers`. */
  get speakerId() {
    return this.#choices.idOf('speaker');
  }

  /** Where it rings: `default`, or one of `speakers`. */
  get ringerId() {
    return this.#choices.idOf('ringer');
  }

  /** What the browser is asked to do with what this microphone hears. */
  get processing() {
    return this.#choices.processingOf(this.microphoneId);
  }

  /** @returns {AudioInUse} */
  get inUse() {
    const { track } = this.#call;
    return {
      microphone: this.#microphoneName,
      speaker: this.#choices.nameOf('speaker'),
      processing: processingIn(track),
      isMuted: track?.muted ?? false,
    };
  }

  /** The microphone of the call that is going on. @returns {MediaStream | null} */
  get stream() {
    return this.#call.stream;
  }

  /** How often the microphone or the speaker changed during the latest call. */
  get deviceChanges() {
    return this.#call.changes;
  }

  get #microphoneName() {
    return this.#choices.nameOf('microphone', this.#call.label);
  }

  /**
   * Asks the person for the microphone, unless the browser has an answer already: then the browser
   * does not have to ask during the first call. A person who says no is not asked again before a call.
   */
  async askForMicrophone() {
    if (this.#asked || this.#call.isOn) return;
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

  /** @param {string} id one of `microphones`; takes effect at once, in a call too */
  async chooseMicrophone(id) {
    if (this.#call.isOn) await this.#call.useMicrophone(id);
    this.#remember('microphone', id);
  }

  /** @param {string} id one of `speakers`; takes effect at once, in a call too */
  async chooseSpeaker(id) {
    const before = this.speakerId;
    try {
      await this.#call.useOutput('speaker', id);
    } catch {
      throw new VoiceError(failure('no_audio'));
    }
    if (before !== id) this.#call.changes += 1;
    this.#remember('speaker', id);
  }

  /** @param {string} id one of `speakers` */
  async chooseRinger(id) {
    try {
      await this.#call.useOutput('ringer', id);
    } catch {
      throw new VoiceError(failure('no_audio'));
    }
    this.#remember('ringer', id);
  }

  /**
   * Lets the browser ask which speaker to use. Call it from a click.
   *
   * @throws {VoiceError} `no_audio`: that speaker cannot be used
   */
  async askForSpeaker() {
    const devices = /** @type {{ selectAudioOutput?: () => Promise<MediaDeviceInfo> }} */ (
      /** @type {unknown} */ (navigator.mediaDevices)
    );
    /** @type {MediaDeviceInfo | undefined} */
    let chosen;
    try {
      chosen = await devices.selectAudioOutput?.();
    } catch {
      // The person chose nothing.
    }
    if (!chosen) return;
    await this.#refresh();
    await this.chooseSpeaker(chosen.deviceId);
  }

  /**
   * Changes what the browser does with what this microphone hears; takes effect at once, in a call too. Each
   * microphone has a processing of its own.
   *
   * @param {Partial<Processing>} changes
   * @throws {VoiceError} if the microphone cannot be opened so; then it stays as it was
   */
  async setProcessing(changes) {
    const id = this.microphoneId;
    const before = this.processing;
    this.#choices.rememberProcessing(id, { ...before, ...changes });
    try {
      await this.#call.openAgain();
    } catch (error) {
      this.#choices.rememberProcessing(id, before);
      await this.#call.openAgain().catch(() => {});
      throw error;
    }
    this.#changed();
  }

  /** A headset that was plugged in, and is not in use. @returns {DeviceOffer | null} */
  get offer() {
    return this.#headset.offer;
  }

  /**
   * Uses the headset that was plugged in.
   *
   * @throws {VoiceError} as `chooseMicrophone()` and `chooseSpeaker()`
   */
  async acceptOffer() {
    const { microphoneId, speakerId } = this.#headset.answer(true) ?? {};
    if (microphoneId) await this.chooseMicrophone(microphoneId);
    if (speakerId) await this.chooseSpeaker(speakerId);
  }

  /** Does not offer this headset again until the page is loaded again. */
  dismissOffer() {
    this.#headset.answer(false);
  }

  /**
   * Opens the chosen microphone with its processing, or the system's if it is gone. Stop its tracks.
   *
   * @returns {Promise<MediaStream>}
   * @throws {VoiceError} `microphone_denied`, `microphone_missing`, `microphone_in_use`, `microphone_failed`
   */
  async openMicrophone() {
    const id = this.microphoneId;
    const deviceId = id === SYSTEM_DEFAULT ? {} : { deviceId: { ideal: id } };
    try {
      if (!navigator.mediaDevices) throw new VoiceError(failure('insecure_page'));
      const stream = await navigator.mediaDevices.getUserMedia(
        this.constraintsFor({ audio: deviceId }),
      );
      // The person may have allowed the microphone, so devices have names now.
      await this.#refresh();
      return stream;
    } catch (error) {
      if (error instanceof VoiceError) throw error;
      throw new VoiceError(failureOfMicrophone(error));
    }
  }

  /**
   * Lets the person see and hear what their microphone hears. A call ends it, and so does another test.
   *
   * @param {{ signal?: AbortSignal }} [options] `signal` stops it
   * @returns {Promise<MicrophoneTest>}
   * @throws {VoiceError} `call_in_progress`, or as `openMicrophone()`
   */
  async testMicrophone({ signal } = {}) {
    if (this.#call.isOn) throw new VoiceError(failure('call_in_progress'));
    this.#test?.stop();
    const stream = await this.openMicrophone();
    const test = new MicrophoneTest(stream, this.inUse.microphone, (sound, end) =>
      playSound(sound, this.speakerId, end),
    );
    this.#test?.stop();
    this.#test = test;
    signal?.addEventListener('abort', () => test.stop());
    if (signal?.aborted || this.#call.isOn) test.stop();
    return test;
  }

  /**
   * Plays a sound that a person can listen for.
   *
   * @param {'speaker' | 'ringer'} role
   * @param {{ signal?: AbortSignal }} [options] `signal` ends it
   * @returns {Promise<void>} resolves at its end
   * @throws {VoiceError} `no_audio`
   */
  playTone(role, { signal } = {}) {
    const id = role === 'ringer' ? this.ringerId : this.speakerId;
    return playSound(TEST_SOUNDS[role](), id, signal);
  }

  /**
   * Sends the sound of another Device to the chosen speaker.
   *
   * @param {AudioHelper | null} sdk its audio helper
   */
  async playThrough(sdk) {
    if (sdk) await setOutput(sdk, 'speaker', this.speakerId).catch(() => {});
  }

  /**
   * @internal
   * @param {AudioHelper | null} sdk the audio helper of the current Device
   */
  attach(sdk) {
    this.#call.attach(sdk, () => this.#useOutputs());
  }

  /** @internal Call this before a call. The SDK itself opens the system's default microphone. */
  async open() {
    this.#test?.stop();
    this.#call.begin();
    await Promise.race([this.#refreshing, pause(LISTED_WITHIN_MS)]);
    this.#useOutputs();
    const id = this.microphoneId;
    if (id !== SYSTEM_DEFAULT) await this.#call.useMicrophone(id);
  }

  /** @internal Call this after a call: the SDK keeps a chosen microphone open (COMMON_ISSUES.md). */
  async release() {
    await this.#call.end();
    // The person may have allowed the microphone, so devices have names now.
    await this.#refresh();
  }

  /**
   * @internal
   * @param {MediaStreamConstraints} constraints
   * @returns {MediaStreamConstraints} with the processing of that microphone, or of the chosen one
   */
  constraintsFor(constraints) {
    if (!constraints.audio) return constraints;
    const given = constraints.audio === true ? {} : constraints.audio;
    const audio = { ...given, ...constraintsOf(this.#choices.processingOf(deviceIn(given))) };
    return { ...constraints, audio: Object.keys(audio).length ? audio : true };
  }

  /**
   * @internal
   * @param {MediaStream} stream the SDK has opened it
   */
  opened(stream) {
    this.#call.opened(stream);
  }

  #useOutputs() {
    this.#call.useOutput('speaker', this.speakerId).catch(() => {});
    this.#call.useOutput('ringer', this.ringerId).catch(() => {});
  }

  /**
   * @param {import('./audio-memory.js').Role} role
   * @param {string} id
   */
  #remember(role, id) {
    this.#choices.remember(role, id);
    this.#headset.look(this);
    this.#changed();
  }

  #changed() {
    this.emit('change', { lost: [], back: [] });
  }

  #refresh = () => {
    this.#refreshing = this.#read().catch(() => {});
    return this.#refreshing;
  };

  async #read() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const { lost, back, hasOtherSpeaker } = this.#choices.take(devices);
    this.#useOutputs();
    if (this.#call.isOn) {
      if (hasOtherSpeaker) this.#call.changes += 1;
      void this.#call.look();
    }
    this.#headset.look(this);
    this.emit('change', { lost, back });
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
