import { isTimeZone, looksLikeEmail } from './lead-columns.js';
import { MOST_ROWS, TOO_MANY_ROWS, isBlank, rowsBeforeLeads, tooLarge } from './lead-file.js';
import { Pace } from './pace.js';

/**
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 * @typedef {import('./lead-columns.js').LeadColumns} LeadColumns
 * @typedef {import('./lead-columns.js').LeadField} LeadField
 * @typedef {import('./lead-file.js').LeadFile} LeadFile
 *
 * @typedef {'new' | 'known' | 'repeated' | 'refused' | 'blank'} PlannedResult
 *
 * @typedef {object} PlannedRow
 * @property {number} row its number in the spreadsheet
 * @property {PlannedResult} result what becomes of it. new: a lead is made. known: the business has a lead with
 *   this number, who stays as they are. repeated: an earlier row has the number. refused: it has no lead that can
 *   be called, `problems` say why. blank: nothing stands in it
 * @property {ImportedLead | null} lead null if it is refused or blank
 * @property {boolean} isQueued false if the person must not be called, or the number is a wrong one
 *
 * @typedef {object} ImportedLead a row of `import_rows`
 * @property {string | null} name
 * @property {string | null} company
 * @property {string} phone_number
 * @property {string | null} email
 * @property {string | null} time_zone
 * @property {string[]} number_zones
 *
 * @typedef {object} RowProblem
 * @property {number} row its number in the spreadsheet
 * @property {string} column its title, or `Column B`
 * @property {string} text what stands there
 * @property {string} message what is wrong, as a sentence
 * @property {boolean} isRefused whether the row is left out because of it
 *
 * @typedef {object} NumberFacts what the business knows of a number
 * @property {string} number
 * @property {string} subscriber
 * @property {string | null} lead_id
 * @property {boolean} do_not_call
 * @property {boolean} wrong_number
 *
 * @typedef {object} Readers
 * @property {(texts: string[]) => Promise<Map<string, NumberReading>>} readNumbers
 * @property {(numbers: string[]) => Promise<Map<string, NumberFacts>>} lookUp
 */

const LONGEST_NAME = 200;
const LONGEST_EMAIL = 320;

/**
 * What an import of a file would do. Nothing is written.
 *
 * @param {LeadFile} file
 * @param {{ hasTitles: boolean, columns: LeadColumns }} how its columns are read
 * @param {Readers} readers
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<{ rows: PlannedRow[], problems: RowProblem[] }>} `problems` in the order of the rows
 */
export async function planRows(file, { hasTitles, columns }, readers, signal) {
  const pace = new Pace();
  const breathe = async () => {
    if (pace.isDue) await pace.breathe();
    signal?.throwIfAborted();
  };
  const before = rowsBeforeLeads(file, hasTitles);
  if (file.rows.length - before > MOST_ROWS) throw tooLarge(TOO_MANY_ROWS);
  const titles = hasTitles ? (file.rows[before - 1]?.cells ?? []) : [];
  const given = [];
  for (let place = before; place < file.rows.length; place += 1) {
    given.push(new GivenRow(place + 1, file.rows[place]?.cells ?? [], columns, titles));
    await breathe();
  }
  const whole = given.filter((_, place) => !file.rows[before + place]?.isBroken);
  const texts = new Set(whole.map((row) => row.number).filter(Boolean));
  const readings = await readers.readNumbers([...texts]);
  const numbers = new Set(
    [...readings.values()].flatMap(({ to, problem }) => (to && !problem ? [to] : [])),
  );
  const facts = await readers.lookUp([...numbers]);

  /** By subscriber, the row that comes first. @type {Map<string, number>} */
  const firstRows = new Map();
  const rows = [];
  for (const [place, row] of given.entries()) {
    await breathe();
    const fileRow = file.rows[before + place];
    if (isBlank(fileRow)) rows.push(row.planned('blank', null));
    else if (fileRow?.isBroken) {
      row.refuse(null, 'A quotation mark is not closed, so nobody knows where the cells end.');
      rows.push(row.planned('refused', null));
    } else rows.push(planRow(row, readings.get(row.number), facts, firstRows));
  }
  return { rows, problems: given.flatMap((row) => row.problems) };
}

/**
 * @param {GivenRow} row
 * @param {NumberReading | undefined} reading
 * @param {Map<string, NumberFacts>} facts
 * @param {Map<string, number>} firstRows
 */
function planRow(row, reading, facts, firstRows) {
  if (!reading?.to || reading.problem) {
    row.refuse('phone_number', whyNoNumber(row.number, reading?.problem ?? null));
    return row.planned('refused', null);
  }
  const lead = row.lead(reading);
  const known = facts.get(reading.to);
  const subscriber = known?.subscriber ?? reading.to;
  const first = firstRows.get(subscriber);
  if (first !== undefined) {
    row.note('phone_number', `Row ${first} has the same number. Both become one.`);
    return row.planned('repeated', lead);
  }
  firstRows.set(subscriber, row.row);
  if (known?.do_not_call)
    row.note('phone_number', 'This person must not be called, and is put into no queue.');
  else if (known?.wrong_number)
    row.note('phone_number', 'This is a wrong number, and is put into no queue.');
  const isQueued = !known?.do_not_call && !known?.wrong_number;
  return row.planned(known?.lead_id ? 'known' : 'new', lead, isQueued);
}

