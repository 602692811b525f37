import { csvText } from '../../henk-voice/henk-voice.js';
import { counted, number } from '../fill/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ForbiddenNumber} ForbiddenNumber
 * @typedef {import('../../henk-voice/henk-voice.js').ForbiddenPlan} ForbiddenPlan
 * @typedef {import('../../henk-voice/henk-voice.js').LeadFile} LeadFile
 * @typedef {import('../../henk-voice/henk-voice.js').NumberProgress} NumberProgress
 */

/** The list counts no further. */
const MOST_COUNTED = 10_000;
const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const OUTCOME = new RegExp(`^Outcome of call ${ID}$`);

/**
 * @param {number} count
 * @param {string} search what was searched for
 */
export function countSentence(count, search) {
  const numbers =
    count >= MOST_COUNTED ? `${number(MOST_COUNTED)} or more numbers` : counted(count, 'number');
  if (search) return count ? `${numbers} found.` : `Nobody on the list matches “${search}”.`;
  return count ? `${numbers} on the list.` : 'The list is empty.';
}

/**
 * @param {number} count of those that are shown
 * @param {boolean} more whether there are others
 * @param {string} search what was searched for
 */
export function removalsSentence(count, more, search) {
  if (!count)
    return search ? `Nobody who was taken off matches “${search}”.` : 'Nobody was taken off yet.';
  return more ? `The latest ${counted(count, 'removal')}.` : `${counted(count, 'removal')}.`;
}

/**
 * @param {number} count of the numbers that can never match
 * @param {number} all of the list
 * @param {number} shown
 */
export function neverSentence(count, all, shown) {
  if (!count) return 'All numbers of the list can match.';
  const rest = shown < count ? ` The first ${number(shown)} are shown; the export has all.` : '';
  return `${number(count)} of ${number(all)} can never match: these people may be called.${rest}`;
}

/**
 * @param {string | null} reason of an entry
 * @returns {string} for people: an outcome's reason names a call by its id
 */
export function reasonWords(reason) {
  if (!reason) return '';
  if (OUTCOME.test(reason)) return 'Said so in a call';
  return reason === 'Outcome without a call' ? 'A rep’s outcome, without a call' : reason;
}

/**
 * @param {ForbiddenPlan} plan
 * @returns {string[]} a sentence for each kind of row that there is
 */
export function planSentences({ counts }) {
  const are = (/** @type {number} */ count) => (count === 1 ? 'is' : 'are');
  return [
    `${counted(counts.new, 'number')} ${are(counts.new)} put on the list.`,
    counts.known &&
      `${counted(counts.known, 'number')} ${counts.known === 1 ? 'stands' : 'stand'} there already, and ${are(counts.known)} left as ${counts.known === 1 ? 'it is' : 'they are'}.`,
    counts.repeated &&
      `${counted(counts.repeated, 'row')} ${counts.repeated === 1 ? 'has' : 'have'} the number of an earlier row.`,
    counts.refused &&
      `${counted(counts.refused, 'row')} can never match and ${are(counts.refused)} left out: correct what the report says, or these people may be called.`,
    counts.blank && `${counted(counts.blank, 'row')} ${are(counts.blank)} empty.`,
  ].filter((sentence) => typeof sentence === 'string');
}

/**
 * The report on a file: every row about which there is something to say, with all of its cells, so that it can be
 * mended and imported again.
 *
 * @param {ForbiddenPlan} plan
 * @param {LeadFile} file
 * @param {boolean} hasTitles
 * @returns {string} a CSV file
 */
export function reportOf({ rows, problems }, file, hasTitles) {
  const titles = hasTitles ? (file.rows[(rows[0]?.row ?? 1) - 2]?.cells ?? []) : [];
  const results = new Map(rows.map(({ row, result }) => [row, result]));
  const words = { new: 'yes', known: 'stands there', repeated: 'yes', refused: 'no', blank: 'no' };
  const head = ['Row in the file', 'On the list?', 'Problem', 'In column'];
  const lines = problems.map(({ row, message, column }) => [
    row,
    words[results.get(row) ?? 'refused'],
    message,
    column,
    ...(file.rows[row - 1]?.cells ?? []),
  ]);
  return csvText([[...head, ...titles], ...lines]);
}

/** @param {NumberProgress} progress */
export function phaseWords({ phase, done, total }) {
  const of = total ? `${number(done)} of ${number(total)}` : number(done);
  return {
    numbers: `Reading phone numbers: ${of}`,
    list: `Looking at the list: ${of}`,
    sending: `Importing: ${of} numbers. What is there counts already.`,
    undoing: `Taking numbers off the list: ${of}`,
  }[phase];
}

/**
 * The list as a file, which can be imported again.
 *
 * @param {readonly Pick<ForbiddenNumber, 'phone_number' | 'reason' | 'created_by' | 'created_at'>[]} entries
 * @param {(userId: string | null) => string} nameOf
 * @returns {{ header: string[], rows: string[][] }}
 */
export function fileOf(entries, nameOf) {
  const rows = entries.map((entry) => [
    entry.phone_number,
    entry.reason ?? '',
    nameOf(entry.created_by),
    entry.created_at,
  ]);
  return { header: ['Phone number', 'Reason', 'Added by', 'Added at'], rows };
}
