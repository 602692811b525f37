import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say, sayParts } from './dom.js';

/**
 * Says in `place` why something failed, and what to do.
 *
 * @param {HTMLElement} place with `role="alert"`
 * @param {unknown} error
 */
export function tellTrouble(place, error) {
  const { title, message, action } = failureOf(error);
  sayParts(place, create('strong', {}, title), ` ${message} ${action}`);
}

/**
 * Says at a field what is wrong with it.
 *
 * @param {HTMLElement} field
 * @param {string} sentence empty: nothing is
 * @param {string} [about] it is said in the element `<about>-error`; by default that of the field itself
 */
export function tellField(field, sentence, about = field.id) {
  say(element(`${about}-error`, HTMLElement), sentence);
  markInvalid(field, Boolean(sentence));
}

/**
 * @param {HTMLElement} field
 * @param {boolean} isInvalid
 */
export function markInvalid(field, isInvalid) {
  if (isInvalid) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
}
