/**
 * @typedef {object} CsvRow
 * @property {string[]} cells
 * @property {boolean} isBroken whether a quotation mark of it is not closed, or stands where none may
 */

/** Excel's cells have 32,767 characters. A longer one is a quotation mark that nobody closed. */
const LONGEST_CELL = 40_000;
/** The separators of spreadsheets, the likeliest first. */
const SEPARATORS = [',', ';', '\t', '|'];
/** How many rows say which separator a file has. */
const SAMPLE = 20;
/** How texts begin that a spreadsheet computes: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/**
 * Reads the rows of a CSV file (RFC 4180, and what spreadsheets make of it), one after the other. A row whose
 * quotation marks do not fit is read up to the end of its line, so that it spoils no other row.
 *
 * @param {string} text
 * @param {string} separator
 * @returns {Generator<CsvRow>} also the empty rows: a row's number is that of the spreadsheet
 */
export function* csvRows(text, separator) {
  let at = 0;
  while (at < text.length) {
    const row = readRow(text, at, separator, true) ?? readRow(text, at, separator, false);
    if (!row) return;
    yield { cells: row.cells, isBroken: row.isBroken };
    at = row.end;
  }
}

/**
 * @param {string} text
 * @param {number} from where the row begins
 * @param {string} separator
 * @param {boolean} quoted whether quotation marks have a meaning
 * @returns {{ cells: string[], isBroken: boolean, end: number } | null} null if its marks do not fit
 */
function readRow(text, from, separator, quoted) {
  const cells = [];
  for (let at = from; ;) {
    let cell;
    if (quoted && text[at] === '"') {
      const end = closingMark(text, at);
      if (end < 0) return null;
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      // Spaces after the mark mean nothing; any other character means that the mark was none.
      while (text[at] === ' ') at += 1;
      if (at < text.length && text[at] !== separator && !isLineEnd(text, at)) return null;
    } else {
      const start = at;
      while (at < text.length && text[at] !== separator && !isLineEnd(text, at)) at += 1;
      cell = text.slice(start, at);
    }
    cells.push(cell);
    if (at < text.length && text[at] === separator) {
      at += 1;
      continue;
    }
    const end = text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1;
    return { cells, isBroken: !quoted, end };
  }
}

/**
 * @param {string} text
 * @param {number} at
 */
function isLineEnd(text, at) {
  return text[at] === '\n' || text[at] === '\r';
}

/**
 * @param {string} text
 * @param {number} opening where the opening mark stands
 * @returns {number} where the closing one stands; -1 if there is none
 */
function closingMark(text, opening) {
  for (let at = opening + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0 || at - opening > LONGEST_CELL) return -1;
    if (text[at + 1] !== '"') return at;
  }
}

/**
 * Excel writes `sep=;` into the first line of some files.
 *
 * @param {string} text
 * @returns {{ separator: string, skipped: number }} the separator, and how many characters come before
 *   the first row
 */
export function separatorOf(text) {
  const said = /^"?sep=(.)"?(\r\n|\r|\n|$)/i.exec(text);
  if (said) return { separator: said[1] ?? ',', skipped: said[0].length };
  let best = { separator: ',', score: 0 };
  for (const separator of SEPARATORS) {
    const score = regularity(text, separator);
    if (score > best.score) best = { separator, score };
  }
  return { separator: best.separator, skipped: 0 };
}

/**
 * How much this looks like the separator: many rows with the same number of cells, and more than one.
 *
 * @param {string} text
 * @param {string} separator
 */
function regularity(text, separator) {
  /** @type {Map<number, number>} */
  const widths = new Map();
  let seen = 0;
  for (const { cells } of csvRows(text.slice(0, 200_000), separator)) {
    if (cells.length === 1 && !cells[0]?.trim()) continue;
    widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
    seen += 1;
    if (seen === SAMPLE) break;
  }
  const scores = [...widths].map(([width, rows]) => (width > 1 ? rows / seen + width / 1000 : 0));
  return Math.max(0, ...scores);
}

/**
 * A CSV file for Excel. A text that a spreadsheet would take for a formula gets an apostrophe before it, so that
 * what somebody else wrote into a name is never executed. Numbers stay numbers, also those below 0.
 *
 * @param {readonly (readonly unknown[])[]} rows
 * @returns {string} with a byte order mark, which tells Excel that it is UTF-8
 */
export function csvText(rows) {
  const lines = rows.map((row) => row.map(written).join(','));
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

/** @param {unknown} cell */
function written(cell) {
  if (typeof cell === 'number') return String(cell);
  const text = String(cell ?? '');
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",;\t\r\n|]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