/**
 * @param {string} text
 * @param {NumberReading['problem']} problem
 * @returns {string} why it is no number, and what to do
 */
export function whyNoNumber(text, problem) {
  if (!text) return 'The row has no phone number.';
  if (/^=?"?[\d.,]+E\+?\d+"?$/i.test(text)) {
    return 'The spreadsheet has rounded the number, and digits are lost. Give the column the format Text, and write the number again.';
  }
  if (/^#+$/.test(text))
    return 'The column was too narrow, and the spreadsheet has written signs in place of the number.';
  if (/^#(REF|N\/A|NAME|VALUE|NULL|DIV\/0|NUM)[!?]?/i.test(text))
    return 'A formula of the spreadsheet has failed.';
  if (problem === 'several_numbers') return 'These are several numbers. Leave one.';
  if (problem === 'number_type_not_allowed') return 'Numbers of this kind must not be called.';
  return 'This is not a phone number. Write it with its country code, such as +1 415 555 0199.';
}

/** A row as the file has it, and what there is to say about it. */
class GivenRow {
  /** @type {RowProblem[]} */
  problems = [];
  #cells;
  #columns;
  #titles;

  /**
   * @param {number} row
   * @param {string[]} cells
   * @param {LeadColumns} columns
   * @param {string[]} titles
   */
  constructor(row, cells, columns, titles) {
    this.row = row;
    this.#cells = cells;
    this.#columns = columns;
    this.#titles = titles;
    this.number = this.#raw('phone_number').trim();
  }

  /**
   * @param {PlannedResult} result
   * @param {ImportedLead | null} lead
   * @returns {PlannedRow}
   */
  planned(result, lead, isQueued = lead !== null) {
    return { row: this.row, result, lead, isQueued };
  }

  /**
   * @param {LeadField | null} field null: the whole row
   * @param {string} message
   */
  refuse(field, message) {
    this.#tell(field, message, true);
  }

  /**
   * @param {LeadField} field
   * @param {string} message
   */
  note(field, message) {
    this.#tell(field, message, false);
  }

  /**
   * @param {NumberReading} reading
   * @returns {ImportedLead}
   */
  lead({ to, extension, leftOut, timeZones }) {
    if (extension) this.note('phone_number', `The extension ${extension} is not kept.`);
    if (leftOut)
      this.note('phone_number', `“${leftOut}” is not part of the number, and is not kept.`);
    const parts = [this.#text('first_name'), this.#text('last_name')].filter(Boolean);
    const name = this.#text('name') || parts.join(' ');
    const company = this.#short('company', this.#text('company'));
    const email = this.#email();
    return {
      name: this.#short('name', name) || company || email || to,
      company: company || null,
      phone_number: to ?? '',
      email,
      time_zone: this.#timeZone(),
      number_zones: timeZones,
    };
  }

  #email() {
    const email = this.#text('email');
    if (!email) return null;
    if (looksLikeEmail(email) && email.length <= LONGEST_EMAIL) return email;
    this.note('email', 'This is not an e-mail address, and is not kept.');
    return null;
  }

  #timeZone() {
    const zone = this.#text('time_zone');
    if (!zone) return null;
    if (isTimeZone(zone)) return zone;
    this.note(
      'time_zone',
      'This is not the name of a time zone, such as America/New_York. The number decides.',
    );
    return null;
  }

  /**
   * @param {LeadField} field
   * @param {string} text
   */
  #short(field, text) {
    if ([...text].length <= LONGEST_NAME) return text;
    this.note(field, `This is longer than ${LONGEST_NAME} characters, and is cut.`);
    return [...text].slice(0, LONGEST_NAME).join('');
  }

  /** @param {LeadField} field */
  #raw(field) {
    const column = this.#columns[field];
    return column === null ? '' : (this.#cells[column] ?? '');
  }

  /**
   * @param {LeadField} field
   * @returns {string} without the signs by which a spreadsheet marks a text: `="Ada"`, and `'=Ada` in files that
   *   we have written
   */
  #text(field) {
    const text = this.#raw(field).replace(/\s+/gu, ' ').trim();
    const marked = /^="(.*)"$/.exec(text) ?? /^'([=+\-@].*)$/.exec(text);
    return (marked?.[1] ?? text).trim();
  }

  /**
   * @param {LeadField | null} field
   * @param {string} message
   * @param {boolean} isRefused
   */
  #tell(field, message, isRefused) {
    const of = field === 'name' && this.#columns.name === null ? 'first_name' : field;
    const column = of ? this.#columns[of] : null;
    const text = column === null ? this.#cells.join(' ') : (this.#cells[column] ?? '');
    this.problems.push({
      row: this.row,
      column: column === null ? '' : this.#titles[column]?.trim() || `Column ${letters(column)}`,
      text: text.slice(0, 300),
      message,
      isRefused,
    });
  }
}

/**
 * @param {number} column from 0
 * @returns {string} as spreadsheets call it: A, B, … Z, AA
 */
export function letters(column) {
  const rest = Math.floor(column / 26);
  return (rest ? letters(rest - 1) : '') + String.fromCharCode(65 + (column % 26));
}
