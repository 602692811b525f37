import { create, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { downloadCsv } from './csv-file.js';
import { sorted } from './sorting.js';

/**
 * @template Row
 * @typedef {import('./sorting.js').SortColumn<Row> & ColumnWords<Row>} Column
 */
/**
 * @template Row
 * @typedef {object} ColumnWords
 * @property {string} name in the CSV file: that of the metric
 * @property {string} label
 * @property {string} [meaning] one sentence
 * @property {boolean} [isText] texts stand at the left and begin with A when they are sorted
 * @property {'page' | 'file'} [only] `file`: only the CSV file has the column
 * @property {(row: Row) => Node | string | (Node | string | false | null)[]} [show] the value by default
 */
/**
 * @template Row
 * @typedef {object} TableOptions
 * @property {string} caption what the table has, for those who do not see what is around it
 * @property {Column<Row>[]} columns the first one names a row
 * @property {() => string} file the name of the CSV file, without its ending
 * @property {{ name: string, isDescending: boolean }} [sort] how the rows are sorted first; as they come by default
 * @property {string} [empty] what is said if there are no rows
 * @property {number} [most] how many rows are shown until somebody asks for all of them; paper has all
 */

/**
 * A table that people sort by its headings and take with them as CSV.
 *
 * @template Row
 */
export class DataTable {
  #options;
  #shown;
  #box = create('div', { class: 'data-table', 'aria-busy': 'true' });
  #body = create('tbody');
  #empty = create('p', { class: 'empty' });
  #trouble = create('p', { class: 'call-trouble', role: 'alert' });
  #all = create('button', { type: 'button', class: 'quiet' });
  #csv = create('button', { type: 'button', class: 'quiet' }, 'Download CSV');
  /** @type {Map<string, HTMLTableCellElement>} */
  #headings = new Map();
  /** @type {readonly Row[]} */
  #rows = [];
  /** The same, as they are sorted. @type {readonly Row[]} */
  #sorted = [];
  #sort;

  /**
   * @param {HTMLElement} place what the table is put into
   * @param {TableOptions<Row>} options
   */
  constructor(place, options) {
    this.#options = options;
    this.#sort = options.sort ?? null;
    this.#shown = options.columns.filter(({ only }) => only !== 'file');
    this.#box.append(
      create(
        'table',
        {},
        create('caption', { class: 'visually-hidden' }, options.caption),
        create(
          'thead',
          {},
          create('tr', {}, ...this.#shown.map((column) => this.#heading(column))),
        ),
        this.#body,
      ),
    );
    this.#csv.setAttribute('aria-label', `Download CSV: ${options.caption}`);
    this.#csv.addEventListener('click', () => this.#download());
    this.#all.addEventListener('click', () => {
      this.#box.classList.add('has-all');
      this.#all.hidden = true;
      this.#body.rows[this.#most]?.querySelector('button')?.focus();
    });
    const buttons = create('div', { class: 'data-table-buttons no-print' }, this.#all, this.#csv);
    place.append(this.#box, this.#empty, this.#trouble, buttons);
    this.#all.hidden = true;
    this.#csv.hidden = true;
    this.#empty.hidden = true;
  }

  /** The rows that are shown are those of a former question. */
  wait() {
    this.#box.setAttribute('aria-busy', 'true');
  }

  /** @param {readonly Row[]} rows */
  show(rows) {
    this.#rows = rows;
    this.#box.classList.remove('has-all');
    sayParts(this.#trouble);
    say(this.#empty, this.#options.empty ?? 'No calls in this time.');
    this.#draw();
  }

  /**
   * @param {unknown} error
   * @param {() => unknown} again asks once more
   */
  fail(error, again) {
    this.#rows = [];
    this.#draw();
    this.#empty.hidden = true;
    tellTrouble(this.#trouble, error, again);
  }

  get #most() {
    return this.#options.most ?? 20;
  }

  #draw() {
    const { columns } = this.#options;
    const column = columns.find(({ name }) => name === this.#sort?.name);
    const rows = column
      ? sorted(this.#rows, column, Boolean(this.#sort?.isDescending))
      : this.#rows;
    this.#sorted = rows;
    this.#body.replaceChildren(...rows.map((row, at) => this.#row(row, at)));
    for (const [name, heading] of this.#headings) {
      if (column?.name !== name) heading.removeAttribute('aria-sort');
      else heading.setAttribute('aria-sort', this.#sort?.isDescending ? 'descending' : 'ascending');
    }
    this.#box.setAttribute('aria-busy', 'false');
    this.#box.hidden = !rows.length;
    this.#empty.hidden = Boolean(rows.length);
    this.#csv.hidden = !rows.length;
    this.#all.hidden = rows.length <= this.#most || this.#box.classList.contains('has-all');
    say(this.#all, `Show all ${rows.length}`);
  }

  /** @param {Column<Row>} column */
  #heading({ name, label, meaning, isText }) {
    const button = create('button', { type: 'button', class: 'quiet' }, label);
    if (meaning) button.title = meaning;
    button.addEventListener('click', () => {
      const isSame = this.#sort?.name === name;
      this.#sort = { name, isDescending: isSame ? !this.#sort?.isDescending : !isText };
      this.#draw();
    });
    const heading = create('th', { scope: 'col', class: isText ? '' : 'number' }, button);
    this.#headings.set(name, heading);
    return heading;
  }

  /**
   * @param {Row} row
   * @param {number} at
   */
  #row(row, at) {
    const cells = this.#shown.map((column, place) => {
      const said = column.show?.(row) ?? String(column.value(row) ?? '–');
      const content = Array.isArray(said) ? said : [said];
      const kind = column.isText ? '' : 'number';
      return place
        ? create('td', { class: kind }, ...content)
        : create('th', { scope: 'row', class: kind }, ...content);
    });
    return create('tr', at < this.#most ? {} : { class: 'beyond' }, ...cells);
  }

  #download() {
    const { file } = this.#options;
    const columns = this.#options.columns.filter(({ only }) => only !== 'page');
    downloadCsv(
      `${file()}.csv`,
      columns.map(({ name }) => name),
      this.#sorted.map((row) => columns.map(({ value }) => value(row))),
    );
  }
}
