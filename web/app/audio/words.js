/**
 * @typedef {import('../../henk-voice/audio-devices.js').AudioDevices} AudioDevices
 * @typedef {import('../../henk-voice/audio-processing.js').Processing} Processing
 */

/** @type {Readonly<Record<keyof Processing, string>>} */
const NAMES = {
  noiseSuppression: 'leave out noise',
  echoCancellation: 'leave out echo',
  autoGainControl: 'adjust the loudness',
};

/**
 * @param {Pick<AudioDevices, 'canChooseSpeaker' | 'canAskForSpeaker' | 'speakers'>} audio
 * @returns {string} where the speaker is chosen if this page cannot do it
 */
export function speakerHint({ canChooseSpeaker, canAskForSpeaker, speakers }) {
  if (!canChooseSpeaker) {
    return (
      'This browser always uses the system’s speaker. Choose it in the sound settings of your computer, ' +
      'or use a current Chrome, Edge or Firefox.'
    );
  }
  if (canAskForSpeaker && speakers.length < 2) {
    return 'This browser names other speakers only if you ask for them.';
  }
  return '';
}

/**
 * @param {Pick<AudioDevices, 'processing' | 'processingSupported' | 'inUse'>} audio
 * @param {boolean} inCall
 * @returns {string} what this browser cannot do, or does not do although it is asked for
 */
export function processingHint({ processing, processingSupported, inUse }, inCall) {
  const names = /** @type {(keyof Processing)[]} */ (Object.keys(NAMES));
  const unsupported = names.filter((name) => !processingSupported[name]);
  if (unsupported.length) return `This browser cannot switch this: ${list(unsupported)}.`;
  const refused = names.filter(
    (name) => inUse.processing[name] !== null && inUse.processing[name] !== processing[name],
  );
  if (inCall && refused.length) {
    return `In this call the browser does not do it as you chose: ${list(refused)}.`;
  }
  return '';
}

/** @param {(keyof Processing)[]} names */
function list(names) {
  return names.map((name) => NAMES[name]).join(', ');
}

/**
 * @param {{ heard: boolean, isDead: boolean, isMeasured: boolean }} test
 * @returns {string} what a test says of the microphone
 */
export function heardWords({ heard, isDead, isMeasured }) {
  if (!isMeasured) {
    return 'This browser does not tell how loud your microphone is. If you have just heard yourself, it works.';
  }
  if (heard) return 'Your microphone hears you.';
  if (isDead) {
    return (
      'Your microphone gives no sound at all, not even noise. A switch or button on it may be off, or the ' +
      'system may have muted it. Look there, or choose another microphone.'
    );
  }
  return 'Your microphone hears hardly anything. Speak louder, move it closer, or choose another microphone.';
}

/**
 * @param {string[]} lost names of chosen devices that are no longer there
 * @param {{ microphone: string, speaker: string }} inUse
 * @param {boolean} [isLeft] whether there is another microphone
 */
export function lostWords(lost, { microphone, speaker }, isLeft = true) {
  const gone = `${lost.join(' and ')} ${lost.length > 1 ? 'are' : 'is'} gone.`;
  if (!isLeft) return `${gone} No microphone is left: plug one in.`;
  const used = [...new Set([microphone, speaker])].filter((name) => name !== 'System default');
  if (!used.length) return `${gone} The system’s default is used instead.`;
  return `${gone} Calls use ${used.join(' and ')} now: the system’s default.`;
}

/** @param {string[]} back names of chosen devices that were plugged in again */
export function backWords(back) {
  return `${back.join(' and ')} ${back.length > 1 ? 'are' : 'is'} back. Calls use ${back.length > 1 ? 'them' : 'it'} again.`;
}

/**
 * @param {import('../../henk-voice/audio-list.js').DeviceOffer} offer
 * @param {boolean} inCall
 */
export function offerWords({ label, microphoneId }, inCall) {
  const what = `${label} was plugged in.`;
  if (!microphoneId) return `${what} Do you want to hear calls through it?`;
  return inCall
    ? `${what} Do you want to go on with it? The call stays.`
    : `${what} Do you want to call with it?`;
}
