import { debounce, element, say } from '../shared/dom.js';
import { watchCauses } from './what-changes.js';
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
  /** When a call with a good line ended: milliseconds since 1970. */
  #goodAt = 0;
  #lookSoon = debounce(() => void this.#look(), LOOK_AFTER_MS);

  /** @param {HenkVoice} voice */
  constructor(voice) {
    this.#voice = voice;
    watchCauses(voice, this.#lookSoon);
    voice.on('callend', ({ quality }) => {
      if (quality.grade === 'good') this.#goodAt = Date.now();
    });
    for (const name of /** @type {const} */ (['call', 'callchange', 'callend'])) {
      voice.on(name, () => this.#render());
    }
    voice.check.on('change', () => this.#render());
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
        : signOf({
            quiet: this.#quiet,
            result: check.result,
            now: Date.now(),
            goodAt: this.#goodAt,
          });
    this.#sign.hidden = !this.#isShown || !sign;
    this.#sign.dataset.tone = sign?.tone ?? '';
    // A narrow window shows the beginning.
    this.#sign.title = sign?.words ?? '';
    say(this.#words, sign?.words ?? '');
  }
}
