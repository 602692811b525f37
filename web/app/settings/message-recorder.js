import { failureOf } from '../../henk-voice/henk-voice.js';
import { remembered } from '../frame/view.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { ask } from '../shared/question.js';
import { tellTrouble } from '../shared/trouble.js';
import { duration } from '../shared/words.js';
import { Recorder } from './recorder.js';
import { MOST_SECONDS } from './wav.js';

/**
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./recorder.js').Recorded} Recorded
 *
 * @typedef {{ recorded: Recorded | null, name: string }} Kept what is recorded and not saved yet
 */

/** Less is a click on the wrong button. */
const LEAST_SECONDS = 1;

/** Records a new message: record, listen, name, save. */
export class MessageRecorder {
  #context;
  #onSaved;
  #start = element('record-start', HTMLButtonElement);
  #running = element('recorder-running', HTMLElement);
  #clock = element('record-clock', HTMLElement);
  #level = element('record-level', HTMLMeterElement);
  #stop = element('record-stop', HTMLButtonElement);
  #form = element('recorded', HTMLFormElement);
  #audio = element('recorded-audio', HTMLAudioElement);
  #hint = element('recorded-hint', HTMLElement);
  #name = element('recorded-name', HTMLInputElement);
  #said = element('recorder-said', HTMLElement);
  #trouble = element('recorder-trouble', HTMLElement);
  /** It outlives the view, so that nobody has to speak again. @type {Kept} */
  #kept;
  /** @type {Recorder | null} */
  #recorder = null;
  #isBusy = false;

  /**
   * @param {ViewContext} context
   * @param {() => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    const { memory, business, signal } = context;
    this.#kept = remembered(memory, `settings.message.${business.id}`, () => ({
      recorded: null,
      name: '',
    }));
    this.#start.addEventListener('click', () => void this.#begin());
    this.#stop.addEventListener('click', () => void this.#end());
    element('record-again', HTMLButtonElement).addEventListener('click', () => void this.#again());
    element('record-discard', HTMLButtonElement).addEventListener(
      'click',
      () => void this.#discard(),
    );
    this.#name.addEventListener('input', () => (this.#kept.name = this.#name.value));
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#save();
    });
    const keep = (/** @type {BeforeUnloadEvent} */ event) => {
      if (this.#recorder || this.#kept.recorded) event.preventDefault();
    };
    window.addEventListener('beforeunload', keep, { signal });
    // The phone needs the microphone.
    context.voice.on('call', () => void this.#end(), { signal });
    signal.addEventListener('abort', () => {
      this.#recorder?.discard();
      URL.revokeObjectURL(this.#audio.src);
    });
    this.#show();
  }

  #show() {
    const { recorded, name } = this.#kept;
    this.#start.hidden = Boolean(recorded) || Boolean(this.#recorder);
    this.#running.hidden = !this.#recorder;
    this.#form.hidden = !recorded;
    URL.revokeObjectURL(this.#audio.src);
    if (!recorded) return this.#audio.removeAttribute('src');
    this.#audio.src = URL.createObjectURL(recorded.blob);
    this.#name.value = name;
    const length = `${duration(Math.round(recorded.seconds))} long, as a phone will play it.`;
    const silent = 'Nothing can be heard in it. Choose another microphone on the Calls page.';
    say(this.#hint, recorded.isSilent ? silent : length);
  }

  async #begin() {
    const { voice, signal } = this.#context;
    if (this.#isBusy || this.#recorder) return;
    sayParts(this.#trouble);
    say(this.#said, '');
    if (voice.inCall) {
      return say(this.#trouble, 'Not recorded: you are in a call, which needs the microphone.');
    }
    this.#isBusy = true;
    try {
      const recorder = new Recorder(await voice.audio.openMicrophone(), {
        onLevel: (level, seconds) => this.#tick(level, seconds),
        onEnd: () => void this.#end(),
      });
      // Nobody waits for it any more.
      if (signal.aborted) return recorder.discard();
      this.#recorder = recorder;
      this.#tick(0, 0);
      this.#show();
      this.#stop.focus();
      say(this.#said, 'Recording. Speak now.');
    } catch (error) {
      if (!signal.aborted) this.#tellMicrophone(error);
    } finally {
      this.#isBusy = false;
    }
  }

  /**
   * @param {number} level
   * @param {number} seconds
   */
  #tick(level, seconds) {
    this.#level.value = level;
    say(this.#clock, `${duration(Math.floor(seconds))} / ${duration(MOST_SECONDS)}`);
  }

  async #end() {
    const recorder = this.#recorder;
    if (!recorder) return;
    this.#recorder = null;
    try {
      const recorded = await recorder.stop();
      const isEnough = recorded.seconds >= LEAST_SECONDS;
      say(this.#said, isEnough ? 'Recorded. Listen to it, then save it.' : 'That was too short.');
      if (isEnough) this.#kept.recorded = recorded;
    } catch {
      say(this.#said, '');
      sayParts(
        this.#trouble,
        create('strong', {}, 'Not recorded'),
        ' This browser could not read what it has recorded. Try another browser.',
      );
    }
    if (this.#context.signal.aborted) return;
    // The button that was pressed is about to be hidden.
    const hadFocus = this.#running.contains(document.activeElement);
    this.#show();
    if (!hadFocus && document.activeElement !== document.body) return;
    if (this.#kept.recorded) this.#name.focus();
    else this.#start.focus();
  }

  async #again() {
    if (!(await this.#mayDiscard('Record again?', 'Record again'))) return;
    this.#kept.recorded = null;
    this.#show();
    await this.#begin();
  }

  async #discard() {
    if (!(await this.#mayDiscard('Discard the recording?', 'Discard'))) return;
    Object.assign(this.#kept, { recorded: null, name: '' });
    say(this.#said, '');
    sayParts(this.#trouble);
    this.#show();
    this.#start.focus();
  }

  /**
   * @param {string} title
   * @param {string} yes
   */
  async #mayDiscard(title, yes) {
    this.#audio.pause();
    const text = ['What you have just recorded is not saved, and it will be lost.'];
    return (await ask({ title, text, yes, isDestructive: true })) !== null;
  }

  async #save() {
    const { business, signal } = this.#context;
    const { recorded } = this.#kept;
    if (!recorded || this.#isBusy) return;
    sayParts(this.#trouble);
    const name = this.#name.value.trim();
    if (!name) {
      say(this.#trouble, 'Not saved: the name is missing. Write one that you will recognise.');
      return this.#name.focus();
    }
    this.#isBusy = true;
    say(this.#said, 'Saving…');
    try {
      const { blob, seconds: durationSeconds } = recorded;
      await this.#context.voice.messages.add(business.id, { name, blob, durationSeconds });
      Object.assign(this.#kept, { recorded: null, name: '' });
      if (signal.aborted) return;
      say(this.#said, 'Saved.');
      this.#show();
      this.#start.focus();
      this.#onSaved();
    } catch (error) {
      if (signal.aborted) return;
      say(this.#said, 'Not saved yet.');
      tellTrouble(this.#trouble, error);
    } finally {
      this.#isBusy = false;
    }
  }

  /** @param {unknown} error */
  #tellMicrophone(error) {
    const { title, message, action } = failureOf(error);
    sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
  }
}
