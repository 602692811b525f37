import { failureOf } from '../../henk-voice/henk-voice.js';
import { recordingView } from '../call/recording.js';
import { bdi, create, element, nodesOf, say, sayParts } from '../shared/dom.js';
import { ask } from '../shared/question.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../call/recording.js').RecordingButton} RecordingButton
 */

/** @type {Readonly<Record<RecordingButton, (call: Call) => Promise<unknown>>>} */
const ACTS = {
  agree: (call) => call.record('start', { consent: 'agreed' }),
  record: (call) => call.record('start'),
  pause: (call) => call.record('pause'),
  resume: (call) => call.record('resume'),
  stop: (call) => call.record('stop'),
  refuse: (call) => call.record('stop', { consent: 'refused' }),
};

const SIGNS = { recording: 'REC', paused: 'REC paused' };

/** The recording of the call that is shown: whether it runs, what is missing, and its buttons. */
export class CallRecording {
  #box = element('call-recording', HTMLElement);
  #sign = element('rec-sign', HTMLElement);
  #line = element('recording-line', HTMLElement);
  #buttons = element('recording-buttons', HTMLElement);
  #trouble = element('recording-trouble', HTMLElement);
  /** @type {Call | null} */
  #call = null;
  #leadName = '';
  /** The state in which something failed. @type {string | null} */
  #failedIn = null;

  constructor() {
    for (const button of this.#buttons.querySelectorAll('button')) {
      const name = /** @type {RecordingButton} */ (button.dataset.record);
      button.addEventListener('click', () => void this.#press(name));
    }
  }

  /**
   * @param {Call} call
   * @param {string} leadName
   * @param {boolean} leadHolds whether the lead hears music
   */
  show(call, leadName, leadHolds) {
    if (call !== this.#call) sayParts(this.#trouble);
    this.#call = call;
    this.#leadName = leadName;
    const { recording } = call;
    const view = recordingView(call, leadName, leadHolds);
    const focused = document.activeElement;
    if (!view.sentence.length || recording?.state !== this.#failedIn) sayParts(this.#trouble);
    this.#box.dataset.recording = view.sentence.length ? (recording?.state ?? '') : '';
    this.#box.classList.toggle('bad', view.isBad);
    this.#sign.hidden = view.sign === null;
    say(this.#sign, view.sign ? SIGNS[view.sign] : '');
    sayParts(this.#line, ...nodesOf(view.sentence));
    this.#buttons.hidden = !view.offers.length;
    for (const button of this.#buttons.querySelectorAll('button')) {
      const name = /** @type {RecordingButton} */ (button.dataset.record);
      button.hidden = !view.offers.includes(name);
      button.classList.toggle('primary', name === view.offers[0] && name !== 'pause');
      button.setAttribute('aria-disabled', String(Boolean(recording?.pending)));
    }
    // A button that is not there any more must not leave the keyboard without a place.
    if (focused instanceof HTMLElement && this.#buttons.contains(focused) && focused.hidden) {
      const next = [...this.#buttons.querySelectorAll('button')].find(({ hidden }) => !hidden);
      (next ?? element('hang-up-button', HTMLButtonElement)).focus();
    }
  }

  /** @param {RecordingButton} name */
  async #press(name) {
    const call = this.#call;
    if (!call?.recording || call.recording.pending) return;
    sayParts(this.#trouble);
    if (name === 'refuse' && !(await this.#mayDelete(call))) return;
    try {
      await ACTS[name](call);
    } catch (error) {
      if (call !== this.#call) return;
      const { title, message, action } = failureOf(error);
      this.#failedIn = call.recording?.state ?? null;
      sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
    }
  }

  /**
   * @param {Call} call
   * @returns {Promise<boolean>} at once, if nothing was recorded that would be lost
   */
  async #mayDelete({ recording }) {
    if (!recording?.recordings.some(({ started_at: startedAt }) => startedAt)) return true;
    const answer = await ask({
      title: 'They do not agree?',
      text: [
        'The recording stops, and what was recorded of this call is deleted for good. The call goes on, and cannot be recorded any more. It is on record that ',
        bdi(this.#leadName),
        ' does not agree.',
      ],
      yes: 'Delete the recording',
      isDestructive: true,
    });
    return answer !== null;
  }
}
