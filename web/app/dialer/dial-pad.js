import { create, element } from '../shared/dom.js';
import { isTyping } from '../shared/typing.js';

const KEYS = /** @type {const} */ ([
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
]);
const SPOKEN = /** @type {Readonly<Record<string, string>>} */ ({ '*': 'star', '#': 'pound' });

/** Sends digits during a call, by the keys on the screen and by the keyboard. */
export class DialPad {
  #pad = element('keypad', HTMLElement);
  #button = element('keypad-button', HTMLButtonElement);
  #sent = element('sent-digits', HTMLOutputElement);
  #send;
  #enabled = false;

  /**
   * @param {(digits: string) => void} send
   * @param {AbortSignal} signal
   */
  constructor(send, signal) {
    this.#send = send;
    const keys = element('keypad-keys', HTMLElement);
    for (const [digit, letters] of KEYS) {
      const key = create(
        'button',
        {
          type: 'button',
          'data-digit': digit,
          'data-letters': letters,
          'aria-label': SPOKEN[digit] ?? digit,
        },
        digit,
      );
      key.addEventListener('click', () => this.#press(digit));
      keys.append(key);
    }
    this.#button.addEventListener('click', () => this.#open(this.#pad.hidden));
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal });
  }

  /** @param {boolean} enabled whether there is a call that takes digits */
  enable(enabled) {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    this.#button.hidden = !enabled;
    this.#sent.textContent = '';
    if (!enabled) this.#open(false);
  }

  /**
   * Sends digits, and shows them.
   *
   * @param {string} digits
   */
  send(digits) {
    if (!this.#enabled || !digits) return;
    this.#open(true);
    this.#press(digits);
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#pad.hidden = !isOpen;
    this.#button.setAttribute('aria-expanded', String(isOpen));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (!this.#enabled || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!/^[0-9*#]$/.test(event.key) || isTyping(event.target)) return;
    this.send(event.key);
  }

  /** @param {string} digits */
  #press(digits) {
    this.#send(digits);
    this.#sent.textContent += digits;
  }
}
