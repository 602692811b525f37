/** If the microphone opens within this time, the browser did not ask the person. */
const ASKED_MS = 500;
/** People may take long to answer the browser's question. */
const ANSWERED_WITHIN_MS = 180_000;

/** Finds out whether the browser asks the person for the microphone, and whether they answer. */
export class MicrophoneQuestion {
  /** The browser opens the microphone, or asks the person whether it may. */
  isOpening = false;
  /** The browser asks. */
  isAsked = false;

  #options;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {() => void} options.onChange `isAsked` has changed
   * @param {() => void} options.onUnanswered
   */
  constructor(options) {
    this.#options = options;
  }

  begin() {
    clearTimeout(this.#timer);
    this.isOpening = true;
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => this.#options.onUnanswered(), ANSWERED_WITHIN_MS);
      this.#become(true);
    }, ASKED_MS);
  }

  end() {
    clearTimeout(this.#timer);
    this.isOpening = false;
    this.#become(false);
  }

  /** @param {boolean} isAsked */
  #become(isAsked) {
    if (this.isAsked === isAsked) return;
    this.isAsked = isAsked;
    this.#options.onChange();
  }
}
