import { debounce, element, say } from '../shared/dom.js';
import { signOf, signOfCall } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CheckResult} CheckResult
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 */

const LOOK_AFTER_MS = 300;

/** Says at the top of all pages whether one can call, or how good the line of a call is; it leads to the check. */
export class CheckSign {
  #voice;
  #sign = element('line-sign', HTMLAnchorElement);
  #words = element('line-sign-words', HTMLElement);
  #isShown = false;
  /** @type {CheckResult | null} */
  #quiet = null;
  #lookSoon = debounce(() => void this.#look(), LOOK_AFTER_MS);

  /** @param {HenkVoice} voice */
  constructor(voice) {
    this.#voice = voice;
    for (const name of /** @type {const} */ (['ready', 'failure', 'recovered', 'callend'])) {
      voice.on(name, this.#lookSoon);
    }
    for (const name of /** @type {const} */ (['call', 'callchange', 'callend'])) {
      voice.on(name, () => this.#render());
    }
    voice.audio.on('change', this.#lookSoon);
    voice.check.on('change', () => this.#render());
    for (const name of ['online', 'offline']) window.addEventListener(name, this.#lookSoon);
  }

  /** @param {boolean} isShown whether somebody is signed in */
  show(isShown) {
    this.#isShown = isShown;
    this.#quiet = null;
    this.#render();
    if (isShown) this.#lookSoon();
  }

  async #look() {
    if (!this.#isShown || this.#voice.inCall) return;
    this.#quiet = await this.#voice.check.quiet();
    this.#render();
  }

  #render() {
    const { check, call, inCall } = this.#voice;
    const sign =
      inCall && call
        ? signOfCall(call)
        : signOf({ quiet: this.#quiet, result: check.result, now: Date.now() });
    this.#sign.hidden = !this.#isShown || !sign;
    this.#sign.dataset.tone = sign?.tone ?? '';
    // A narrow window shows the beginning.
    this.#sign.title = sign?.words ?? '';
    say(this.#words, sign?.words ?? '');
  }
}
