import { create, say } from '../shared/dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').LineInWords} LineInWords
 */

/** How many of the three bars are filled. */
const BARS = /** @type {const} */ ({ good: 3, fair: 2, poor: 1 });

/** How good the line of a call is: three bars, and words that say whose fault it is and what helps. */
export class LineSign {
  #place;
  #bars = create('span', { class: 'line-bars', 'aria-hidden': 'true' });
  #title = create('strong');
  #rest = create('span');

  /** @param {HTMLElement} place a live region: changes are announced */
  constructor(place) {
    this.#place = place;
    this.#bars.append(create('i'), create('i'), create('i'));
    const words = create('span', { class: 'line-words' }, this.#title, ' ', this.#rest);
    place.replaceChildren(this.#bars, words);
  }

  /** @param {Call} call */
  show(call) {
    const { quality } = call;
    const { title, rest } = sentences(quality);
    const isShown = call.state === 'talking' && title !== '';
    this.#place.dataset.grade = (isShown && quality.grade) || 'unknown';
    this.#bars.dataset.filled = String(quality.grade ? BARS[quality.grade] : 0);
    say(this.#title, isShown ? title : '');
    say(this.#rest, isShown ? rest : '');
  }
}

/**
 * @param {LineInWords} quality
 * @returns {{ title: string, rest: string }} the title of a fault as the beginning of a sentence
 */
export function sentences({ title, meaning, action, fault }) {
  return { title: fault ? `${title}:` : title, rest: [meaning, action].filter(Boolean).join(' ') };
}
