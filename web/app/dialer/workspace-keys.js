import { element } from '../shared/dom.js';
import { Keys } from './keys.js';
import { KeysDialog } from './keys-dialog.js';

/** @typedef {import('./wrap-up.js').WrapUp} WrapUp */

/** How long the first of two presses counts. */
const TWICE_MS = 2_000;

/** Keys that press a button, if it is there. */
const BUTTONS = /** @type {const} */ ([
  ['d', 'Dial', ['call-button']],
  ['m', 'Mute, and unmute', ['mute-button']],
  ['h', 'Hold, and resume', ['hold-button', 'resume-button']],
  ['t', 'Transfer', ['transfer-button']],
  ['v', 'Leave a message on the answering machine', ['leave-message-button']],
]);

/**
 * The keys of the middle column.
 *
 * @param {WrapUp} wrapUp
 * @param {import('../../henk-voice/henk-voice.js').Queue} queue
 * @param {AbortSignal} signal
 * @returns {Keys}
 */
export function workspaceKeys(wrapUp, queue, signal) {
  const keys = new Keys(signal);
  const dialog = new KeysDialog(keys);
  const number = element('number', HTMLTextAreaElement);
  const notes = element('notes', HTMLTextAreaElement);
  const notesButton = element('notes-button', HTMLButtonElement);
  const hangUp = element('hang-up-button', HTMLButtonElement);
  const keypad = element('keypad-button', HTMLButtonElement);
  let pressedAt = 0;

  for (const [key, label, ids] of BUTTONS) {
    const find = () => ids.map((id) => element(id, HTMLButtonElement)).find(canPress);
    // The queue waits for what the rep says of the last call: D must not call that lead once more.
    const isLate = () => key === 'd' && ['looking', 'wrap_up'].includes(queue.state);
    const when = () => !isLate() && find() !== undefined;
    keys.add({ key, label, when, run: () => find()?.click() });
    for (const id of ids) mark(element(id, HTMLButtonElement), key);
  }
  keys.add({
    key: 'e',
    label: 'End the call: press it twice',
    when: () => canPress(hangUp),
    run: () => {
      if (Date.now() - pressedAt < TWICE_MS) hangUp.click();
      else hangUp.focus();
      pressedAt = Date.now();
    },
  });
  mark(hangUp, 'e');
  keys.add({
    key: 'n',
    label: 'Write notes',
    when: () => isThere(notes) || canPress(notesButton),
    run: () => (isThere(notes) ? notes.focus() : notesButton.click()),
  });
  mark(notesButton, 'n');
  keys.add({ key: '/', label: 'Number', when: () => isThere(number), run: () => number.focus() });
  keys.add({ key: '?', label: 'These keys', run: () => dialog.open() });
  mark(element('keys-button', HTMLButtonElement), '?');
  keys.onNumber = (which) => wrapUp.chooseOutcome(which);
  keys.digitsAreTaken = () => !keypad.hidden;
  return keys;
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} key shown on it
 */
function mark(button, key) {
  button.dataset.key = key.toUpperCase();
  button.setAttribute('aria-keyshortcuts', key);
}

/** @param {HTMLElement} element */
function isThere(element) {
  return element.getClientRects().length > 0;
}

/** @param {HTMLButtonElement} button */
function canPress(button) {
  return isThere(button) && !button.disabled && button.getAttribute('aria-disabled') !== 'true';
}
