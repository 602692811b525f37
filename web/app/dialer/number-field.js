import { blockReasonSentence, warningSentence } from '../../henk-voice/henk-voice.js';
import { termsSentence } from '../call/recording.js';
import { create, element, ltr, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Preview} Preview
 * @typedef {import('./number-check.js').CheckState} CheckState
 * @typedef {import('./target.js').Target} Target
 */

/**
 * The number field, and the line below it, which says how the server reads the text. The field never
 * changes what was typed or pasted. It is a textarea, because browsers join pasted lines in an input:
 * two numbers would become one.
 */
export class NumberField {
  #target;
  #input = element('number', HTMLTextAreaElement);
  #line = element('number-check', HTMLElement);

  /** @param {Target} target */
  constructor(target) {
    this.#target = target;
    this.#input.addEventListener('input', () => target.write(this.#input.value));
    this.#input.addEventListener('beforeinput', (event) => {
      if (event.inputType !== 'insertLineBreak') return;
      event.preventDefault();
      this.#input.form?.requestSubmit();
    });
  }

  focus() {
    this.#input.focus();
  }

  /** @param {CheckState} state of the check of what the field shows */
  show(state) {
    const { text, note } = this.#target;
    // Setting the same text would move the cursor.
    if (this.#input.value !== text) this.#input.value = text;
    if (state === 'nothing') this.#tell(false, note);
    else if (state === 'asking') this.#tell(false, 'Checking…');
    else if (state.preview?.blockReason) {
      this.#tell(true, blockReasonSentence(state.preview.blockReason));
    } else if (state.preview) this.#tell(false, ...reading(state.preview));
    else this.#tell(false, `Not checked: ${state.failure?.message ?? ''}`);
  }

  /**
   * Says why no call was placed, and keeps what the line says below it.
   *
   * @param {string} why
   * @param {CheckState} state
   */
  refuse(why, state) {
    const rest = typeof state === 'object' && state.preview && !state.preview.blockReason;
    const more = rest ? [' ', ...reading(/** @type {Preview} */ (state.preview))] : [];
    this.#tell(true, create('strong', {}, why), ...more);
  }

  /**
   * @param {boolean} isRefused
   * @param {...(Node | string)} content
   */
  #tell(isRefused, ...content) {
    sayParts(this.#line, ...content);
    this.#line.classList.toggle('bad', isRefused);
    this.#input.setAttribute('aria-invalid', String(isRefused));
  }
}

/**
 * @param {Preview} preview of a call that may be placed
 * @returns {(Node | string)[]} the server's reading, each warning, and whether the call is recorded
 */
function reading({ to, callerId, extension, warnings = [], recording }) {
  const from = callerId ? [' from ', ltr(formatNumber(callerId))] : [];
  const terms = termsSentence(recording);
  const then = extension ? [`. Extension ${extension} can be sent once they answer.`] : [];
  return [
    'Calls ',
    ltr(formatNumber(to)),
    ...from,
    ...then,
    ...warnings.flatMap((warning) => [
      ' ',
      create('span', { class: 'warning' }, warningSentence(warning)),
    ]),
    ...(terms ? [' ', create('span', { class: 'recording-terms' }, terms)] : []),
  ];
}
