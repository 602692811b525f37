import { failureOf, forbiddenColumns, readLeadFile } from '../../henk-voice/henk-voice.js';
import { counted, number } from '../fill/words.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { phaseWords, planSentences, reportOf } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ForbiddenPlan} ForbiddenPlan
 * @typedef {import('../../henk-voice/henk-voice.js').LeadFile} LeadFile
 * @typedef {import('../../henk-voice/henk-voice.js').NumberProgress} NumberProgress
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** How many rows of the report the page shows. */
const SHOWN = 100;

/** Puts the numbers of a CSV file on the list: chosen, understood, checked, imported. */
export class ImportDialog {
  #context;
  #onChange;
  #dialog = element('dnc-import-dialog', HTMLDialogElement);
  #work = element('dnc-import-work', HTMLElement);
  #input = element('dnc-file', HTMLInputElement);
  #read = element('dnc-file-read', HTMLElement);
  #about = element('dnc-file-about', HTMLElement);
  #titles = element('dnc-titles', HTMLInputElement);
  #numberColumn = element('dnc-number-column', HTMLSelectElement);
  #reasonColumn = element('dnc-reason-column', HTMLSelectElement);
  #check = element('dnc-check', HTMLButtonElement);
  #planBox = element('dnc-plan', HTMLElement);
  #planTitle = element('dnc-plan-title', HTMLElement);
  #report = element('dnc-report', HTMLAnchorElement);
  #import = element('dnc-import-yes', HTMLButtonElement);
  #progress = element('dnc-progress', HTMLElement);
  #phase = element('dnc-phase', HTMLElement);
  #bar = element('dnc-bar', HTMLProgressElement);
  #stop = element('dnc-stop', HTMLButtonElement);
  #done = element('dnc-import-done', HTMLElement);
  #trouble = element('dnc-import-trouble', HTMLElement);
  /** @type {LeadFile | null} */
  #file = null;
  /** @type {ForbiddenPlan | null} */
  #plan = null;
  /** What is going on. @type {AbortController | null} */
  #running = null;

