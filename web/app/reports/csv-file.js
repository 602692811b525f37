import { csvText } from '../../henk-voice/henk-voice.js';
import { create } from '../shared/dom.js';

/** How long the browser may take to begin a download, in milliseconds. */
const LONGEST_START = 60_000;

/**
 * Gives a CSV file to the person.
 *
 * @param {string} name of the file, with its ending
 * @param {readonly string[]} header
 * @param {readonly (readonly (string | number | null)[])[]} rows
 */
export function downloadCsv(name, header, rows) {
  const text = csvText([header, ...rows]);
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  create('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), LONGEST_START);
}
