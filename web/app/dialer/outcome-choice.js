import { create, element, say } from '../shared/dom.js';

/** @typedef {import('../shared/outcomes.js').Outcomes} Outcomes */

/** The first nine outcomes have a key. */
const KEYS = 9;

/** What a rep should know before an outcome is saved. @type {Readonly<Record<string, string>>} */
const EFFECTS = {
  do_not_call:
    'Nobody of the business can call this number any more, also if you choose another outcome later.',
  wrong_number: 'The number is marked as wrong, and no queue dials it again.',
};

/** The outcomes of the business, of which one or none is chosen. */
export class OutcomeChoice {
  #list = element('outcomes', HTMLElement);
  #effect = element('outcome-effect', HTMLElement);
  #outcomes;
  #onChange;
  /** @type {string | null} */
  #value = null;

  /**
   * @param {Outcomes} outcomes
   * @param {AbortSignal} signal
   * @param {object} on
   * @param {() => void} on.change another one is chosen
   * @param {() => void} on.choice the rep has decided: by a click, and not on the way to another one
   */
  constructor(outcomes, signal, { change, choice }) {
    this.#outcomes = outcomes;
    this.#onChange = change;
    outcomes.onLoad(() => this.#render(), signal);
    this.#render();
    this.#list.addEventListener('change', () => {
      this.#value = this.#radios.find((radio) => radio.checked)?.value || null;
      this.#changed();
    });
    this.#list.addEventListener('click', ({ target }) => {
      // The arrow keys click radios, too; a pointer clicks what is around them.
      if (!(target instanceof HTMLSpanElement)) return;
      // The radio is checked after this event.
      setTimeout(choice, 0);
    });
  }

  get value() {
    return this.#value;
  }

  /** An outcome that is none of the choices is kept: another program stored it, or it is archived. */
  set value(value) {
    this.#value = value;
    this.#check();
  }

  /** What the outcome does. */
  get effect() {
    return this.#outcomes.effectOf(this.#value);
  }

  /**
   * @param {number} number from 1
   * @returns {boolean} whether there is such an outcome
   */
  choose(number) {
    const outcome = number <= KEYS ? this.#outcomes.active[number - 1] : undefined;
    if (!outcome) return false;
    this.value = outcome.key;
    this.#changed();
    return true;
  }

  focus() {
    (this.#radios.find((radio) => radio.checked) ?? this.#radios[0])?.focus();
  }

  get #radios() {
    return [...this.#list.querySelectorAll('input')];
  }

  #changed() {
    const { activeElement } = document;
    this.#check();
    // The choice that took the outcome back is gone.
    if (activeElement instanceof HTMLElement && activeElement.closest('[hidden]')) this.focus();
    this.#onChange();
  }

  #check() {
    for (const radio of this.#radios) {
      radio.checked = this.#value !== null && radio.value === this.#value;
      // There is nothing to take back.
      if (!radio.value && radio.parentElement) radio.parentElement.hidden = this.#value === null;
    }
    say(this.#effect, EFFECTS[this.effect ?? ''] ?? '');
  }

  #render() {
    const hadFocus = this.#list.contains(document.activeElement);
    const choices = this.#outcomes.active.map(({ key, label, effect }, index) => {
      const span = create('span', { 'data-effect': effect }, label);
      if (index < KEYS) span.dataset.key = String(index + 1);
      return [key, span];
    });
    this.#list.replaceChildren(
      ...[...choices, ['', create('span', {}, 'None')]].map(([value, label]) =>
        create(
          'label',
          {},
          create('input', { type: 'radio', name: 'outcome', value: String(value) }),
          label ?? '',
        ),
      ),
    );
    this.#check();
    if (hadFocus) this.focus();
  }
}
