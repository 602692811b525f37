import { formatNumber } from '../shared/phone-format.js';
import { SUBJECTS } from './subjects.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessChange} BusinessChange
 * @typedef {(string | { name: string })[]} Sentence names are parts of their own
 */

/** What answers to an invitation are called. @type {Readonly<Record<string, string>>} */
const ANSWERS = { accepted: 'accepted', declined: 'declined', withdrawn: 'withdrew' };

/**
 * @param {BusinessChange} change
 * @param {string} userId who reads it
 * @returns {Sentence} who did what: `Dana changed the campaign Spring`
 */
export function sentenceOf(change, userId) {
  return [...whoDid(change, userId), ' ', ...whatWasDone(change)];
}

/**
 * @param {BusinessChange} change
 * @param {string} userId
 * @returns {Sentence}
 */
function whoDid({ changed_by: by, changed_by_name: name }, userId) {
  if (by === null) return ['The operator'];
  if (by === userId) return ['You'];
  return name ? [{ name }] : ['A colleague'];
}

/**
 * @param {BusinessChange} change
 * @returns {Sentence}
 */
function whatWasDone(change) {
  const { subject, before, after } = change;
  const named = nameOf(change);
  const special = SPECIAL[subject]?.(change, named);
  if (special) return special;
  const verb = before === null ? 'added' : after === null ? 'removed' : 'changed';
  return [`${verb} the ${SUBJECTS[subject] ?? subject.replaceAll('_', ' ')} `, ...named];
}

/**
 * @param {BusinessChange} change
 * @returns {Sentence}
 */
function nameOf({ subject_name: name, before, after }) {
  if (name) return [{ name: formatNumber(name) }];
  const isForgotten = [before, after].every((values) => !Object.keys(values ?? {}).length);
  return [isForgotten ? 'of somebody who was forgotten' : ''];
}

/** @type {Readonly<Record<string, (change: BusinessChange, named: Sentence) => Sentence | null>>} */
const SPECIAL = {
  business: ({ before }, named) =>
    before === null ? ['made the business ', ...named] : ['changed settings of the business'],

  member: ({ before, after, changed_by: by, subject_id: id }, named) => {
    if (before === null) return by === id ? ['joined the business'] : ['added ', ...named];
    if (after === null) return by === id ? ['left the business'] : ['removed ', ...named];
    if ('role' in after) {
      return by === id ? ['took another role'] : ['gave another role to ', ...named];
    }
    return by === id ? ['took another name'] : ['renamed ', ...named];
  },

  invitation: ({ before, after }, named) => {
    if (before === null) return ['invited ', ...named];
    const answer = ANSWERS[String(after?.state)];
    if (answer) return [`${answer} the invitation of `, ...named];
    const isRenewed = after?.expires_at && !('role' in after);
    return isRenewed ? ['renewed the invitation of ', ...named] : null;
  },

  do_not_call: ({ before, after }, named) => {
    if (before === null) return ['put ', ...named, ' on the do-not-call list'];
    return after === null ? ['took ', ...named, ' off the do-not-call list'] : null;
  },

  do_not_call_import: ({ before }, named) =>
    before === null
      ? ['put numbers on the do-not-call list from ', ...named]
      : ['took back the do-not-call numbers from ', ...named],

  network: ({ before, after }, named) => {
    if (before === null) return ['named a network ', ...named];
    return after === null ? ['took the name from the network ', ...named] : null;
  },

  voicemail_message: ({ after }, named) =>
    after?.deleted_at ? ['deleted the voicemail message ', ...named] : null,

  lead: ({ after }, named) => {
    const others = Number(after?.told_apart_from);
    if (others) {
      const who = others === 1 ? 'another contact' : `${others} other contacts`;
      return ['said that ', ...named, ` and ${who} are different people`];
    }
    if (!after?.merged_into) return null;
    const into = after.merged_into_name;
    const other = typeof into === 'string' ? { name: into } : 'another one';
    const calls = Number(after.moved_calls) || 0;
    const moved = calls ? [`, with ${calls === 1 ? '1 call' : `${calls} calls`}`] : [];
    return ['merged the contact ', ...named, ' into ', other, ...moved];
  },

  lead_import: ({ before, after }, named) => {
    if (before === null) return ['began to import contacts from ', ...named];
    if (after?.state === 'finished') return ['imported contacts from ', ...named];
    return after?.state === 'undone' ? ['took back the import from ', ...named] : null;
  },

  erasure: () => ['had a person forgotten'],
};
