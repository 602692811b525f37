import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, create, element } from '../shared/dom.js';
import { ask } from '../shared/question.js';
import { when } from '../shared/words.js';
import { counted, importWords, importedSentence } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').LeadImport} LeadImport
 * @typedef {import('./fill-dialog.js').Filling} Filling
 */

/** How many of the imports that are over are shown. */
const OVER = 2;

/** The imports into a queue: what was left unfinished can be finished or undone, and the newest can be undone. */
export class ImportList {
  #filling;
  #list = element('fill-imports', HTMLUListElement);

  /** @param {Filling} filling */
  constructor(filling) {
    this.#filling = filling;
  }

  async load() {
    const { context, campaign } = this.#filling;
    const of = campaign();
    const { business, signal, voice } = context;
    try {
      const rows = await (of
        ? voice.leads.imports(of.id, { signal })
        : voice.leads.contactImports(business.id, { signal }));
      if (!signal.aborted && campaign()?.id === of?.id) this.#show(rows);
    } catch (error) {
      if (context.signal.aborted) return;
      const { message, action } = failureOf(error);
      this.#list.replaceChildren(
        create('li', {}, `Earlier imports could not be read. ${message} ${action}`),
      );
    }
  }

  /** @param {LeadImport[]} rows */
  #show(rows) {
    const isOver = (/** @type {LeadImport} */ { state }) =>
      state === 'finished' || state === 'undone';
    const shown = [...rows.filter((row) => !isOver(row)), ...rows.filter(isOver).slice(0, OVER)];
    this.#list.hidden = !shown.length;
    this.#list.replaceChildren(...shown.map((row) => this.#item(row)));
  }

  /** @param {LeadImport} row */
  #item(row) {
    const { context } = this.#filling;
    const { text, canFinish, canUndo } = importWords(row);
    const mayChange = row.created_by === context.userId || context.team.isManager;
    const item = create('li', {}, bdi(row.file_name), `, ${when(row.created_at).short}, ${text} `);
    if (!mayChange) return item;
    const finish = row.campaign_id ? 'Fill the queue' : 'Finish';
    if (canFinish) item.append(this.#button(finish, row, () => void this.#finish(row)));
    if (canUndo) item.append(this.#button('Undo', row, () => void this.#undo(row)));
    return item;
  }

  /**
   * @param {string} text
   * @param {LeadImport} row
   * @param {() => void} act
   */
  #button(text, row, act) {
    const label = `${text}: ${row.file_name}, ${when(row.created_at).short}`;
    const button = create('button', { type: 'button', class: 'quiet', 'aria-label': label }, text);
    button.addEventListener('click', act);
    return button;
  }

  /** @param {LeadImport} row */
  async #finish(row) {
    const { context, run, done, changed } = this.#filling;
    const finished = await run((watched) => context.voice.leads.finish(row.id, watched));
    void this.load();
    if (!finished?.result) return;
    done(importedSentence(finished));
    changed();
  }

  /** @param {LeadImport} row */
  async #undo(row) {
    const { context, run, done, changed } = this.#filling;
    const answer = await ask({
      title: 'Undo this import?',
      text: [
        row.campaign_id &&
          'The leads that it brought, and that nobody has called yet, leave the queue. ',
        `The ${row.campaign_id ? 'leads' : 'contacts'} that it made are deleted, except those that somebody has called or `,
        'changed, and those that are also in another queue or file. Calls and their notes stay.',
      ].filter((part) => typeof part === 'string'),
      yes: 'Undo the import',
      isDestructive: true,
    });
    if (!answer) return;
    const undone = await run((watched) => context.voice.leads.undo(row.id, watched));
    void this.load();
    changed();
    if (!undone?.result) return;
    const { left_queue: left = 0, removed_leads: removed = 0 } = undone.result;
    const was = removed === 1 ? 'was' : 'were';
    done(
      row.campaign_id
        ? `Undone: ${counted(left, 'lead')} left the queue, and ${counted(removed, 'lead')} ${was} deleted.`
        : `Undone: ${counted(removed, 'contact')} ${was} deleted.`,
    );
  }
}
