import { failureOf } from '../../henk-voice/henk-voice.js';
import { hideNotice, showFailure, showNote } from '../shared/notices.js';
import { backWords, lostWords, offerWords } from './words.js';

/**
 * Tells that a chosen device is gone or back, and offers a headset that was plugged in.
 *
 * @param {import('../../henk-voice/henk-voice.js').HenkVoice} voice
 */
export function watchDevices(voice) {
  const { audio } = voice;
  let wasNoneLeft = false;
  audio.on('change', ({ lost, back }) => {
    const isLeft = audio.microphones.some(({ id }) => id !== 'default');
    if (lost.length) showNote('audio-lost', lostWords(lost, audio.inUse, isLeft));
    else if (wasNoneLeft && isLeft) hideNotice('audio-lost');
    if (lost.length || isLeft) wasNoneLeft = !isLeft;
    if (back.length) showNote('audio-lost', backWords(back));
    const isHeard = audio.stream?.getAudioTracks().some(({ readyState }) => readyState === 'live');
    if (isHeard || !voice.inCall) hideNotice('audio-trouble');
  });
  audio.on('offer', (offer) => {
    if (!offer) return hideNotice('audio-offer');
    hideNotice('audio-lost');
    showNote('audio-offer', offerWords(offer, voice.inCall), [
      { label: 'Use it', run: () => use(voice) },
      { label: 'Not now', run: () => audio.dismissOffer() },
    ]);
  });
  audio.on('trouble', (cause) => {
    if (cause.code !== 'microphone_missing') return showFailure(cause, 'audio-trouble');
    showNote(
      'audio-trouble',
      'No microphone is left, so nobody hears you. Plug one in: the call uses it at once.',
    );
  });
}

/** @param {import('../../henk-voice/henk-voice.js').HenkVoice} voice */
async function use({ audio }) {
  try {
    await audio.acceptOffer();
    hideNotice('audio-trouble');
  } catch (error) {
    showFailure(failureOf(error), 'audio-trouble');
  }
}
