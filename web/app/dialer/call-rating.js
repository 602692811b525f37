import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say } from '../shared/dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').RatingIssue} RatingIssue
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const MOST = 5;
/** With so many stars nobody asks what was wrong. */
const FINE = 4;
/** @type {readonly (readonly [RatingIssue, string])[]} */
const ISSUES = [
  ['choppy-audio', 'It broke off or crackled'],
  ['one-way-audio', 'One side heard nothing'],
  ['audio-latency', 'It came late'],
  ['noisy-call', 'Noise'],
  ['echo', 'Echo'],
  ['dropped-call', 'The call was cut off'],
];

/** Asks how a call sounded: after a call whose line was not good, or if the rep wants to say it. */
export class CallRating {
  #voice;
  #signal;
  #box = element('call-rating', HTMLElement);
  #stars = element('rating-stars', HTMLElement);
  #issue = element('rating-issue', HTMLSelectElement);
  #issueField = element('rating-issue-field', HTMLElement);
  #said = element('rating-said', HTMLElement);
  #button = element('rate-button', HTMLButtonElement);
  /** The id of the call whose form is open. @type {string | null} */
  #id = null;
  /** The id of the call that the rep wants to rate. @type {string | null} */
  #wanted = null;
  /** The call that is shown. @type {Call | null} */
  #shown = null;

  /** @param {ViewContext} context */
  constructor({ voice, signal }) {
    this.#voice = voice;
    this.#signal = signal;
    for (let stars = 1; stars <= MOST; stars += 1) {
      const label = stars === 1 ? '1 star: bad' : `${stars} stars${stars === MOST ? ': good' : ''}`;
      const button = create('button', { type: 'button', 'aria-label': label });
      button.addEventListener('click', () => void this.#rate(stars, null));
      this.#stars.append(button);
    }
    this.#issue.append(
      create('option', { value: '' }, 'What was wrong?'),
      ...ISSUES.map(([value, text]) => create('option', { value }, text)),
    );
    this.#issue.addEventListener('change', () => {
      const stars = this.#shown?.rating?.stars;
      const issue = /** @type {RatingIssue} */ (this.#issue.value) || null;
      if (stars) void this.#rate(stars, issue);
    });
    this.#button.addEventListener('click', () => {
      this.#wanted = this.#id;
      this.#render();
      this.#stars.querySelector('button')?.focus();
    });
    voice.on('callchange', () => this.#render(), { signal });
    voice.on('callend', () => this.#render(), { signal });
  }

  /** @param {string | null} id of the call whose form is open */
  show(id) {
    this.#id = id;
    this.#render();
  }

  #render() {
    const { call } = this.#voice;
    const isOpen = call?.over && call.answeredAt && call.conversation?.id === this.#id;
    const shown = isOpen && call.callSid ? call : null;
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#issue.value = shown?.rating?.issue ?? '';
      say(this.#said, '');
    }
    const isAsked =
      shown !== null &&
      (shown.rating !== null ||
        shown.quality.grade === 'fair' ||
        shown.quality.grade === 'poor' ||
        this.#wanted === this.#id);
    this.#box.hidden = !isAsked;
    this.#button.hidden = shown === null || isAsked;
    if (!isAsked) return;
    const { rating } = shown;
    [...this.#stars.querySelectorAll('button')].forEach((button, index) => {
      const isFilled = rating !== null && index < rating.stars;
      button.dataset.filled = String(isFilled);
      say(button, isFilled ? '★' : '☆');
      button.setAttribute('aria-pressed', String(rating?.stars === index + 1));
    });
    this.#issueField.hidden = rating === null || rating.stars >= FINE;
  }

  /**
   * @param {number} stars
   * @param {RatingIssue | null} issue
   */
  async #rate(stars, issue) {
    const call = this.#shown;
    if (!call) return;
    try {
      await call.rate(stars, issue);
      this.#tell(call, `Rated ${stars} of ${MOST}. Thank you.`);
    } catch (error) {
      const { title, action } = failureOf(error);
      this.#tell(call, `Not rated: ${title}. ${action}`);
    }
  }

  /**
   * @param {Call} call
   * @param {string} text
   */
  #tell(call, text) {
    if (this.#signal.aborted || call !== this.#shown) return;
    say(this.#said, text);
    this.#render();
  }
}
