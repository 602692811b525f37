import { isTold, offerOf } from './audio-list.js';

/**
 * @typedef {import('./audio-list.js').AudioDevice} AudioDevice
 * @typedef {import('./audio-list.js').DeviceOffer} DeviceOffer
 *
 * @typedef {object} DevicesInUse
 * @property {readonly AudioDevice[]} microphones
 * @property {readonly AudioDevice[]} speakers
 * @property {string} microphoneId
 * @property {string} speakerId
 * @property {boolean} canChooseSpeaker
 */

/** A headset is two devices, which come one after the other. */
const OFFERED_AFTER_MS = 700;

/** Finds out whether a headset was plugged in that is not in use. */
export class HeadsetOffer {
  /** @type {DeviceOffer | null} */
  offer = null;

  #onChange;
  /** Ids of the devices that were there the last time; null until the browser tells. @type {Set<string> | null} */
  #known = null;
  /** The labels of what the person does not want. @type {Set<string>} */
  #dismissed = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {DevicesInUse} devices their lists, or what is in use, changed */
  look(devices) {
    const { microphones } = devices;
    const { microphoneId, speakerId } = this.offer ?? {};
    const isThere = (/** @type {string | null | undefined} */ id) => !id || idsOf(devices).has(id);
    const isUsed = microphoneId === devices.microphoneId;
    if (!isThere(microphoneId) || !isThere(speakerId) || isUsed) this.#become(null);
    if (!this.#known) {
      if (isTold(microphones)) this.#known = idsOf(devices);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const offer = offerOf(devices, this.#known ?? new Set(), devices);
      this.#known = idsOf(devices);
      if (offer && !this.#dismissed.has(offer.label)) this.#become(offer);
    }, OFFERED_AFTER_MS);
  }

  /** @param {boolean} isWanted @returns {DeviceOffer | null} what was offered */
  answer(isWanted) {
    const { offer } = this;
    if (offer && !isWanted) this.#dismissed.add(offer.label);
    this.#become(null);
    return offer;
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {DeviceOffer | null} offer */
  #become(offer) {
    if (this.offer === offer) return;
    this.offer = offer;
    this.#onChange();
  }
}

/** @param {DevicesInUse} devices */
function idsOf({ microphones, speakers }) {
  return new Set([...microphones, ...speakers].map(({ id }) => id));
}