  /**
   * @param {ViewContext} context
   * @param {() => void} onChange the list has other numbers now
   */
  constructor(context, onChange) {
    this.#context = context;
    this.#onChange = onChange;
    this.#input.addEventListener('change', () => void this.#readFile());
    for (const field of [this.#titles, this.#numberColumn, this.#reasonColumn])
      field.addEventListener('change', () => {
        this.#forgetPlan();
        if (field === this.#titles) this.#showColumns();
      });
    this.#check.addEventListener('click', () => void this.#makePlan());
    this.#import.addEventListener('click', () => void this.#carryOut());
    this.#stop.addEventListener('click', () => this.#running?.abort());
    element('dnc-import-close', HTMLButtonElement).addEventListener('click', () => this.#close());
    this.#dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.#close();
    });
    context.signal.addEventListener('abort', () => {
      this.#running?.abort();
      this.#forgetPlan();
      this.#dialog.close();
    });
  }

  open() {
    this.#forget();
    this.#input.value = '';
    say(this.#done, '');
    this.#dialog.showModal();
  }

  #close() {
    if (this.#running) {
      say(this.#trouble, 'Not closed: the file is being read. Wait, or press Stop first.');
      return;
    }
    this.#dialog.close();
  }

  #forget() {
    this.#file = null;
    this.#read.hidden = true;
    say(this.#trouble, '');
    this.#forgetPlan();
  }

  #forgetPlan() {
    this.#plan = null;
    this.#planBox.hidden = true;
    URL.revokeObjectURL(this.#report.href);
  }

  async #readFile() {
    const chosen = this.#input.files?.[0];
    this.#forget();
    say(this.#done, '');
    if (!chosen) return;
    const file = await this.#run((signal) => readLeadFile(chosen, { signal }));
    if (!file) return this.#input.focus();
    this.#file = file;
    this.#titles.checked = file.hasTitles;
    sayParts(
      this.#about,
      bdi(file.name),
      `: ${counted(file.rows.length, 'row')}, read as ${file.encoding.toUpperCase()}.`,
    );
    this.#showColumns();
    const columns = forbiddenColumns(file);
    this.#numberColumn.value = String(columns.phone_number ?? '');
    this.#reasonColumn.value = String(columns.reason ?? '');
    this.#read.hidden = false;
    this.#check.focus();
  }

  #showColumns() {
    const file = this.#file;
    if (!file) return;
    const full = file.rows.filter(({ cells }) => cells.some((cell) => cell.trim())).slice(0, 50);
    const width = Math.max(...full.map(({ cells }) => cells.length));
    for (const select of [this.#numberColumn, this.#reasonColumn]) {
      const before = select.value;
      select.replaceChildren(
        create('option', { value: '' }, '—'),
        ...Array.from({ length: width }, (_, column) => {
          const first = full[0]?.cells[column]?.trim() ?? '';
          const example = full[1]?.cells[column]?.trim() ?? '';
          const title = this.#titles.checked && first ? first : `Column ${column + 1}`;
          const shown = this.#titles.checked ? example : first;
          return create('option', { value: String(column) }, shown ? `${title}: ${shown}` : title);
        }),
      );
      select.value = before;
      if (select.selectedIndex < 0) select.value = '';
    }
  }

  async #makePlan() {
    const file = this.#file;
    if (!file) return;
    this.#forgetPlan();
    say(this.#trouble, '');
    if (this.#numberColumn.value === '') {
      say(this.#trouble, 'Not checked: choose the column that has the phone numbers.');
      return this.#numberColumn.focus();
    }
    const columnOf = (/** @type {HTMLSelectElement} */ { value }) =>
      value === '' ? null : Number(value);
    const how = {
      hasTitles: this.#titles.checked,
      columns: {
        phone_number: columnOf(this.#numberColumn),
        reason: columnOf(this.#reasonColumn),
      },
    };
    const { voice, business } = this.#context;
    const plan = await this.#run((signal) =>
      voice.doNotCall.plan(business.id, file, how, {
        signal,
        onProgress: (progress) => this.#show(progress),
      }),
    );
    if (!plan || this.#file !== file) return this.#check.focus();
    this.#plan = plan;
    this.#showPlan(plan, file);
  }

  /**
   * @param {ForbiddenPlan} plan
   * @param {LeadFile} file
   */
  #showPlan(plan, file) {
    element('dnc-plan-counts', HTMLUListElement).replaceChildren(
      ...planSentences(plan).map((sentence) => create('li', {}, sentence)),
    );
    const { problems, counts } = plan;
    this.#report.hidden = !problems.length;
    if (problems.length) {
      const report = new Blob([reportOf(plan, file, this.#titles.checked)], { type: 'text/csv' });
      this.#report.href = URL.createObjectURL(report);
      this.#report.download = `${file.name.replace(/\.[^.]*$/, '')} report.csv`;
    }
    element('dnc-problems-box', HTMLElement).hidden = !problems.length;
    element('dnc-problems', HTMLTableSectionElement).replaceChildren(
      ...problems
        .slice(0, SHOWN)
        .map(({ row, text, message, isRefused }) =>
          create(
            'tr',
            { class: isRefused ? 'is-refused' : '' },
            create('td', {}, number(row)),
            create('td', {}, bdi(text)),
            create('td', {}, isRefused ? `Left out: ${message}` : message),
          ),
        ),
    );
    const hidden = problems.length - SHOWN;
    say(
      element('dnc-problems-more', HTMLElement),
      hidden > 0 ? `${number(hidden)} more are in the report.` : '',
    );
    this.#import.hidden = !counts.new;
    say(this.#import, `Put ${counted(counts.new, 'number')} on the list`);
    this.#planBox.hidden = false;
    this.#planTitle.focus();
  }

  async #carryOut() {
    const plan = this.#plan;
    if (!plan) return;
    const { voice, business } = this.#context;
    const answer = await this.#run((signal) =>
      voice.doNotCall.import(business.id, plan, {
        signal,
        onProgress: (progress) => this.#show(progress),
      }),
    );
    // What has come counts, also if the rest has not.
    this.#onChange();
    if (!answer) return this.#import.focus();
    this.#forget();
    this.#input.value = '';
    say(this.#done, `${counted(answer.added, 'number was', 'numbers were')} put on the list.`);
    element('dnc-import-title', HTMLElement).focus();
  }

  /**
   * Does it with a bar of progress.
   *
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} work
   * @returns {Promise<T | null>} null if it failed or was stopped, which is said
   */
  async #run(work) {
    if (this.#running) return null;
    const controller = new AbortController();
    this.#running = controller;
    this.#busy(true);
    say(this.#trouble, '');
    say(this.#done, '');
    try {
      return await work(controller.signal);
    } catch (error) {
      if (controller.signal.aborted) {
        say(this.#done, 'Stopped.');
      } else {
        const { title, message, action } = failureOf(error);
        sayParts(this.#trouble, create('strong', {}, title), ` ${message} ${action}`);
      }
      return null;
    } finally {
      this.#running = null;
      this.#busy(false);
    }
  }

  /** @param {boolean} isBusy */
  #busy(isBusy) {
    this.#progress.hidden = !isBusy;
    this.#work.inert = isBusy;
    this.#bar.removeAttribute('value');
    say(this.#phase, isBusy ? 'Working…' : '');
    if (isBusy) this.#stop.focus();
  }

  /** @param {NumberProgress} progress */
  #show(progress) {
    say(this.#phase, phaseWords(progress));
    if (!progress.total) return;
    this.#bar.max = progress.total;
    this.#bar.value = progress.done;
  }
}
