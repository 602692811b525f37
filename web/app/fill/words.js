import { csvText } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Added} Added
 * @typedef {import('../../henk-voice/henk-voice.js').ImportPlan} ImportPlan
 * @typedef {import('../../henk-voice/henk-voice.js').ImportProgress} ImportProgress
 * @typedef {import('../../henk-voice/henk-voice.js').LeadFile} LeadFile
 * @typedef {import('../../henk-voice/henk-voice.js').LeadImport} LeadImport
 * @typedef {import('../../henk-voice/henk-voice.js').RowProblem} RowProblem
 */

/** @param {number} count */
export function number(count) {
  return count.toLocaleString('en-US');
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/**
 * @param {Added} added
 * @returns {string} `2 leads were added. Left out: 1 is on the do-not-call list.`
 */
export function addedSentence(added) {
  const reasons = [
    added.already && `${number(added.already)} already in this queue or done`,
    added.do_not_call && `${number(added.do_not_call)} on the do-not-call list`,
    added.wrong_number && `${number(added.wrong_number)} with a wrong number`,
    added.without_number && `${number(added.without_number)} without a phone number`,
    added.not_found && `${number(added.not_found)} that are not there any more`,
  ].filter(Boolean);
  const first = `${counted(added.added, 'lead')} ${added.added === 1 ? 'was' : 'were'} added.`;
  return reasons.length ? `${first} Left out: ${reasons.join(', ')}.` : first;
}

/**
 * @param {LeadImport} row an import that is over
 * @returns {string} what it has brought
 */
export function importedSentence({ campaign_id: campaignId, result }) {
  if (!result) return '';
  if (campaignId) return addedSentence(result);
  const reasons = [
    result.known && `${number(result.known)} that you had already`,
    result.repeated && `${number(result.repeated)} with the number of another row`,
    result.refused && `${number(result.refused)} that were not understood`,
  ].filter(Boolean);
  const first = `${counted(result.new, 'contact')} ${result.new === 1 ? 'was' : 'were'} added.`;
  return reasons.length ? `${first} Left out: ${reasons.join(', ')}.` : first;
}

/**
 * @param {ImportPlan} plan
 * @param {boolean} [isWithoutQueue] whether it is imported for no queue
 * @returns {string[]} a sentence for each kind of row that there is
 */
export function planSentences({ counts, notQueued }, isWithoutQueue = false) {
  const is = (/** @type {number} */ count) => (count === 1 ? 'is' : 'are');
  // Whom a queue calls is a lead.
  const noun = isWithoutQueue ? 'contact' : 'lead';
  return [
    `${counted(counts.new, `row is a new ${noun}`, `rows are new ${noun}s`)}.`,
    counts.known &&
      `${counted(counts.known, `row is a ${noun}`, `rows are ${noun}s`)} that you have already. What you know of ${counts.known === 1 ? 'it' : 'them'} stays.`,
    counts.repeated &&
      `${counted(counts.repeated, 'row')} ${counts.repeated === 1 ? 'has' : 'have'} the number of an earlier row.`,
    counts.refused &&
      `${counted(counts.refused, 'row')} ${is(counts.refused)} not understood and left out.`,
    !isWithoutQueue &&
      notQueued &&
      `${counted(notQueued, 'lead')} must not be called and ${is(notQueued)} not queued.`,
    counts.blank && `${counted(counts.blank, 'row')} ${is(counts.blank)} empty.`,
  ].filter((sentence) => typeof sentence === 'string');
}

/** @param {ImportProgress} progress */
export function phaseWords({ phase, done, total }) {
  const of = total ? `${number(done)} of ${number(total)}` : number(done);
  return {
    numbers: `Reading phone numbers: ${of}`,
    leads: `Looking for leads that you have: ${of}`,
    sending: `Importing: ${of} rows.`,
    queueing: total ? `Filling the queue: ${of}` : 'Filling the queue…',
    undoing: 'Undoing…',
  }[phase];
}

/**
 * @param {LeadImport} row
 * @returns {{ text: string, canFinish: boolean, canUndo: boolean }} what an earlier import needs
 */
export function importWords(row) {
  const can = { canFinish: false, canUndo: true };
  const isNothing = row.campaign_id ? ' Nothing of it is in the queue.' : '';
  const rows = `${number(row.received)} of ${counted(row.row_count, 'row')}`;
  switch (row.state) {
    case 'open':
      return row.received < row.row_count
        ? {
            ...can,
            text: `stopped after ${rows}.${isNothing} To go on, choose the same file again.`,
          }
        : { ...can, canFinish: true, text: `has all rows, and is not finished.${isNothing}` };
    case 'finishing':
      return {
        ...can,
        canFinish: true,
        text: `stopped while it filled the queue: ${number(row.queued)} of ${counted(row.row_count, 'row')} are there.`,
      };
    case 'undoing':
      return { ...can, text: 'is undone in part.' };
    case 'undone':
      return { ...can, canUndo: false, text: 'was undone.' };
    default:
      return { ...can, text: `is complete. ${importedSentence(row)}` };
  }
}

/**
 * The report on a file: every row about which there is something to say, with all of its cells, so that it can
 * be mended and imported again.
 *
 * @param {ImportPlan} plan
 * @param {LeadFile} file
 * @param {boolean} hasTitles
 * @returns {string} a CSV file
 */
export function reportOf(plan, file, hasTitles) {
  const before = hasTitles ? file.rows.slice(0, (plan.rows[0]?.row ?? 1) - 1).at(-1) : undefined;
  const head = ['Row in the file', 'Imported?', 'Problem', 'In column'];
  const lines = plan.problems.map(({ row, isRefused, message, column }) => [
    row,
    isRefused ? 'no' : 'yes',
    message,
    column,
    ...(file.rows[row - 1]?.cells ?? []),
  ]);
  return csvText([[...head, ...(before?.cells ?? [])], ...lines]);
}
