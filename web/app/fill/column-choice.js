import { bdi, create, element } from '../shared/dom.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').LeadColumns} LeadColumns
 * @typedef {import('../../henk-voice/henk-voice.js').LeadField} LeadField
 * @typedef {import('../../henk-voice/henk-voice.js').LeadFile} LeadFile
 */

/** @type {Readonly<Record<LeadField, string>>} */
const FIELDS = {
  phone_number: 'Phone number',
  name: 'Name',
  first_name: 'First name',
  last_name: 'Last name',
  company: 'Company',
  email: 'E-mail',
  time_zone: 'Time zone',
};
const NAMES = /** @type {LeadField[]} */ (Object.keys(FIELDS));
/** How many cells of a column are shown. */
const EXAMPLES = 3;

/** Which column of a file holds what: guessed, and corrected by hand. */
export class ColumnChoice {
  #box = element('fill-columns', HTMLElement);
  #onChange;
  /** @type {LeadColumns} */
  #chosen = /** @type {LeadColumns} */ (Object.fromEntries(NAMES.map((name) => [name, null])));

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get chosen() {
    return { ...this.#chosen };
  }

  /** @param {LeadColumns} columns */
  choose(columns) {
    this.#chosen = { ...columns };
  }

  /**
   * @param {LeadFile} file
   * @param {boolean} hasTitles
   */
  show(file, hasTitles) {
    const full = file.rows.filter(({ cells }) => cells.some((cell) => cell.trim())).slice(0, 50);
    const titles = hasTitles ? (full[0]?.cells ?? []) : [];
    const rows = full.slice(hasTitles ? 1 : 0).map(({ cells }) => cells);
    const width = Math.max(titles.length, ...rows.map(({ length }) => length));
    this.#box.replaceChildren(...NAMES.map((field) => this.#line(field, titles, rows, width)));
  }

  /**
   * @param {LeadField} field
   * @param {string[]} titles
   * @param {string[][]} rows
   * @param {number} width
   */
  #line(field, titles, rows, width) {
    const id = `fill-column-${field}`;
    const select = create(
      'select',
      { id },
      create('option', { value: '' }, '—'),
      ...Array.from({ length: width }, (_, column) =>
        create(
          'option',
          { value: String(column) },
          titles[column]?.trim() || `Column ${column + 1}`,
        ),
      ),
    );
    select.value = String(this.#chosen[field] ?? '');
    const examples = create('span', { class: 'fill-examples' });
    const showExamples = () => {
      const column = this.#chosen[field];
      const cells = column === null ? [] : rows.map((cells) => cells[column]?.trim() ?? '');
      const some = cells.filter(Boolean).slice(0, EXAMPLES);
      examples.replaceChildren(...some.flatMap((cell, place) => [place ? ' · ' : '', bdi(cell)]));
    };
    select.addEventListener('change', () => {
      this.#chosen[field] = select.value === '' ? null : Number(select.value);
      showExamples();
      this.#onChange();
    });
    showExamples();
    return create('p', {}, create('label', { for: id }, FIELDS[field]), select, examples);
  }
}
