import { letters, whyNoNumber } from './import-plan.js';
import { MOST_ROWS, TOO_MANY_ROWS, isBlank, rowsBeforeLeads, tooLarge } from './lead-file.js';
import { Pace } from './pace.js';

/**
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 * @typedef {import('./import-plan.js').Readers} Readers
 * @typedef {import('./import-plan.js').RowProblem} RowProblem
 * @typedef {import('./lead-file.js').LeadFile} LeadFile
 *
 * @typedef {object} ForbiddenColumns the columns of a file, from 0; null if the file has none
 * @property {number | null} phone_number
 * @property {number | null} reason
 *
 * @typedef {'new' | 'known' | 'repeated' | 'refused' | 'blank'} ForbiddenResult
 *
 * @typedef {object} ForbiddenRow
 * @property {number} row its number in the spreadsheet
 * @property {ForbiddenResult} result what becomes of it. new: it is put on the list. known: the person stands there
 *   already. repeated: an earlier row has the person. refused: it has no number that could be called, `problems` say
 *   why. blank: nothing stands in it
 * @property {string | null} number in E.164; null if it is refused or blank
 * @property {string | null} reason
 *
 * @typedef {object} ForbiddenPlan what bringing a file would do
 * @property {string} id of the import
 * @property {string} fileName
 * @property {ForbiddenRow[]} rows one for each row of the file after the titles
 * @property {RowProblem[]} problems in the order of the rows
 * @property {Record<ForbiddenResult, number>} counts rows
 */

const LONGEST_REASON = 500;
const REASON_TITLE =
  /^(reason|why|comment|comments|note|notes|grund|bemerkung|raison|motif|motivo|reden|opmerking)$/i;

/**
 * @param {LeadFile} file
 * @returns {ForbiddenColumns} what its columns hold, as it is guessed
 */
export function forbiddenColumns(file) {
  const titles = file.hasTitles ? (file.rows.find((row) => !isBlank(row))?.cells ?? []) : [];
  const reason = titles.findIndex((title) => REASON_TITLE.test(title.trim()));
  const number = file.columns.phone_number;
  return { phone_number: number, reason: reason < 0 || reason === number ? null : reason };
}

/**
 * Why an entry with this number would protect nobody.
 *
 * @param {NumberReading | undefined} reading
 * @returns {string | null} a sentence; null if a call can go to it
 */
export function whyNever(reading) {
  if (reading?.to && !reading.problem) return null;
  if (reading?.problem === 'several_numbers') return 'These are several numbers.';
  if (reading?.problem === 'number_type_not_allowed')
    return 'Nobody can call numbers of this kind, so an entry does nothing.';
  return 'This is not a phone number that anybody can call.';
}

/**
 * @param {LeadFile} file
 * @param {{ hasTitles: boolean, columns: ForbiddenColumns }} how its columns are read
 * @param {Readers} readers
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<ForbiddenPlan>}
 */
export async function planNumbers(file, { hasTitles, columns }, readers, signal) {
  const before = rowsBeforeLeads(file, hasTitles);
  if (file.rows.length - before > MOST_ROWS) throw tooLarge(TOO_MANY_ROWS);
  const titles = hasTitles ? (file.rows[before - 1]?.cells ?? []) : [];
  const given = file.rows.slice(before);
  const textOf = (/** @type {import('./csv.js').CsvRow | undefined} */ row) =>
    columns.phone_number === null ? '' : (row?.cells[columns.phone_number] ?? '').trim();
  const texts = new Set(
    given
      .filter(({ isBroken }) => !isBroken)
      .map(textOf)
      .filter(Boolean),
  );
  const readings = await readers.readNumbers([...texts]);
  const numbers = [...readings.values()].flatMap((reading) =>
    reading.to && !whyNever(reading) ? [reading.to] : [],
  );
  const facts = await readers.lookUp([...new Set(numbers)]);

  const pace = new Pace();
  /** By subscriber, the row that comes first. @type {Map<string, number>} */
  const firstRows = new Map();
  /** @type {ForbiddenRow[]} */
  const rows = [];
  /** @type {RowProblem[]} */
  const problems = [];
  for (const [place, fileRow] of given.entries()) {
    if (pace.isDue) await pace.breathe();
    signal?.throwIfAborted();
    const row = before + place + 1;
    const tell = (/** @type {string} */ message, isRefused = false) => {
      const column = columns.phone_number;
      const isWhole = column === null || fileRow.isBroken;
      problems.push({
        row,
        column: isWhole ? '' : titles[column]?.trim() || `Column ${letters(column)}`,
        text: (isWhole ? fileRow.cells.join(' ') : textOf(fileRow)).slice(0, 300),
        message,
        isRefused,
      });
    };
    const become = (/** @type {ForbiddenResult} */ result, /** @type {string | null} */ number) =>
      rows.push({ row, result, number, reason: number ? reasonOf(fileRow.cells, columns) : null });

    if (isBlank(fileRow)) {
      become('blank', null);
      continue;
    }
    const text = textOf(fileRow);
    const reading = readings.get(text);
    if (fileRow.isBroken || !reading?.to || whyNever(reading)) {
      const why = fileRow.isBroken
        ? 'A quotation mark is not closed, so nobody knows where the cells end.'
        : whyNoNumber(text, reading?.problem ?? null);
      tell(why, true);
      become('refused', null);
      continue;
    }
    const subscriber = facts.get(reading.to)?.subscriber ?? reading.to;
    const first = firstRows.get(subscriber);
    if (first !== undefined) {
      tell(`Row ${first} has the same number.`);
      become('repeated', reading.to);
      continue;
    }
    firstRows.set(subscriber, row);
    if (reading.extension)
      tell(`The extension ${reading.extension} is not kept: nobody calls the whole number.`);
    if (reading.leftOut) tell(`“${reading.leftOut}” is not part of the number, and is not kept.`);
    if (!reading.known)
      tell('No country is known to have given out this number. Look whether it is right.');
    become(facts.get(reading.to)?.do_not_call ? 'known' : 'new', reading.to);
  }
  const counts = { new: 0, known: 0, repeated: 0, refused: 0, blank: 0 };
  for (const { result } of rows) counts[result] += 1;
  const fileName = file.name.trim().slice(0, 200) || 'file';
  return { id: crypto.randomUUID(), fileName, rows, problems, counts };
}

/**
 * @param {string[]} cells
 * @param {ForbiddenColumns} columns
 * @returns {string | null}
 */
function reasonOf(cells, { reason }) {
  const text = reason === null ? '' : (cells[reason] ?? '').replace(/\s+/gu, ' ').trim();
  // In files that we have written a text like a formula has an apostrophe before it.
  const plain = /^'([=+\-@].*)$/.exec(text)?.[1] ?? text;
  return [...plain].slice(0, LONGEST_REASON).join('') || null;
}
