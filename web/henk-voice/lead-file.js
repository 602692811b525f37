import { decode } from './csv-encoding.js';
import { csvRows, separatorOf } from './csv.js';
import { VoiceError, failure } from './failures.js';
import { guessColumns } from './lead-columns.js';
import { Pace } from './pace.js';

/**
 * @typedef {import('./csv.js').CsvRow} CsvRow
 * @typedef {import('./lead-columns.js').LeadColumns} LeadColumns
 *
 * @typedef {object} LeadFile
 * @property {string} name
 * @property {Uint8Array} bytes
 * @property {string} encoding as it was read
 * @property {boolean} isGuess whether letters other than A to Z may be wrong: choose another of `ENCODINGS`
 * @property {string} separator
 * @property {CsvRow[]} rows all of them, titles and empty ones included
 * @property {boolean} hasTitles whether the first row has the titles, as it was guessed
 * @property {LeadColumns} columns as they were guessed
 */

/** How many rows an import may have. */
export const MOST_ROWS = 100_000;
const MOST_BYTES = 50_000_000;
export const TOO_MANY_ROWS = 'It has more than 100,000 rows.';

/**
 * Reads a CSV file, however a spreadsheet has written it. The page stays alive meanwhile.
 *
 * @param {Blob & { name: string }} file
 * @param {{ encoding?: string | null, signal?: AbortSignal }} [options] `encoding`: a name of `ENCODINGS`, for
 *   a file that was read wrongly
 * @returns {Promise<LeadFile>}
 * @throws {VoiceError} `unreadable_file`
 */
export async function readLeadFile(file, { encoding = null, signal } = {}) {
  if (file.size > MOST_BYTES) throw tooLarge(`It has more than ${MOST_BYTES / 1e6} MB.`);
  const bytes = new Uint8Array(await contentOf(file));
  const decoded = decode(bytes, encoding);
  const { separator, skipped } = separatorOf(decoded.text);
  const pace = new Pace();
  /** @type {CsvRow[]} */
  const rows = [];
  // The line `sep=;` is a row of the spreadsheet.
  if (skipped) rows.push({ cells: [], isBroken: false });
  // Spreadsheets write up to a million empty rows after the last one.
  let full = 0;
  for (const row of csvRows(decoded.text.slice(skipped), separator)) {
    rows.push(row);
    if (!isBlank(row)) full += 1;
    if (full > MOST_ROWS + 1) throw tooLarge(TOO_MANY_ROWS);
    if (pace.isDue) await pace.breathe();
    signal?.throwIfAborted();
  }
  while (rows.length && isBlank(rows.at(-1))) rows.pop();
  const firstFull = rows.findIndex((row) => !isBlank(row));
  if (firstFull < 0)
    throw new VoiceError(failure('unreadable_file', { message: 'The file is empty.' }));
  const guessed = guessColumns(rows.slice(firstFull).filter((row) => !isBlank(row)));
  return {
    name: file.name,
    bytes,
    encoding: decoded.encoding,
    isGuess: decoded.isGuess,
    separator,
    rows,
    ...guessed,
  };
}

/** @param {CsvRow | undefined} row */
export function isBlank(row) {
  return !row || row.cells.every((cell) => !cell.trim());
}

/**
 * @param {LeadFile} file
 * @param {boolean} hasTitles
 * @returns {number} how many rows come before the first that may have a lead
 */
export function rowsBeforeLeads(file, hasTitles) {
  return hasTitles ? file.rows.findIndex((row) => !isBlank(row)) + 1 : 0;
}

/** @param {Blob} file */
async function contentOf(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    // It was moved, changed or locked since it was chosen.
    throw new VoiceError(
      failure('unreadable_file', { message: 'The browser could not open the file.' }),
    );
  }
}

/** @param {string} message */
export function tooLarge(message) {
  return new VoiceError(
    failure('unreadable_file', { message, action: 'Split it into several files.' }),
  );
}
