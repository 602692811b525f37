import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say } from '../shared/dom.js';
import { hideNotice, showFailure } from '../shared/notices.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {{ id: string, label: string }} AudioDevice
 */

/**
 * Lets the rep choose the microphone and the speaker of calls.
 *
 * @param {HenkVoice['audio']} audio
 * @param {AbortSignal} signal
 */
export function setUpAudioChoice(audio, signal) {
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
  audio.on('change', render, { signal });
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
