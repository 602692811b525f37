import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, sayParts } from './dom.js';

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
 * @param {HTMLElement} field
 * @param {boolean} isInvalid
 */
export function markInvalid(field, isInvalid) {
  if (isInvalid) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
}
