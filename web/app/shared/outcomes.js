import { failureOf } from '../../henk-voice/henk-voice.js';
import { showFailure } from './notices.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Business} Business
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../../henk-voice/henk-voice.js').Outcome} Outcome
 */

/** The outcomes of the business: what a rep can choose, and how each is shown. */
export class Outcomes {
  /** All of them, also the archived ones. @type {Outcome[]} */
  all = [];

  /** @type {Set<() => void>} */
  #onLoad = new Set();
  #context;

  /** @param {{ voice: HenkVoice, business: Business, signal: AbortSignal }} context */
  constructor(context) {
    this.#context = context;
    void this.load();
  }

  /** Reads them again; a manager may have changed them. */
  async load() {
    const { voice, business, signal } = this.#context;
    try {
      const all = await voice.outcomes.list(business.id, { signal });
      if (signal.aborted) return;
      this.all = all;
      for (const action of this.#onLoad) action();
    } catch (error) {
      const again = { label: 'Try again', run: () => void this.load() };
      if (!signal.aborted) showFailure(failureOf(error), 'outcomes', [again]);
    }
  }

  /**
   * @param {() => void} action what to do whenever they are known
   * @param {AbortSignal} signal forgets the action
   */
  onLoad(action, signal) {
    this.#onLoad.add(action);
    signal.addEventListener('abort', () => this.#onLoad.delete(action));
  }

  /** What a rep can choose, in the order of the list. */
  get active() {
    return this.all.filter(({ is_archived: isArchived }) => !isArchived);
  }

  /**
   * @param {string} key
   * @returns {string} an outcome that is not in the list (another client stored it) stays as it is
   */
  labelOf(key) {
    if (key === 'forgotten') return 'Forgotten';
    return this.#find(key)?.label ?? key;
  }

  /**
   * @param {string | null} key
   * @returns {Outcome['effect'] | null} null if it is not in the list
   */
  effectOf(key) {
    return this.#find(key)?.effect ?? null;
  }

  /** @param {string | null} key */
  #find(key) {
    return this.all.find((outcome) => outcome.key === key);
  }
}
