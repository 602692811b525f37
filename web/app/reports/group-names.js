import { countryName } from '../shared/countries.js';

/**
 * @typedef {import('../quality/words.js').Part} Part text from elsewhere is a name
 * @typedef {import('../../henk-voice/henk-voice.js').ReportGroup} ReportGroup
 * @typedef {'campaign' | 'rep' | 'country' | 'outcome'} ComparedKind what tables of the page compare
 *
 * @typedef {object} Known
 * @property {(userId: string) => string} personName
 * @property {(outcome: string) => string} outcomeWord
 */

/** What is said of calls that have none. @type {Readonly<Record<ComparedKind, string>>} */
const NONE = {
  campaign: 'Without a campaign',
  rep: 'Nobody of the business',
  country: 'Country not known',
  outcome: 'Without an outcome',
};

/**
 * @param {ComparedKind} kind
 * @param {Pick<ReportGroup, 'key' | 'label'>} group
 * @param {Known} known
 * @returns {Part}
 */
export function groupName(kind, { key, label }, { personName, outcomeWord }) {
  if (key === null) return NONE[kind];
  if (kind === 'country') return countryName(key);
  if (kind === 'rep') return { name: label ?? personName(key) };
  if (kind === 'outcome') return { name: label ?? outcomeWord(key) };
  return label === null ? 'A campaign that was deleted' : { name: label };
}

/** @param {Part} part */
export function plainName(part) {
  return typeof part === 'string' ? part : part.name;
}
