/**
 * @typedef {object} OwnOptions
 * @property {Record<string, unknown>} given the app's; they replace ours
 * @property {import('./line-stats.js').LineStats} line
 * @property {MediaDevices['getUserMedia']} getUserMedia
 */

/**
 * The options of the SDK's Device, for calls and for the check before calls.
 *
 * @param {OwnOptions} own
 * @returns {import('@twilio/voice-sdk').Device.Options}
 */
export function deviceOptions({ given, line, getUserMedia }) {
  const base = /** @type {typeof RTCPeerConnection | undefined} */ (given.RTCPeerConnection);
  return {
    // Opus copes with lost packets, PCMU does not.
    codecPreferences: /** @type {any} */ (['opus', 'pcmu']),
    // With this, busy, no answer and refused tokens have error codes of their own.
    enableImprovedSignalingErrorPrecision: true,
    // How long a call waits for its browser to reconnect.
    maxCallSignalingTimeoutMs: 15_000,
    // The AudioContext is suspended until somebody uses the page.
    disableAudioContextSounds: !lacksDefaultSpeaker(),
    // The SDK does not need to log: our failures say the same.
    logLevel: 'silent',
    ...given,
    RTCPeerConnection: line.peerConnectionClass(base),
    getUserMedia,
  };
}

/**
 * The SDK plays each of its sounds on the speaker `default`, unless an AudioContext plays it. Only Chromium
 * has a speaker of this name; other browsers that can choose one refuse it, and nobody would hear the phone
 * ring. The system's speaker is '' there: https://github.com/WebAudio/web-audio-api/issues/2569
 *
 * @returns {boolean}
 */
function lacksDefaultSpeaker() {
  const canChoose = 'setSinkId' in (globalThis.HTMLMediaElement?.prototype ?? {});
  // Chromium alone has it.
  return canChoose && !('userAgentData' in navigator);
}
