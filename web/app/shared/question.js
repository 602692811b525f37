import { create, element, sayParts } from './dom.js';

/**
 * @typedef {object} Asked
 * @property {string} title
 * @property {(Node | string)[]} text what will happen
 * @property {string} yes what the button says that does it
 * @property {boolean} [isDestructive]
 * @property {string} [reasonLabel] asks for a reason, too
 */

/**
 * Asks before something is done that cannot be taken back.
 *
 * @param {Asked} asked
 * @returns {Promise<{ reason: string } | null>} null if it must not be done
 */
export function ask({ title, text, yes, isDestructive = false, reasonLabel = '' }) {
  const dialog = element('question-dialog', HTMLDialogElement);
  const reason = element('question-reason', HTMLInputElement);
  const confirm = element('question-yes', HTMLButtonElement);
  sayParts(element('question-title', HTMLElement), title);
  element('question-text', HTMLElement).replaceChildren(create('p', {}, ...text));
  sayParts(element('question-reason-label', HTMLElement), reasonLabel);
  element('question-reason-field', HTMLElement).hidden = !reasonLabel;
  reason.value = '';
  sayParts(confirm, yes);
  confirm.className = isDestructive ? 'hang-up' : 'primary';
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => resolve(dialog.returnValue === 'yes' ? { reason: reason.value.trim() } : null),
      { once: true },
    );
  });
}

/** What was asked about is not shown any more: it must not be done. */
export function closeQuestion() {
  element('question-dialog', HTMLDialogElement).close('');
}
