import { timestamp } from '../../henk-voice/henk-voice.js';
import { counted } from '../fill/words.js';
import { downloadCsv } from '../reports/csv-file.js';
import { debounce, element, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { AddForm } from './add-form.js';
import { entryRow, removalRow } from './entry-row.js';
import { FileList } from './file-list.js';
import { ImportDialog } from './import-dialog.js';
import { TakeOffDialog } from './take-off-dialog.js';
import { countSentence, fileOf, neverSentence, phaseWords, removalsSentence } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ForbiddenNumber} ForbiddenNumber
 * @typedef {import('../../henk-voice/henk-voice.js').Removal} Removal
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const PAGE = 50;
const MOST_SHOWN = 500;
const SEARCH_AFTER_MS = 300;

/** Whom nobody calls: everybody reads the list and adds to it, managers take off. */
export class DoNotCallPage {
  #context;
  #title = element('dnc-list-title', HTMLElement);
  #search = element('dnc-search', HTMLInputElement);
  #which = element('dnc-which', HTMLSelectElement);
  #removedOption = element('dnc-which-removed', HTMLOptionElement);
  #count = element('dnc-count', HTMLElement);
  #table = element('dnc-table', HTMLElement);
  #rows = element('dnc-rows', HTMLTableSectionElement);
  #more = element('dnc-more', HTMLButtonElement);
  #done = element('dnc-done', HTMLElement);
  #trouble = element('dnc-trouble', HTMLElement);
  #import = element('dnc-import', HTMLButtonElement);
  #export = element('dnc-export', HTMLButtonElement);
  #files;
  #takeOff;
  /** What is shown. @type {ForbiddenNumber[]} */
  #entries = [];
  /** @type {Removal[]} */
  #removals = [];
  /** Why entries match nobody, by number; null: nothing to say. @type {Map<string, string | null>} */
  #never = new Map();
  #isSaving = false;
  /** Ends the request before. */
  #reading = new AbortController();

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const reload = () => void this.#read();
    new AddForm(context, reload);
    this.#takeOff = new TakeOffDialog(context, (sentence, numbers) =>
      this.#gone(sentence, numbers),
    );
    this.#files = new FileList(context, this.#takeOff);
    const dialog = new ImportDialog(context, () => {
      void this.#read();
      void this.#files.load();
    });
    this.#import.addEventListener('click', () => dialog.open());
    this.#export.addEventListener('click', () => void this.#save());
    const search = debounce(
      () => !context.signal.aborted && void this.#read(true),
      SEARCH_AFTER_MS,
    );
    this.#search.addEventListener('input', search);
    this.#which.addEventListener('change', () => void this.#read(true));
    element('dnc-filter', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#read(true);
    });
    this.#more.addEventListener('click', () => void this.#readMore());
    this.#rows.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      const number = button && button.closest('tr')?.dataset.number;
      const entry = this.#entries.find((one) => one.phone_number === number);
      if (entry) this.#takeOff.askAbout(entry);
    });
    context.signal.addEventListener('abort', () => this.#reading.abort());
    // Colleagues may have changed the list meanwhile.
    document.addEventListener(
      'visibilitychange',
      () => !document.hidden && this.#which.value !== 'never' && reload(),
      { signal: context.signal },
    );
    context.team.onLoad(() => this.#showRole(), context.signal);
    this.#showRole();
    void this.#read(true);
  }

  #showRole() {
    const { isManager } = this.#context.team;
    this.#import.hidden = !isManager;
    this.#export.hidden = !isManager;
    this.#removedOption.hidden = !isManager;
    this.#removedOption.disabled = !isManager;
    if (isManager) void this.#files.load();
    this.#render();
  }

  /** @param {boolean} [isNew] whether what is shown belongs to another choice */
  async #read(isNew = false) {
    if (isNew) say(this.#done, '');
    const shown = Math.max(this.#entries.length, this.#removals.length);
    const limit = isNew ? PAGE : Math.min(Math.max(PAGE, shown), MOST_SHOWN);
    await this.#ask(limit, false);
  }

  async #readMore() {
    const before = this.#rows.rows.length;
    await this.#ask(PAGE, true);
    // The button may not be there any more.
    const first = this.#rows.rows[before];
    if (!first || !this.#more.hidden) return;
    first.tabIndex = -1;
    first.focus();
  }

  /**
   * @param {number} limit
   * @param {boolean} isRest whether what is shown stays
   */
  async #ask(limit, isRest) {
    this.#reading.abort();
    if (this.#context.signal.aborted) return;
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    this.#table.setAttribute('aria-busy', 'true');
    try {
      const which = this.#which.value;
      // All of the list is looked at there.
      this.#search.disabled = which === 'never';
      if (which === 'removed') await this.#askRemovals(limit, isRest, signal);
      else if (which === 'never') await this.#askNever(signal);
      else await this.#askEntries(limit, isRest, signal);
      if (!signal.aborted) sayParts(this.#trouble);
    } catch (error) {
      if (signal.aborted) return;
      tellTrouble(this.#trouble, error, () => this.#ask(limit, isRest));
      say(this.#count, '');
    } finally {
      if (!signal.aborted) this.#table.removeAttribute('aria-busy');
    }
  }

  /**
   * @param {number} limit
   * @param {boolean} isRest
   * @param {AbortSignal} signal
   */
  async #askEntries(limit, isRest, signal) {
    const { voice, business } = this.#context;
    const search = this.#search.value.trim();
    const after = isRest ? this.#entries.at(-1) : undefined;
    const found = await voice.doNotCall.list(business.id, {
      search,
      limit,
      signal,
      ...(after && { after }),
    });
    if (signal.aborted) return;
    this.#removals = [];
    this.#entries = after ? [...this.#entries, ...found.entries] : found.entries;
    this.#more.hidden = !found.more;
    if (found.count !== null) say(this.#count, countSentence(found.count, search));
    this.#render();
    await this.#check(signal);
  }

  /**
   * @param {number} limit
   * @param {boolean} isRest
   * @param {AbortSignal} signal
   */
  async #askRemovals(limit, isRest, signal) {
    const { voice, business } = this.#context;
    const search = this.#search.value.trim();
    const after = isRest ? this.#removals.at(-1) : undefined;
    const found = await voice.doNotCall.removals(business.id, {
      search,
      limit,
      signal,
      ...(after && { after }),
    });
    if (signal.aborted) return;
    this.#entries = [];
    this.#removals = after ? [...this.#removals, ...found.removals] : found.removals;
    this.#more.hidden = !found.more;
    say(this.#count, removalsSentence(this.#removals.length, found.more, search));
    this.#render();
  }

  /**
   * Looks through the whole list.
   *
   * @param {AbortSignal} signal
   */
  async #askNever(signal) {
    const { voice, business } = this.#context;
    say(this.#count, 'Looking at the list…');
    const all = await voice.doNotCall.all(business.id, { signal });
    const onProgress = (/** @type {Parameters<typeof phaseWords>[0]} */ progress) =>
      say(this.#count, phaseWords(progress));
    const never = await voice.doNotCall.neverMatching(business.id, all, { signal, onProgress });
    if (signal.aborted) return;
    for (const { phone_number: number } of all) this.#never.set(number, never.get(number) ?? null);
    this.#removals = [];
    this.#entries = all
      .filter(({ phone_number: number }) => never.has(number))
      .slice(0, MOST_SHOWN)
      .map((entry) => ({ ...entry, file_name: null, lead_id: null, lead_name: null }));
    this.#more.hidden = true;
    say(this.#count, neverSentence(never.size, all.length, this.#entries.length));
    this.#render();
  }

  /**
   * Says of the entries that are shown which ones match nobody.
   *
   * @param {AbortSignal} signal
   */
  async #check(signal) {
    const { voice, business } = this.#context;
    const fresh = this.#entries.filter(({ phone_number: number }) => !this.#never.has(number));
    if (!fresh.length) return;
    const never = await voice.doNotCall.neverMatching(business.id, fresh, { signal });
    if (signal.aborted) return;
    for (const { phone_number: number } of fresh)
      this.#never.set(number, never.get(number) ?? null);
    if (never.size) this.#render();
  }

  #render() {
    const { team } = this.#context;
    const isRemoved = this.#which.value === 'removed';
    say(element('dnc-why-column', HTMLElement), isRemoved ? 'Why' : 'Reason');
    say(element('dnc-when-column', HTMLElement), isRemoved ? 'Taken off' : 'Added');
    const focused = document.activeElement?.closest('tr')?.dataset.number;
    const nameOf = (/** @type {string | null} */ id) => (id ? team.nameOf(id) : 'An operator');
    this.#rows.replaceChildren(
      ...this.#entries.map((entry) =>
        entryRow(entry, {
          never: this.#never.get(entry.phone_number) ?? undefined,
          by: nameOf(entry.created_by),
          canTakeOff: team.isManager,
        }),
      ),
      ...this.#removals.map((removal) =>
        removalRow(removal, {
          by: nameOf(removal.removed_by),
          listedBy: nameOf(removal.listed_by),
        }),
      ),
    );
    this.#table.hidden = !this.#rows.rows.length;
    const row = focused && this.#rows.querySelector(`tr[data-number="${CSS.escape(focused)}"]`);
    if (row) row.querySelector('button')?.focus();
  }

  /**
   * @param {string} sentence what was done
   * @param {readonly string[]} numbers that are not on the list any more; none: some of a file
   */
  #gone(sentence, numbers) {
    this.#entries = this.#entries.filter((entry) => !numbers.includes(entry.phone_number));
    this.#render();
    say(this.#done, sentence);
    this.#title.focus();
    void this.#read();
    if (this.#context.team.isManager) void this.#files.load();
  }

  async #save() {
    const { voice, business, team, signal } = this.#context;
    if (this.#isSaving) return;
    this.#isSaving = true;
    say(this.#done, 'Reading the list…');
    try {
      const all = await voice.doNotCall.all(business.id, { signal });
      all.sort((a, b) => timestamp(b.created_at).getTime() - timestamp(a.created_at).getTime());
      const nameOf = (/** @type {string | null} */ id) =>
        id ? team.realNameOf(id) || team.nameOf(id) : 'An operator';
      const { header, rows } = fileOf(all, nameOf);
      downloadCsv(`${business.name} do not call.csv`, header, rows);
      say(this.#done, `${counted(rows.length, 'number is', 'numbers are')} in the file.`);
    } catch (error) {
      say(this.#done, '');
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isSaving = false;
    }
  }
}
