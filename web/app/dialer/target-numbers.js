import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, ltr, say } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').TransferTarget} TransferTarget
 */

/** The transfer targets of the business, as choices. They are read each time that the list is shown. */
export class TargetNumbers {
  #ask;
  #onChange;
  #list = element('target-numbers', HTMLElement);
  #status = element('target-numbers-status', HTMLElement);
  /** @type {TransferTarget[]} */
  #targets = [];
  /** Ends what was begun when the list was shown. @type {AbortController | null} */
  #shown = null;

  /**
   * @param {(signal: AbortSignal) => Promise<TransferTarget[]>} ask
   * @param {() => void} onChange
   */
  constructor(ask, onChange) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  show() {
    this.hide();
    this.#shown = new AbortController();
    this.#targets = [];
    this.#list.replaceChildren();
    void this.#load(this.#shown.signal);
  }

  hide() {
    this.#shown?.abort();
    this.#shown = null;
  }

  /**
   * @param {string} value of a choice of the dialog
   * @returns {TransferTarget | undefined}
   */
  find(value) {
    return this.#targets.find(({ phone_number: number }) => number === value);
  }

  /** @param {AbortSignal} signal */
  async #load(signal) {
    say(this.#status, '');
    try {
      const targets = await this.#ask(signal);
      if (signal.aborted) return;
      this.#targets = targets;
      this.#list.replaceChildren(...targets.map(choice));
      this.#onChange();
    } catch (error) {
      if (signal.aborted) return;
      say(
        this.#status,
        `The transfer targets could not be loaded. ${failureOf(error).message} Type the number.`,
      );
    }
  }
}

/** @param {TransferTarget} target */
function choice({ name, phone_number: number }) {
  return create(
    'label',
    { class: 'target' },
    create('input', { type: 'radio', name: 'target', value: number }),
    bdi(name),
    create('span', { class: 'target-state' }, ltr(formatNumber(number))),
  );
}
