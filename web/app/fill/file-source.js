import { ENCODINGS, readLeadFile } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { ColumnChoice } from './column-choice.js';
import { ImportList } from './import-list.js';
import { counted, importedSentence, number, planSentences, reportOf } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ImportPlan} ImportPlan
 * @typedef {import('../../henk-voice/henk-voice.js').LeadFile} LeadFile
 * @typedef {import('./fill-dialog.js').Filling} Filling
 */

/** How many rows of the report the page shows. */
const SHOWN = 100;
/** @type {Readonly<Record<string, string>>} */
const SEPARATORS = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars' };

/** Leads from a CSV file: chosen, understood, checked, imported. */
export class FileSource {
  #filling;
  #input = element('fill-file-input', HTMLInputElement);
  #read = element('fill-file-read', HTMLElement);
  #about = element('fill-file-about', HTMLElement);
  #encoding = element('fill-encoding', HTMLSelectElement);
  #titles = element('fill-titles', HTMLInputElement);
  #check = element('fill-check', HTMLButtonElement);
  #planBox = element('fill-plan', HTMLElement);
  #counts = element('fill-plan-counts', HTMLUListElement);
  #report = element('fill-report', HTMLAnchorElement);
  #problemsBox = element('fill-problems-box', HTMLElement);
  #problems = element('fill-problems', HTMLElement);
  #more = element('fill-problems-more', HTMLElement);
  #import = element('fill-import', HTMLButtonElement);
  #columns = new ColumnChoice(() => this.#forgetPlan());
  #imports;
  /** @type {LeadFile | null} */
  #file = null;
  /** @type {ImportPlan | null} */
  #plan = null;

  /** @param {Filling} filling */
  constructor(filling) {
    this.#filling = filling;
    this.#imports = new ImportList(filling);
    this.#encoding.append(
      create('option', { value: '' }, 'Unicode, or Western Europe (Windows)'),
      ...Object.entries(ENCODINGS).map(([value, name]) => create('option', { value }, name)),
    );
    this.#input.addEventListener('change', () => {
      this.#encoding.value = '';
      void this.#readFile();
    });
    this.#encoding.addEventListener('change', () => void this.#readFile());
    this.#titles.addEventListener('change', () => {
      this.#forgetPlan();
      this.#showColumns();
    });
    this.#check.addEventListener('click', () => void this.#makePlan());
    this.#import.addEventListener('click', () => void this.#carryOut());
  }

  open() {
    this.#input.value = '';
    this.#forget();
    void this.#imports.load();
  }

  #forget() {
    this.#file = null;
    this.#read.hidden = true;
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
    if (!chosen) return;
    const encoding = this.#encoding.value || null;
    const file = await this.#filling.run(({ signal }) =>
      readLeadFile(chosen, { encoding, signal }),
    );
    if (!file) return this.#input.focus();
    this.#file = file;
    this.#titles.checked = file.hasTitles;
    const separator = SEPARATORS[file.separator] ?? `“${file.separator}”`;
    sayParts(
      this.#about,
      bdi(file.name),
      `: ${counted(file.rows.length, 'row')}, separated by ${separator}, read as ${file.encoding.toUpperCase()}.`,
      file.isGuess && ' The file does not say how it is encoded: look whether the names are right.',
    );
    this.#columns.choose(file.columns);
    this.#showColumns();
    this.#read.hidden = false;
    this.#check.focus();
  }

  #showColumns() {
    if (this.#file) this.#columns.show(this.#file, this.#titles.checked);
  }

  async #makePlan() {
    const { context, run } = this.#filling;
    const file = this.#file;
    if (!file) return;
    this.#forgetPlan();
    const how = { hasTitles: this.#titles.checked, columns: this.#columns.chosen };
    const plan = await run((watched) =>
      context.voice.leads.plan(context.business.id, file, how, watched),
    );
    if (!plan || this.#file !== file) return this.#check.focus();
    this.#plan = plan;
    this.#show(plan, file);
  }

  /**
   * @param {ImportPlan} plan
   * @param {LeadFile} file
   */
  #show(plan, file) {
    this.#counts.replaceChildren(
      ...planSentences(plan, !this.#filling.campaign()).map((sentence) =>
        create('li', {}, sentence),
      ),
    );
    const { problems, counts } = plan;
    this.#report.hidden = !problems.length;
    if (problems.length) {
      const report = new Blob([reportOf(plan, file, this.#titles.checked)], { type: 'text/csv' });
      this.#report.href = URL.createObjectURL(report);
      this.#report.download = `${file.name.replace(/\.[^.]*$/, '')} report.csv`;
    }
    this.#problemsBox.hidden = !problems.length;
    this.#problems.replaceChildren(
      ...problems
        .slice(0, SHOWN)
        .map(({ row, column, text, message, isRefused }) =>
          create(
            'tr',
            { class: isRefused ? 'is-refused' : '' },
            create('td', {}, number(row)),
            create('td', {}, bdi(column)),
            create('td', {}, bdi(text)),
            create('td', {}, isRefused ? `Left out: ${message}` : message),
          ),
        ),
    );
    const hidden = problems.length - SHOWN;
    say(this.#more, hidden > 0 ? `${number(hidden)} more are in the report.` : '');
    const leads = counts.new + counts.known;
    this.#import.hidden = !leads;
    say(this.#import, `Import ${counted(leads, this.#filling.campaign() ? 'lead' : 'contact')}`);
    this.#planBox.hidden = false;
    element('fill-plan-title', HTMLElement).focus();
  }

  async #carryOut() {
    const { context, campaign, run, done, changed } = this.#filling;
    const to = campaign();
    const plan = this.#plan;
    if (!plan) return;
    const { business, voice } = context;
    const finished = await run((watched) =>
      to
        ? voice.leads.import(to.id, plan, watched)
        : voice.leads.importContacts(business.id, plan, watched),
    );
    void this.#imports.load();
    if (!finished?.result) return this.#import.focus();
    this.open();
    done(importedSentence(finished));
    changed();
  }
}
