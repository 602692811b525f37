import { SYSTEM_DEFAULT, deviceBehind, devicesOf, idOf, isTold, plainLabel } from './audio-list.js';
import { AudioMemory } from './audio-memory.js';

/**
 * @typedef {import('./audio-list.js').AudioDevice} AudioDevice
 * @typedef {import('./audio-memory.js').Role} Role
 *
 * @typedef {object} ListChanges
 * @property {string[]} lost the names of devices that were used and are no longer there: chosen ones, and the
 *   system's default
 * @property {string[]} back the names of chosen devices that were plugged in again
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

  /** @param {string} id of a microphone */
  processingOf(id) {
    return this.#memory.processing(this.#hardwareOf(id));
  }

  /**
   * @param {string} id of a microphone
   * @param {import('./audio-processing.js').Processing} processing
   */
  rememberProcessing(id, processing) {
    this.#memory.keepProcessing(this.#hardwareOf(id), processing);
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
    const before = ROLES.map((role) => this.#used(role));
    const known = new Set([...this.microphones, ...this.speakers].map(({ id }) => id));
    this.microphones = devicesOf(devices, 'audioinput');
    this.speakers = devicesOf(devices, 'audiooutput');
    // Without permission for the microphone, devices have no ids: they are not gone.
    const isHidden = devices.some(({ deviceId }) => !deviceId);

    /** @type {Set<string>} */
    const lost = new Set();
    /** @type {Set<string>} */
    const back = new Set();
    let hasOtherSpeaker = false;
    ROLES.forEach((role, index) => {
      const was = before[index];
      const is = this.#used(role);
      if (!is || !was || was.device.id === is.device.id) return;
      if (role === 'speaker') hasOtherSpeaker = true;
      const isGone = !this.#listOf(role).some(({ id }) => id === was.device.id);
      if (isGone && !isHidden) lost.add(plainLabel(was.device.label));
      // When the browser first tells its devices, none was plugged in.
      else if (wasTold && is.id !== SYSTEM_DEFAULT && !known.has(is.id))
        back.add(plainLabel(is.device.label));
    });
    return { lost: [...lost], back: [...back], hasOtherSpeaker };
  }

  /**
   * The name that a microphone's processing is remembered by. Where the browser does not tell which device is
   * the system's default, that is the first one, as the SDK takes it.
   *
   * @param {string} id
   */
  #hardwareOf(id) {
    const found = deviceBehind(id, this.microphones);
    const first = this.microphones.find((one) => one.id !== SYSTEM_DEFAULT);
    return plainLabel((found ?? first)?.label ?? '');
  }

  /**
   * @param {Role} role
   * @returns {{ id: string, device: AudioDevice } | null} `id`: what is used; `device`: the hardware that stands
   *   for, if the browser tells
   */
  #used(role) {
    const id = this.idOf(role);
    const devices = this.#listOf(role);
    const device = deviceBehind(id, devices) ?? devices.find((one) => one.id === id);
    return device ? { id, device } : null;
  }

  /** @param {Role} role */
  #listOf(role) {
    return role === 'microphone' ? this.microphones : this.speakers;
  }
}
