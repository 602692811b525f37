import { blockReasonSentence, failureOf } from '../../henk-voice/henk-voice.js';
import { debounce, element, say } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const CHECK_AFTER_MS = 400;
/** Every number has at least this many digits. With fewer, the person is still typing. */
const FEWEST_DIGITS = 4;

/** The number field. It formats the number, and checks whether it may be called. */
export class NumberField {
  /** Why the call would be refused, according to the latest check. @type {string | null} */
  blockReason = null;

  #context;
  #wishes;
  #input = element('number', HTMLInputElement);
  #hint = element('number-check', HTMLElement);
  #checkSoon = debounce(() => void this.#check(), CHECK_AFTER_MS);
  /** @type {AbortController | null} */
  #checking = null;

  /**
   * @param {ViewContext} context
   * @param {() => CallWishes} wishes the call that the form describes
   */
  constructor(context, wishes) {
    this.#context = context;
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

  /** Call this when the number, the contact or the campaign has changed. */
  recheck() {
    this.#checking?.abort();
    this.#checking = null;
    this.#tell('', null);
    if (this.value.replace(/\D/g, '').length < FEWEST_DIGITS) return;
    this.#tell('Checking…', null);
    this.#checkSoon();
  }

  /** @param {string} text what is wrong with the number */
  complain(text) {
    this.#tell(text, 'empty');
    this.#input.focus();
  }

  #format() {
    this.#input.value = formatNumber(this.#input.value, this.#context.business.country);
  }

  #formatWhileTyping() {
    // Formatting in the middle of the text would move the caret.
    const { value, selectionStart } = this.#input;
    if (selectionStart === value.length && /[\d+]$/.test(value)) this.#format();
  }

  async #check() {
    const wishes = this.#wishes();
    if (!wishes.to) return;
    const checking = new AbortController();
    this.#checking = checking;
    try {
      const preview = await this.#context.voice.preview(wishes, checking.signal);
      if (checking.signal.aborted) return;
      if (preview.blockReason) {
        this.#tell(blockReasonSentence(preview.blockReason), preview.blockReason);
      } else {
        const { country } = this.#context.business;
        const from = preview.callerId ? ` from ${formatNumber(preview.callerId, country)}` : '';
        this.#tell(`Calls ${formatNumber(preview.to, country)}${from}`, null);
      }
    } catch (error) {
      if (checking.signal.aborted) return;
      // It is checked again when the call is placed.
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
