import { blockReasonSentence, failureOf } from '../henk-voice/henk-voice.js';
import { debounce, element, say } from './dom.js';
import { formatNumber } from './phone-format.js';

/**
 * @typedef {import('../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('./workspace.js').Workspace} Workspace
 */

const CHECK_AFTER_MS = 400;
/** Fewer digits than any number has: still being typed. */
const FEWEST_DIGITS = 4;

/** The number, written as in its country, with a check whether it may be called. */
export class NumberField {
  /** Why the call would be refused, as far as is known. @type {string | null} */
  blockReason = null;

  #workspace;
  #wishes;
  #input = element('number', HTMLInputElement);
  #hint = element('number-check', HTMLElement);
  #checkSoon = debounce(() => void this.#check(), CHECK_AFTER_MS);
  /** @type {AbortController | null} */
  #checking = null;

  /**
   * @param {Workspace} workspace
   * @param {() => CallWishes} wishes what would be dialled
   */
  constructor(workspace, wishes) {
    this.#workspace = workspace;
    this.#wishes = wishes;
    this.#input.addEventListener('input', () => {
      this.#formatWhileTyping();
      this.recheck();
    });
    this.#input.addEventListener('blur', () => this.#format());
  }

  get value() {
    return this.#input.value.trim();
  }

  set value(number) {
    this.#input.value = number;
    this.#format();
    this.recheck();
  }

  focus() {
    this.#input.focus();
  }

  /** The number, or what it is called with, is another. */
  recheck() {
    this.#checking?.abort();
    this.#checking = null;
    this.#tell('', null);
    if (this.value.replace(/\D/g, '').length < FEWEST_DIGITS) return;
    this.#tell('Checking…', null);
    this.#checkSoon();
  }

  /** @param {string} text what is wrong with it */
  complain(text) {
    this.#tell(text, 'empty');
    this.#input.focus();
  }

  #format() {
    this.#input.value = formatNumber(this.#input.value, this.#workspace.business.country);
  }

  #formatWhileTyping() {
    // In the middle of the text the caret would jump.
    const { value, selectionStart } = this.#input;
    if (selectionStart === value.length && /[\d+]$/.test(value)) this.#format();
  }

  async #check() {
    const wishes = this.#wishes();
    if (!wishes.to) return;
    const checking = new AbortController();
    this.#checking = checking;
    try {
      const preview = await this.#workspace.voice.preview(wishes, checking.signal);
      if (checking.signal.aborted) return;
      if (preview.blockReason) {
        this.#tell(blockReasonSentence(preview.blockReason), preview.blockReason);
      } else {
        const { country } = this.#workspace.business;
        const from = preview.callerId ? ` from ${formatNumber(preview.callerId, country)}` : '';
        this.#tell(`Calls ${formatNumber(preview.to, country)}${from}`, null);
      }
    } catch (error) {
      if (checking.signal.aborted) return;
      // Whether it may be called is decided again when it is.
      this.#tell(`Not checked: ${failureOf(error).message}`, null);
    }
  }

  /**
   * @param {string} text
   * @param {string | null} blockReason
   */
  #tell(text, blockReason) {
    this.blockReason = blockReason;
    say(this.#hint, text);
    this.#hint.classList.toggle('bad', blockReason !== null);
    this.#input.setAttribute('aria-invalid', String(blockReason !== null));
  }
}
