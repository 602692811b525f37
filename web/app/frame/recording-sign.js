import { recordingView } from '../call/recording.js';
import { bdi, create, element, sayParts } from '../shared/dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./current-call.js').CurrentCall} CurrentCall
 */

const SIGNS = { recording: '● REC', paused: '❚❚ REC paused' };

/**
 * Says that the call is recorded, or that its recording is paused: above every view, also when the page is
 * scrolled, and in the title of the tab. Screen readers hear it where the call is shown.
 */
export class RecordingSign {
  #voice;
  #currentCall;
  #bar = element('rec-bar', HTMLElement);

  /**
   * @param {HenkVoice} voice
   * @param {CurrentCall} currentCall
   */
  constructor(voice, currentCall) {
    this.#voice = voice;
    this.#currentCall = currentCall;
    voice.on('callchange', () => this.#render());
  }

  /** What stands before the title of the tab. */
  get inTitle() {
    const sign = this.#sign;
    return sign ? `${SIGNS[sign]} · ` : '';
  }

  get #sign() {
    const { call } = this.#voice;
    return call ? recordingView(call, '', false).sign : null;
  }

  #render() {
    const sign = this.#sign;
    this.#bar.hidden = sign === null;
    if (!sign) return;
    this.#bar.dataset.recording = sign;
    sayParts(this.#bar, create('strong', {}, SIGNS[sign]), ' ', bdi(this.#currentCall.name));
  }
}
