import { element, say } from '../shared/dom.js';

/**
 * @typedef {import('./microphone-trial.js').TrialOptions} TrialOptions
 * @typedef {'speaker' | 'ringer'} Output
 */

const ASKED = 'Did you hear it?';
const HEARD = 'Then the speaker is right.';
const NOT_HEARD =
  'Turn up the volume of the computer and of the headset, and look whether its plug is in. Then choose another ' +
  'speaker above, and play the tone again.';

/** Plays a tone, and asks whether the person heard it; rings, so that they hear where. */
export class SpeakerTrial {
  #options;
  #said = element('speaker-said', HTMLElement);
  #answer = element('speaker-answer', HTMLElement);
  /** Ends the sound that is played. @type {AbortController | null} */
  #playing = null;

  /** @param {TrialOptions & { onHeard?: ((heard: boolean) => void) | undefined }} options */
  constructor(options) {
    this.#options = options;
    const { signal, voice } = options;
    for (const output of /** @type {const} */ (['speaker', 'ringer'])) {
      const button = element(`${output}-test`, HTMLButtonElement);
      button.addEventListener('click', () => void this.#play(output));
    }
    element('speaker-heard', HTMLButtonElement).addEventListener('click', () => this.#heard(true));
    element('speaker-not-heard', HTMLButtonElement).addEventListener('click', () =>
      this.#heard(false),
    );
    const stop = () => this.#playing?.abort();
    signal.addEventListener('abort', stop);
    voice.on('call', stop, { signal });
    voice.on('incoming', stop, { signal });
  }

  /** @param {Output} output */
  async #play(output) {
    const { voice, tell, clear, signal } = this.#options;
    this.#playing?.abort();
    const playing = new AbortController();
    this.#playing = playing;
    clear();
    this.#answer.hidden = true;
    say(this.#said, output === 'speaker' ? 'A tone is playing…' : '');
    try {
      await voice.audio.playTone(output, { signal: playing.signal });
      if (signal.aborted || this.#playing !== playing) return;
      const isAsked = output === 'speaker' && !playing.signal.aborted;
      say(this.#said, isAsked ? ASKED : '');
      this.#answer.hidden = !isAsked;
    } catch (error) {
      if (signal.aborted || this.#playing !== playing) return;
      say(this.#said, '');
      tell(error);
    }
  }

  /** @param {boolean} heard */
  #heard(heard) {
    const hadFocus = this.#answer.contains(document.activeElement);
    this.#answer.hidden = true;
    say(this.#said, heard ? HEARD : NOT_HEARD);
    if (hadFocus) element('speaker-test', HTMLButtonElement).focus();
    this.#options.onHeard?.(heard);
  }
}
