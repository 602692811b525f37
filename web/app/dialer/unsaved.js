import { bdi, create, element, say } from '../shared/dom.js';

/**
 * @typedef {import('../shared/drafts.js').Draft} Draft
 * @typedef {import('./wrap-up.js').Described} Described
 */

const REASONS = {
  open: 'not saved yet',
  kept: 'not saved yet',
  saving: 'not saved',
  conflict: 'somebody else changed it too',
  refused: 'cannot be saved',
};

/** The calls that wait for the rep's words, and the notes that could not be saved, always in sight. */
export class Unsaved {
  #bar = element('unsaved', HTMLElement);
  #text = element('unsaved-text', HTMLElement);
  #waiting = element('wrap-up-waiting', HTMLUListElement);
  #open;

  /**
   * @param {(id: string) => void} open shows the form of a call
   * @param {() => void} retry
   */
  constructor(open, retry) {
    this.#open = open;
    element('unsaved-retry', HTMLButtonElement).addEventListener('click', retry);
  }

  /**
   * @param {Draft[]} drafts all of the user
   * @param {Described[]} calls that ended while another form was open
   * @param {string | undefined} shownId the call whose form is open
   */
  render(drafts, calls, shownId) {
    const failed = drafts.filter(({ state, why }) => state === 'saving' && why);
    this.#bar.hidden = failed.length === 0;
    if (failed.length) say(this.#text, sentence(failed));

    const waiting = drafts.filter(({ id, state, why }) => {
      return id !== shownId && (state !== 'saving' || why);
    });
    const known = new Set([shownId, ...waiting.map(({ id }) => id)]);
    const rows = [
      ...waiting.map(({ id, name, state }) => this.#row(id, name, REASONS[state])),
      ...calls.filter(({ id }) => !known.has(id)).map(({ id, name }) => this.#row(id, name, '')),
    ];
    // A button that stays as it is is not touched: it may be clicked just now.
    const before = this.#waiting.children;
    const isSame = rows.every((row, index) => row.isEqualNode(before[index] ?? null));
    if (isSame && rows.length === before.length) return;
    const focused = [...this.#waiting.querySelectorAll('button')].find(
      (button) => button === document.activeElement,
    )?.dataset.conversation;
    this.#waiting.replaceChildren(...rows);
    this.#waiting.hidden = rows.length === 0;
    if (focused) this.focus(focused);
  }

  /**
   * @param {string} [id] a call; without it the first one
   * @returns {boolean} whether there is one
   */
  focus(id) {
    const buttons = [...this.#waiting.querySelectorAll('button')];
    const found = buttons.find(({ dataset }) => !id || dataset.conversation === id);
    found?.focus();
    return found !== undefined;
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {string} reason
   */
  #row(id, name, reason) {
    const button = create(
      'button',
      { type: 'button', class: 'quiet', 'data-conversation': id },
      bdi(name),
      ': how did it go?',
    );
    button.addEventListener('click', () => this.#open(id));
    const about = reason ? [' ', create('span', { class: 'aside' }, reason)] : [];
    return create('li', {}, button, ...about);
  }
}

/**
 * @param {Draft[]} failed
 * @returns {string}
 */
function sentence(failed) {
  const count = failed.length === 1 ? '1 note' : `${failed.length} notes`;
  return `${count} not saved: ${failed[0]?.why ?? ''}`;
}
