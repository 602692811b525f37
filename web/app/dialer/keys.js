import { isTyping } from '../shared/typing.js';

/**
 * @typedef {object} KeyBinding
 * @property {string} key as `KeyboardEvent.key` has it, in lower case
 * @property {string} label what it does, for the list of keys
 * @property {() => boolean} [when] whether it does something now; without it, always
 * @property {() => void} run
 */

const STORED = 'henk.keys';

/**
 * The keys of the workspace: single keys outside of text fields. They can be turned off, because voice
 * control types them by mistake (https://www.w3.org/WAI/WCAG21/Understanding/character-key-shortcuts).
 */
export class Keys {
  /** @type {KeyBinding[]} */
  #bindings = [];
  /** Chooses an outcome by its number; with Alt also in text fields. @type {(number: number) => void} */
  onNumber = () => {};
  /** Whether digits are for somebody else, such as the keypad of a call. @type {() => boolean} */
  digitsAreTaken = () => false;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal });
  }

  /**
   * @param {KeyBinding} binding of two for one key, the one that was added later goes first
   * @param {AbortSignal} [signal] takes it away
   */
  add(binding, signal) {
    this.#bindings.push(binding);
    signal?.addEventListener('abort', () => {
      this.#bindings = this.#bindings.filter((one) => one !== binding);
    });
  }

  /** Each key once, in the order in which they were added. */
  get all() {
    return this.#bindings.filter(
      ({ key }, index, all) => all.findIndex((one) => one.key === key) === index,
    );
  }

  get areOn() {
    try {
      return localStorage.getItem(STORED) !== 'off';
    } catch {
      return true;
    }
  }

  set areOn(areOn) {
    try {
      if (areOn) localStorage.removeItem(STORED);
      else localStorage.setItem(STORED, 'off');
    } catch {
      // Without the storage they stay on.
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.repeat || event.isComposing || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || document.querySelector('dialog[open]')) return;
    const number = Number(/^Digit([1-9])$/.exec(event.code)?.[1] ?? 0);
    const isAlone = !event.altKey && this.areOn && !isTyping(event.target);
    if (number && !event.shiftKey) {
      if (!event.altKey && (!isAlone || this.digitsAreTaken())) return;
      this.onNumber(number);
      event.preventDefault();
      return;
    }
    if (!isAlone) return;
    const key = event.key.toLowerCase();
    const works = this.#bindings.filter((one) => one.key === key && (one.when?.() ?? true));
    const binding = works.at(-1);
    if (!binding) return;
    event.preventDefault();
    binding.run();
  }
}
