import { failureOf } from '../../henk-voice/henk-voice.js';
import { summaryOf, targetsOf } from '../call/transfer-targets.js';
import { bdi, create, element, say } from '../shared/dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Colleague} Colleague
 * @typedef {import('../call/transfer-targets.js').Target} Target
 */

const AGAIN_AFTER_MS = 5_000;
/** After this time the list says that it is still being loaded. */
const SLOW_MS = 3_000;

/** The colleagues who can be rung, as choices. While it is shown, it keeps itself up to date. */
export class ColleagueList {
  /** @type {Target[]} */
  targets = [];

  #ask;
  #onChange;
  #list = element('target-list', HTMLElement);
  #status = element('target-list-status', HTMLElement);
  #summary = element('target-summary', HTMLElement);
  #retry = element('target-retry', HTMLButtonElement);
  /** @type {Colleague[] | null} */
  #colleagues = null;
  /** @type {ReadonlySet<string>} */
  #onCall = new Set();
  /** Ends what was begun when the list was shown. @type {AbortController | null} */
  #shown = null;

  /**
   * @param {(signal: AbortSignal) => Promise<Colleague[]>} ask
   * @param {() => void} onChange
   */
  constructor(ask, onChange) {
    this.#ask = ask;
    this.#onChange = onChange;
    this.#retry.addEventListener('click', () => this.lookNow());
  }

  /** @param {ReadonlySet<string>} onCall the ids of the people who are on the call */
  show(onCall) {
    this.hide();
    this.#onCall = onCall;
    this.#colleagues = null;
    this.targets = [];
    this.#list.replaceChildren();
    // Screen readers would say who could be rung the last time.
    say(this.#summary, '');
    this.#restart();
  }

  /** @param {ReadonlySet<string>} onCall the ids of the people who are on the call */
  update(onCall) {
    this.#onCall = onCall;
    if (this.#shown && this.#colleagues) this.#render();
  }

  /** Reads the list again. */
  lookNow() {
    if (this.#shown) this.#restart();
  }

  hide() {
    this.#shown?.abort();
    this.#shown = null;
  }

  #restart() {
    this.#shown?.abort();
    this.#shown = new AbortController();
    void this.#load(this.#shown.signal);
  }

  /** @param {AbortSignal} signal */
  async #load(signal) {
    this.#retry.hidden = true;
    if (!this.#colleagues) say(this.#status, 'Loading your colleagues…');
    const slow = setTimeout(
      () => say(this.#status, 'Still loading. Check your internet connection.'),
      SLOW_MS,
    );
    try {
      const colleagues = await this.#ask(signal);
      if (signal.aborted) return;
      this.#colleagues = colleagues;
      clearTimeout(slow);
      say(this.#status, colleagues.length ? '' : 'You have no colleagues in this business yet.');
      this.#render();
      setTimeout(() => signal.aborted || void this.#load(signal), AGAIN_AFTER_MS);
    } catch (error) {
      if (signal.aborted) return;
      const { message } = failureOf(error);
      say(this.#status, `Your colleagues could not be loaded. ${message}`);
      this.#retry.hidden = false;
    } finally {
      clearTimeout(slow);
    }
  }

  #render() {
    this.#list.setAttribute('aria-busy', 'false');
    const before = this.targets;
    this.targets = targetsOf(this.#colleagues ?? [], this.#onCall);
    say(this.#summary, summaryOf(this.targets));
    // New elements would lose the choice and the focus.
    if (JSON.stringify(before) !== JSON.stringify(this.targets)) this.#replace();
    this.#onChange();
  }

  #replace() {
    /** @type {NodeListOf<HTMLInputElement>} */
    const inputs = this.#list.querySelectorAll('input');
    const chosen = [...inputs].find(({ checked }) => checked)?.value;
    const focused = [...inputs].find((input) => input === document.activeElement)?.value;
    this.#list.replaceChildren(...this.targets.map((target) => choice(target)));
    for (const input of this.#list.querySelectorAll('input')) {
      if (input.value === chosen) input.checked = true;
      if (input.value === focused) input.focus();
    }
  }
}

/** @param {Target} target */
function choice({ userId, name, words, canBeRung, state }) {
  const input = create('input', { type: 'radio', name: 'target', value: userId });
  input.disabled = !canBeRung;
  return create(
    'label',
    { class: 'target', 'data-state': state },
    input,
    bdi(name),
    create('span', { class: 'target-state' }, words),
  );
}
