import { failureOf } from '../henk-voice/henk-voice.js';
import { create, element, say } from './dom.js';
import { hideNotice, showFailure, showNote } from './notices.js';

/**
 * @typedef {import('../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {{ id: string, label: string }} AudioDevice
 */

/**
 * The microphone and the speaker of calls.
 *
 * @param {HenkVoice['audio']} audio
 */
export function setUpAudioChoice(audio) {
  const microphone = element('microphone', HTMLSelectElement);
  const speaker = element('speaker', HTMLSelectElement);
  const hint = element('speaker-hint', HTMLElement);

  const render = () => {
    fill(microphone, audio.microphones, audio.microphoneId);
    fill(speaker, audio.speakers, audio.speakerId);
    speaker.disabled = !audio.canChooseSpeaker;
    say(hint, audio.canChooseSpeaker ? '' : 'This browser always uses the system’s speaker.');
  };

  microphone.addEventListener('change', () =>
    apply(audio.chooseMicrophone(microphone.value), render),
  );
  speaker.addEventListener('change', () => apply(audio.chooseSpeaker(speaker.value), render));
  audio.on('change', ({ lost }) => {
    render();
    if (lost.length) {
      showNote(
        'audio-lost',
        `${lost.join(' and ')} is gone. The system’s default is used instead.`,
      );
    }
  });
  render();
}

/**
 * @param {Promise<void>} choice
 * @param {() => void} render
 */
async function apply(choice, render) {
  try {
    await choice;
    hideNotice('audio');
  } catch (error) {
    showFailure(failureOf(error), 'audio');
    render();
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {AudioDevice[]} devices
 * @param {string} chosen
 */
function fill(select, devices, chosen) {
  select.replaceChildren(...devices.map(({ id, label }) => create('option', { value: id }, label)));
  select.value = devices.some(({ id }) => id === chosen) ? chosen : (devices[0]?.id ?? '');
}
