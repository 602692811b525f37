import { plainLabel } from './audio-list.js';

/**
 * @typedef {import('./audio-devices.js').AudioDevices} AudioDevices
 * @typedef {import('./check-types.js').CheckFacts} CheckFacts
 * @typedef {import('./check-types.js').CheckStep} CheckStep
 */

/** In the order in which they are shown. */
export const STEPS = /** @type {const} */ ([
  'browser',
  'permission',
  'microphone',
  'speaker',
  'clock',
  'token',
  'signalling',
  'audio',
  'line',
]);

/** @returns {CheckStep[]} */
export function newSteps() {
  return STEPS.map((name) => ({ name, state: 'waiting', text: '', details: [] }));
}

/** @returns {CheckFacts} */
export function noFacts() {
  return {
    browser: null,
    os: null,
    permission: null,
    microphone: null,
    speaker: null,
    microphones: null,
    speakers: null,
    microphonePeak: null,
    speakerHeard: null,
    clockOffsetSeconds: null,
    signallingMs: null,
    audioMs: null,
    edge: null,
    codec: null,
    isRelay: null,
    protocol: null,
    networkType: null,
    samples: null,
    mos: null,
    lossIn: null,
    lossOut: null,
    jitterMs: null,
    rttMs: null,
    kbpsIn: null,
    kbpsOut: null,
    sdkCode: null,
  };
}

/**
 * @param {AudioDevices} audio
 * @param {MediaStream} [stream] of the microphone
 */
export function deviceFacts(audio, stream) {
  const { microphone, speaker } = audio.inUse;
  const opened = stream?.getAudioTracks()[0]?.label;
  return { microphone: opened ? plainLabel(opened) : microphone, speaker };
}

/** Which of the listed devices are others under a second name. */
const SECOND_NAMES = new Set(['default', 'communications']);

/** @returns {Promise<{ microphones: number | null, speakers: number | null }>} null if that is not told */
export async function countDevices() {
  const all = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => null)) ?? null;
  /** @param {MediaDeviceKind} kind */
  const count = (kind) =>
    all &&
    all.filter((device) => device.kind === kind && !SECOND_NAMES.has(device.deviceId)).length;
  return { microphones: count('audioinput'), speakers: count('audiooutput') };
}
