import { failureOf } from '../../henk-voice/henk-voice.js';
import { counted } from '../fill/words.js';
import { bdi, element, ltr, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { markInvalid } from '../shared/trouble.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ForbiddenNumber} ForbiddenNumber
 * @typedef {import('../../henk-voice/henk-voice.js').NumberImport} NumberImport
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Asks why people may be called again, and takes them off the list. */
export class TakeOffDialog {
  #context;
  #onGone;
  #dialog = element('dnc-off-dialog', HTMLDialogElement);
  #title = element('dnc-off-title', HTMLElement);
  #text = element('dnc-off-text', HTMLElement);
  #reason = element('dnc-off-reason', HTMLInputElement);
  #yes = element('dnc-off-yes', HTMLButtonElement);
  #trouble = element('dnc-off-trouble', HTMLElement);
  /** @type {ForbiddenNumber | null} */
  #entry = null;
  /** @type {NumberImport | null} */
  #file = null;
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {(sentence: string, numbers: readonly string[]) => void} onGone
   */
  constructor(context, onGone) {
    this.#context = context;
    this.#onGone = onGone;
    element('dnc-off-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('dnc-off-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    this.#reason.addEventListener('input', () => this.#refuse(''));
    context.signal.addEventListener('abort', () => this.#dialog.close());
  }

  /** @param {ForbiddenNumber} entry */
  askAbout(entry) {
    say(this.#title, 'Take the number off the list');
    say(this.#yes, 'Take off');
    sayParts(
      this.#text,
      ltr(formatNumber(entry.phone_number)),
      ...(entry.lead_name ? [' (', bdi(entry.lead_name), ')'] : []),
      ' may be called again, at once.',
    );
    this.#open(entry, null);
  }

  /** @param {NumberImport} file */
  askAboutFile(file) {
    say(this.#title, 'Take back the file');
    say(this.#yes, 'Take back');
    sayParts(
      this.#text,
      'Who came on the list with ',
      bdi(file.file_name),
      ' may be called again, at once. Who stood there before stays.',
    );
    this.#open(null, file);
  }

  /**
   * @param {ForbiddenNumber | null} entry
   * @param {NumberImport | null} file
   */
  #open(entry, file) {
    this.#entry = entry;
    this.#file = file;
    this.#reason.value = '';
    this.#refuse('');
    this.#dialog.showModal();
    this.#reason.focus();
  }

  async #send() {
    if (this.#isSending) return;
    const { voice, business, signal } = this.#context;
    const reason = this.#reason.value.trim();
    if (!reason) {
      this.#refuse(
        `Not ${this.#file ? 'taken back' : 'taken off'}: the reason is missing. Write why in a few words.`,
      );
      return this.#reason.focus();
    }
    this.#isSending = true;
    try {
      let sentence = '';
      /** @type {string[]} */
      let numbers = [];
      if (this.#entry) {
        const { phone_number: number } = this.#entry;
        numbers = await voice.doNotCall.takeOff(business.id, [number], reason);
        sentence = numbers.length
          ? `${formatNumber(number)} is off the list.`
          : `${formatNumber(number)} was off the list already.`;
        numbers = [...numbers, number];
      } else if (this.#file) {
        const gone = await voice.doNotCall.undo(this.#file.id, reason, { signal });
        sentence = `The file is taken back: ${counted(gone, 'number is', 'numbers are')} off the list.`;
      }
      if (signal.aborted) return;
      this.#dialog.close();
      this.#onGone(sentence, numbers);
    } catch (error) {
      if (signal.aborted) return;
      const { title, message, action } = failureOf(error);
      this.#refuse(`${title}: ${message} ${action}`);
      this.#reason.focus();
    } finally {
      this.#isSending = false;
    }
  }

  /** @param {string} why empty: nothing is wrong */
  #refuse(why) {
    markInvalid(this.#reason, Boolean(why));
    say(this.#trouble, why);
  }
}
