import { create, element } from './dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure
 * @typedef {object} NoticeAction a button
 * @property {string} label
 * @property {() => void} run
 * @property {boolean} [stays] whether the notice is still there when it was pressed
 */

/**
 * Shows what is wrong and what to do, until the person closes the notice or `hideNotice` is called.
 *
 * @param {Failure} failure
 * @param {string} [about] a notice replaces the one about the same thing
 * @param {readonly NoticeAction[]} [actions]
 */
export function showFailure(failure, about = failure.code, actions = []) {
  const { title, message, action, requestId } = failure;
  const number = requestId ? [create('small', {}, `Request ${requestId}`)] : [];
  show(
    about,
    'bad',
    create('strong', {}, title),
    create('p', {}, `${message} ${action}`),
    ...number,
    ...buttonsOf(about, actions),
  );
}

/**
 * @param {string} about
 * @param {string} text
 * @param {readonly NoticeAction[]} [actions]
 */
export function showNote(about, text, actions = []) {
  show(about, 'note', create('p', {}, text), ...buttonsOf(about, actions));
}

/**
 * @param {string} about
 * @param {readonly NoticeAction[]} actions
 * @returns {HTMLElement[]} a row of buttons, or nothing
 */
function buttonsOf(about, actions) {
  const buttons = actions.map(({ label, run, stays }) => {
    const button = create('button', { type: 'button' }, label);
    button.addEventListener('click', () => {
      if (!stays) hideNotice(about);
      run();
    });
    return button;
  });
  return buttons.length ? [create('div', { class: 'form-buttons' }, ...buttons)] : [];
}

/** @param {string} about */
export function hideNotice(about) {
  find(about)?.remove();
}

export function hideNotices() {
  element('notices', HTMLElement).replaceChildren();
}

/**
 * @param {string} about
 * @param {'bad' | 'note'} kind
 * @param {...Node} content
 */
function show(about, kind, ...content) {
  const close = create(
    'button',
    { type: 'button', class: 'close' },
    create('span', { class: 'visually-hidden' }, 'Close notice'),
    create('span', { 'aria-hidden': 'true' }, '×'),
  );
  const notice = create(
    'div',
    { class: `notice ${kind}`, 'data-about': about },
    create('div', {}, ...content),
    close,
  );
  close.addEventListener('click', () => notice.remove());
  const before = find(about);
  if (before?.textContent === notice.textContent) return;
  if (before) before.replaceWith(notice);
  else element('notices', HTMLElement).append(notice);
}

/** @param {string} about */
function find(about) {
  return document.querySelector(`.notice[data-about="${CSS.escape(about)}"]`);
}
