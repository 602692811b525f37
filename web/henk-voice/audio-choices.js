import { SYSTEM_DEFAULT, deviceBehind, devicesOf, idOf, isTold, plainLabel } from './audio-list.js';
import { AudioMemory } from './audio-memory.js';

/**
 * @typedef {import('./audio-list.js').AudioDevice} AudioDevice
 * @typedef {import('./audio-memory.js').Role} Role
 *
 * @typedef {object} ListChanges
 * @property {string[]} lost the labels of chosen devices that are no longer there
 * @property {string[]} back the labels of chosen devices that were plugged in again
 * @property {boolean} hasOtherSpeaker calls use another speaker now
 */

const ROLES = /** @type {const} */ (['microphone', 'speaker', 'ringer']);

/** Which devices there are, which of them the person has chosen, and which are used for that. */
export class AudioChoices {
  /** @type {AudioDevice[]} */
  microphones = [];
  /** @type {AudioDevice[]} */
  speakers = [];

  #memory = new AudioMemory();

  /**
   * The device that is used: the chosen one, or the system's default while it is away.
   *
   * @param {Role} role
   */
  idOf(role) {
    return idOf(this.#memory.device(role), this.#listOf(role));
  }

  /**
   * @param {Role} role
   * @param {string} [otherwise] the label of the device that is open
   * @returns {string} the name of the device that is used, as a report may say it. `System default` if the
   *   browser does not tell which device that is
   */
  nameOf(role, otherwise = '') {
    const devices = this.#listOf(role);
    const label = deviceBehind(this.idOf(role), devices)?.label ?? otherwise;
    // What is open may be called “Default”.
    const isTrue = devices.some((one) => one.label === label && one.id !== SYSTEM_DEFAULT);
    return (isTrue && plainLabel(label)) || 'System default';
  }

  /**
   * @param {Role} role
   * @param {string} id
   */
  remember(role, id) {
    const label = this.#listOf(role).find((device) => device.id === id)?.label ?? '';
    this.#memory.keepDevice(role, { id, label });
  }

  /** @param {string} microphone its name */
  processingOf(microphone) {
    return this.#memory.processing(microphone);
  }

  /**
   * @param {string} microphone its name
   * @param {import('./audio-processing.js').Processing} processing
   */
  rememberProcessing(microphone, processing) {
    this.#memory.keepProcessing(microphone, processing);
  }

  /** Whether the browser tells which devices there are. */
  get isTold() {
    return isTold(this.microphones);
  }

  /**
   * @param {MediaDeviceInfo[]} devices all that the browser lists now
   * @returns {ListChanges}
   */
  take(devices) {
    const wasTold = this.isTold;
    const before = ROLES.map((role) => this.#deviceOf(role));
    this.microphones = devicesOf(devices, 'audioinput');
    this.speakers = devicesOf(devices, 'audiooutput');
    const now = ROLES.map((role) => this.#deviceOf(role));

    /** @type {Set<string>} */
    const lost = new Set();
    /** @type {Set<string>} */
    const back = new Set();
    now.forEach((is, index) => {
      const was = before[index];
      if (!is || was?.id === is.id) return;
      if (is.id === SYSTEM_DEFAULT && was) lost.add(plainLabel(was.label));
      // When the browser first tells its devices, none was plugged in.
      else if (wasTold) back.add(plainLabel(is.label));
    });
    const speaker = ROLES.indexOf('speaker');
    const hasOtherSpeaker = before[speaker]?.id !== now[speaker]?.id;
    return { lost: [...lost], back: [...back], hasOtherSpeaker };
  }

  /** @param {Role} role */
  #deviceOf(role) {
    const id = this.idOf(role);
    return this.#listOf(role).find((device) => device.id === id);
  }

  /** @param {Role} role */
  #listOf(role) {
    return role === 'microphone' ? this.microphones : this.speakers;
  }
}
