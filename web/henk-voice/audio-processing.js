import { SYSTEM_DEFAULT } from './audio-list.js';

/**
 * @typedef {object} Processing what the browser does with what the microphone hears
 * @property {boolean} noiseSuppression
 * @property {boolean} echoCancellation
 * @property {boolean} autoGainControl
 */

/** @type {Readonly<Processing>} */
export const ALL_ON = { noiseSuppression: true, echoCancellation: true, autoGainControl: true };

const NAMES = /** @type {(keyof Processing)[]} */ (Object.keys(ALL_ON));

/** @returns {Processing} which of them this browser can switch on and off */
export function supportedProcessing() {
  const supported = globalThis.navigator?.mediaDevices?.getSupportedConstraints?.() ?? {};
  return processingOf((name) => supported[name] === true);
}

/**
 * What getUserMedia is asked for.
 *
 * @param {Processing} wanted
 * @returns {MediaTrackConstraints} empty if the browser's own choice, which is all three, is right. If one
 *   is off, the others are named: Chromium takes `echoCancellation: false` alone for all three
 */
export function constraintsOf(wanted) {
  return NAMES.every((name) => wanted[name]) ? {} : { ...wanted };
}

/**
 * @param {MediaTrackConstraints} constraints
 * @returns {string} the id of the device that is asked for
 */
export function deviceIn({ deviceId }) {
  const { exact, ideal } = /** @type {ConstrainDOMStringParameters} */ (deviceId ?? {});
  return String(exact ?? ideal ?? SYSTEM_DEFAULT);
}

/**
 * What the browser really does: it may not be able to do what it is asked for.
 *
 * @param {MediaStreamTrack | null} track
 * @returns {Record<keyof Processing, boolean | null>} null if the browser does not tell
 */
export function processingIn(track) {
  const settings = /** @type {Record<string, unknown>} */ (track?.getSettings?.() ?? {});
  const told = (/** @type {keyof Processing} */ name) => {
    const value = settings[name];
    // Newer browsers name the way of echo cancellation: https://w3c.github.io/mediacapture-main/#dom-echocancellationmodeenum
    if (name === 'echoCancellation' && typeof value === 'string') return true;
    return typeof value === 'boolean' ? value : null;
  };
  return {
    noiseSuppression: told('noiseSuppression'),
    echoCancellation: told('echoCancellation'),
    autoGainControl: told('autoGainControl'),
  };
}

/**
 * @param {(name: keyof Processing) => boolean} value
 * @returns {Processing}
 */
function processingOf(value) {
  return {
    noiseSuppression: value('noiseSuppression'),
    echoCancellation: value('echoCancellation'),
    autoGainControl: value('autoGainControl'),
  };
}
