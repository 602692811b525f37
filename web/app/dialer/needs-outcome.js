import { debounce, element, say } from '../shared/dom.js';

/** @typedef {import('../frame/view.js').ViewContext} ViewContext */

const COUNTED = 99;

/** The button that lists the rep's calls which need an outcome, with their number. */
export class NeedsOutcome {
  /** Whether the list shows only these calls. */
  isChosen = false;
  /** Counts again, a moment later. */
  countSoon = debounce(() => void this.#count(), 500);

  #context;
  #button = element('needs-outcome', HTMLButtonElement);
  /** @type {AbortController | null} */
  #counting = null;

  /**
   * @param {ViewContext} context
   * @param {() => void} onChoice
   */
  constructor(context, onChoice) {
    this.#context = context;
    this.#button.addEventListener('click', () => {
      this.#choose(!this.isChosen);
      onChoice();
    });
    void this.#count();
  }

  /** Other filters are used from now on. */
  leave() {
    this.#choose(false);
  }

  /** @param {boolean} isChosen */
  #choose(isChosen) {
    this.isChosen = isChosen;
    this.#button.setAttribute('aria-pressed', String(isChosen));
  }

  async #count() {
    const { voice, business, signal } = this.#context;
    this.#counting?.abort();
    const counting = new AbortController();
    this.#counting = counting;
    signal.addEventListener('abort', () => counting.abort(), { signal: counting.signal });
    try {
      const { conversations, more } = await voice.conversations.history(business.id, {
        needsOutcome: true,
        limit: COUNTED,
        signal: counting.signal,
      });
      if (counting.signal.aborted) return;
      say(this.#button, `Needs outcome (${conversations.length}${more ? '+' : ''})`);
    } catch {
      // The list itself says what is wrong with the calls.
    }
  }
}
