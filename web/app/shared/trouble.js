import { failureOf } from '../../henk-voice/henk-voice.js';
import { create, element, say, sayParts } from './dom.js';

/** @typedef {() => unknown} Again does the same once more; a promise is waited for */

const TRYING = 'Trying again…';

/**
 * Says in `place` why something failed, and what to do.
 *
 * @param {HTMLElement} place with `role="alert"`
 * @param {unknown} error
 * @param {Again | null} [again] there is a button for it
 */
export function tellTrouble(place, error, again = null) {
  const { title, message, action } = failureOf(error);
  tellWords(place, [create('strong', {}, title), ` ${message} ${action}`], again);
}

/**
 * Says in `place` that something could not be loaded, and why.
 *
 * @param {HTMLElement} place
 * @param {string} what
 * @param {unknown} error
 * @param {Again} again
 */
export function tellNotLoaded(place, what, error, again) {
  const { message, action } = failureOf(error);
  tellWords(place, [`${what} could not be loaded. ${message} ${action}`], again);
}

/**
 * It works now. Whoever is trying again clears it and moves the focus by itself.
 *
 * @param {HTMLElement} place
 */
export function clearTrouble(place) {
  if (place.textContent !== TRYING) sayParts(place);
}

/**
 * @param {HTMLElement} place
 * @param {(Node | string)[]} words
 * @param {Again | null} again
 */
function tellWords(place, words, again) {
  if (!again) return sayParts(place, ...words);
  const button = create('button', { type: 'button' }, 'Try again');
  button.addEventListener('click', async () => {
    // The button has the focus, and goes.
    place.tabIndex = -1;
    place.textContent = TRYING;
    place.focus();
    await again();
    const next = place.querySelector('button');
    if (next) return next.focus();
    if (place.textContent === TRYING) place.textContent = '';
    const focused = document.activeElement;
    if (focused === place || focused === document.body) headingOf(place)?.focus();
  });
  place.replaceChildren(create('span', {}, ...words), ' ', button);
}

/**
 * @param {HTMLElement} place
 * @returns {HTMLElement | null} the heading of the part of the page that it stands in
 */
function headingOf(place) {
  for (let part = place.parentElement; part; part = part.parentElement) {
    const heading = part.querySelector('h1, h2, h3');
    if (!(heading instanceof HTMLElement)) continue;
    heading.tabIndex = -1;
    return heading;
  }
  return null;
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
