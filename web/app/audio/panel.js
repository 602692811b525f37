import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { MicrophoneTrial } from './microphone-trial.js';
import { SpeakerTrial } from './speaker-trial.js';
import { processingHint, speakerHint } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../../henk-voice/audio-list.js').AudioDevice} AudioDevice
 * @typedef {import('../../henk-voice/audio-processing.js').Processing} Processing
 *
 * @typedef {object} AudioPanelOptions
 * @property {HenkVoice} voice
 * @property {AbortSignal} signal
 * @property {(heard: boolean) => void} [onHeard] the person said whether they heard the tone
 */

/** The markup: a part of a view. */
export const AUDIO_PANEL = new URL('./panel.html', import.meta.url);

/**
 * Lets the person choose and try the microphone, the speaker and where it rings. Its markup must be in the
 * document.
 *
 * @param {AudioPanelOptions} options
 */
export function mountAudioPanel({ voice, signal, onHeard }) {
  const { audio } = voice;
  const microphone = element('microphone', HTMLSelectElement);
  const speaker = element('speaker', HTMLSelectElement);
  const ringer = element('ringer', HTMLSelectElement);
  const processing = element('audio-processing', HTMLFieldSetElement);
  const askSpeaker = element('speaker-ask', HTMLButtonElement);
  const trouble = element('audio-trouble', HTMLElement);
  const boxes = [...processing.querySelectorAll('input')];

  /** @param {unknown} error */
  const tell = (error) => {
    const { title, message, action } = failureOf(error);
    sayParts(trouble, create('strong', {}, title), ` ${message} ${action}`);
  };
  /** @param {Promise<unknown>} choice */
  const apply = async (choice) => {
    sayParts(trouble);
    try {
      await choice;
    } catch (error) {
      tell(error);
    }
    render();
  };
  const render = () => {
    if (signal.aborted) return;
    fill(microphone, audio.microphones, audio.microphoneId);
    fill(speaker, audio.speakers, audio.speakerId);
    fill(ringer, audio.speakers, audio.ringerId);
    speaker.disabled = ringer.disabled = !audio.canChooseSpeaker;
    askSpeaker.hidden = !audio.canChooseSpeaker || !audio.canAskForSpeaker;
    say(element('speaker-hint', HTMLElement), speakerHint(audio));
    for (const box of boxes) {
      const name = /** @type {keyof Processing} */ (box.name);
      box.checked = audio.processing[name];
      box.disabled = !audio.processingSupported[name];
    }
    say(element('audio-processing-hint', HTMLElement), processingHint(audio, voice.inCall));
  };

  microphone.addEventListener('change', () => apply(audio.chooseMicrophone(microphone.value)));
  speaker.addEventListener('change', () => apply(audio.chooseSpeaker(speaker.value)));
  ringer.addEventListener('change', () => apply(audio.chooseRinger(ringer.value)));
  askSpeaker.addEventListener('click', () => apply(audio.askForSpeaker()));
  processing.addEventListener('change', ({ target }) => {
    const box = /** @type {HTMLInputElement} */ (target);
    void apply(audio.setProcessing({ [box.name]: box.checked }));
  });
  audio.on('change', render, { signal });
  for (const name of /** @type {const} */ (['call', 'callchange', 'callend'])) {
    voice.on(name, render, { signal });
  }
  const options = { voice, signal, tell, clear: () => sayParts(trouble) };
  const trial = new MicrophoneTrial(options);
  // Nobody sees it any more.
  microphone.closest('details')?.addEventListener('toggle', () => trial.stop());
  new SpeakerTrial({ ...options, onHeard });
  render();
}

/**
 * Draws the list again only if it differs: a list that is open would close.
 *
 * @param {HTMLSelectElement} select
 * @param {AudioDevice[]} devices
 * @param {string} chosen
 */
function fill(select, devices, chosen) {
  const shown = [...select.options].map(({ value, text }) => `${value} ${text}`).join('\n');
  if (shown !== devices.map(({ id, label }) => `${id} ${label}`).join('\n')) {
    select.replaceChildren(
      ...devices.map(({ id, label }) => create('option', { value: id }, label)),
    );
  }
  select.value = devices.some(({ id }) => id === chosen) ? chosen : (devices[0]?.id ?? '');
}
