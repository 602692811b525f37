import { timestamp } from '../../henk-voice/henk-voice.js';
import { counted } from '../fill/words.js';
import { bdi, create, element } from '../shared/dom.js';
import { showItems } from '../shared/list-items.js';
import { when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').NumberImport} NumberImport
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** The files that brought numbers, for managers, who can take one back. */
export class FileList {
  #context;
  #box = element('dnc-files', HTMLElement);
  #list = element('dnc-file-list', HTMLUListElement);
  /** @type {NumberImport[]} */
  #files = [];

  /**
   * @param {ViewContext} context
   * @param {import('./take-off-dialog.js').TakeOffDialog} takeOff
   */
  constructor(context, takeOff) {
    this.#context = context;
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      const id = button && button.closest('li')?.dataset.import;
      const file = this.#files.find((one) => one.id === id);
      if (file) takeOff.askAboutFile(file);
    });
  }

  async load() {
    const { voice, business, signal } = this.#context;
    try {
      this.#files = await voice.doNotCall.imports(business.id, { signal });
    } catch {
      // The list above says what is wrong.
      return;
    }
    if (signal.aborted) return;
    this.#box.hidden = !this.#files.length;
    const items = this.#files.map((file) => this.#item(file));
    showItems(this.#list, items, element('dnc-list-title', HTMLElement));
  }

  /** @param {NumberImport} file */
  #item(file) {
    const { team } = this.#context;
    const { iso, exact } = when(file.created_at);
    return create(
      'li',
      { 'data-import': file.id },
      create(
        'p',
        {},
        create('strong', {}, bdi(file.file_name)),
        `: ${counted(file.added, 'number')}, `,
        create('time', { datetime: iso, title: exact }, DAY.format(timestamp(file.created_at))),
        ', ',
        bdi(team.nameOf(file.created_by)),
        file.undone_at !== null && '. Taken back by ',
        file.undone_at !== null && bdi(team.nameOf(file.undone_by)),
        file.undo_reason !== null && ': ',
        file.undo_reason !== null && bdi(file.undo_reason),
      ),
      file.undone_at === null &&
        create(
          'button',
          { type: 'button', class: 'quiet', value: file.id, 'aria-haspopup': 'dialog' },
          'Take back',
          create('span', { class: 'visually-hidden' }, ` ${file.file_name}`),
        ),
    );
  }
}
