import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say } from '../shared/dom.js';
import { showFailure } from '../shared/notices.js';
import { formatNumber } from '../shared/phone-format.js';
import { onSetting } from '../shared/setting-changes.js';

/**
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./target.js').Target} Target
 */

/** Which number of the business the other side sees. Without a choice it is the campaign's, or the default. */
export class CallerIdChoice {
  #context;
  #target;
  #select = element('caller-id', HTMLSelectElement);
  /** The numbers are there. */
  #isKnown = false;

  /**
   * @param {ViewContext} context
   * @param {Target} target
   */
  constructor(context, target) {
    this.#context = context;
    this.#target = target;
    this.#select.addEventListener('change', () => target.chooseCallerId(this.#select.value));
    onSetting(context.voice, ['phone_number'], () => void this.#load(), context.signal);
    void this.#load();
  }

  /** Shows the choice. A number that the business does not have any more is not chosen. */
  show() {
    const { callerId } = this.#target;
    this.#select.value = callerId;
    this.#context.voice.queue.callerId = callerId || null;
    if (this.#isKnown && this.#select.selectedIndex < 0) this.#target.chooseCallerId('');
  }

  /** @param {string | null | undefined} number that a call without a choice is placed from, if it is known */
  showUsual(number) {
    const [usual] = this.#select.options;
    if (!usual || this.#target.callerId) return;
    say(usual, number ? `Usual: ${formatNumber(number)}` : 'The usual number');
  }

  async #load() {
    const { voice, business, signal } = this.#context;
    try {
      const found = await voice.callerIds.list(business.id, { signal });
      while (this.#select.options.length > 1) this.#select.remove(1);
      for (const { phone_number: number, label } of found) {
        const text = label ? `${formatNumber(number)} · ${label}` : formatNumber(number);
        this.#select.append(create('option', { value: number }, text));
      }
      this.#isKnown = true;
      this.show();
    } catch (error) {
      const again = { label: 'Try again', run: () => void this.#load() };
      if (!signal.aborted) showFailure(failureOf(error), 'caller-ids', [again]);
    }
  }
}
