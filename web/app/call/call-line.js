import { create, say } from '../shared/dom.js';

/** @typedef {import('../../henk-voice/henk-voice.js').Call} Call */

/** How many of the three bars are filled. */
const BARS = /** @type {const} */ ({ good: 3, fair: 2, poor: 1 });

/** How good the line of a call is: three bars, and words that say whose fault it is and what helps. */
export class CallLine {
  #place;
  #isBrief;
  #title = create('strong');
  #rest = create('span');

  /**
   * @param {HTMLElement} place a live region: a change is announced once
   * @param {{ isBrief?: boolean }} [options] without what helps
   */
  constructor(place, { isBrief = false } = {}) {
    this.#place = place;
    this.#isBrief = isBrief;
    const bars = create('span', { class: 'line-bars', 'aria-hidden': 'true' });
    bars.append(...Array.from({ length: 3 }, () => create('i')));
    place.classList.add('call-line');
    place.replaceChildren(bars, create('span', {}, this.#title, ' ', this.#rest));
  }

  /** @param {Call | null} call null, or a call that is not answered: nothing is shown */
  show(call) {
    const { title, rest, bars } = lineOf(call);
    this.#place.dataset.bars = bars;
    const isLong = rest !== '' && !this.#isBrief;
    say(this.#title, isLong ? `${title}:` : title);
    say(this.#rest, isLong ? rest : '');
  }
}

/**
 * @param {Call | null} call
 * @returns {{ title: string, rest: string, bars: string }} the title is empty if nothing is to be shown
 */
export function lineOf(call) {
  if (!call || call.state !== 'talking' || !call.quality.title)
    return { title: '', rest: '', bars: '' };
  const { grade, title, meaning, action } = call.quality;
  const rest = [meaning, action].filter(Boolean).join(' ');
  return { title, rest, bars: grade ? String(BARS[grade]) : '' };
}
