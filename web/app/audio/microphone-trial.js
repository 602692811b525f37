import { LevelMeter } from '../../henk-voice/audio-level.js';
import { element, say } from '../shared/dom.js';
import { heardWords } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../../henk-voice/audio-test.js').MicrophoneTest} MicrophoneTest
 *
 * @typedef {object} TrialOptions
 * @property {HenkVoice} voice
 * @property {AbortSignal} signal
 * @property {(error: unknown) => void} tell shows what is wrong
 * @property {() => void} clear hides it
 */

const SPEAK = 'Speak now: you will hear yourself in a moment.';
const LISTEN = 'Listen: this is how you sound.';

/** A person speaks, sees how loud they are, and hears themselves. In a call they see how loud they are. */
export class MicrophoneTrial {
  #voice;
  #signal;
  #tell;
  #clear;
  #button = element('microphone-test', HTMLButtonElement);
  #place = element('microphone-trial', HTMLElement);
  #level = element('microphone-level', HTMLMeterElement);
  #said = element('microphone-said', HTMLElement);
  /** @type {MicrophoneTest | null} */
  #test = null;
  /** @type {LevelMeter | null} */
  #meter = null;
  #isOpening = false;

  /** @param {TrialOptions} options */
  constructor({ voice, signal, tell, clear }) {
    this.#voice = voice;
    this.#signal = signal;
    this.#tell = tell;
    this.#clear = clear;
    this.#button.addEventListener('click', () => void this.#press());
    signal.addEventListener('abort', () => this.#end());
    voice.on('call', () => this.#end(), { signal });
    voice.on('callend', () => this.#end(), { signal });
    // Another microphone was chosen, or this one is gone.
    voice.audio.on('change', () => this.#changed(), { signal });
  }

  async #press() {
    if (this.#isOpening) return;
    const isOn = this.#test || this.#meter;
    this.#end();
    say(this.#said, '');
    if (isOn) return;
    this.#clear();
    if (this.#voice.inCall) return this.#listenToCall();
    this.#isOpening = true;
    try {
      const test = await this.#voice.audio.testMicrophone({ signal: this.#signal });
      if (test.state === 'stopped') return;
      this.#test = test;
      await this.#speak(test);
    } catch (error) {
      this.#end();
      if (this.#signal.aborted) return;
      say(this.#said, '');
      this.#tell(error);
    } finally {
      this.#isOpening = false;
    }
  }

  /** @param {MicrophoneTest} test */
  async #speak(test) {
    test.on('level', (level) => (this.#level.value = level));
    test.on('change', (state) => state === 'stopped' && this.#test === test && this.#end());
    this.#show(true);
    this.#isOpening = false;
    say(this.#said, SPEAK);
    const isRecorded = await test.record();
    if (test.state === 'stopped') return;
    if (isRecorded && (test.heard || !test.isMeasured)) {
      say(this.#said, LISTEN);
      await test.playBack();
    }
    if (this.#test !== test) return;
    say(this.#said, heardWords(test));
    this.#end();
  }

  #listenToCall() {
    const { stream } = this.#voice.audio;
    if (!stream) return say(this.#said, 'The call has no microphone yet.');
    const meter = new LevelMeter(stream, () => (this.#level.value = meter.level));
    this.#meter = meter;
    this.#show(true);
    say(this.#said, 'This is what the call hears of you.');
  }

  #changed() {
    if (this.#meter && this.#voice.inCall) {
      this.#meter.stop();
      this.#listenToCall();
    } else if (this.#test && this.#test.label !== this.#voice.audio.inUse.microphone) {
      this.stop();
    }
  }

  stop() {
    if (!this.#test && !this.#meter) return;
    this.#end();
    say(this.#said, '');
  }

  #end() {
    const test = this.#test;
    this.#test = null;
    test?.stop();
    this.#meter?.stop();
    this.#meter = null;
    this.#show(false);
  }

  /** @param {boolean} isOn */
  #show(isOn) {
    this.#place.hidden = !isOn;
    this.#level.value = 0;
    say(this.#button, isOn ? 'Stop' : 'Test');
  }
}
