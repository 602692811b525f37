import { METRICS } from '../../henk-voice/henk-voice.js';
import { FIRST_PERIOD, PERIODS, problemOf } from './period.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CountName} CountName
 * @typedef {import('../../henk-voice/henk-voice.js').RateName} RateName
 * @typedef {import('../../henk-voice/henk-voice.js').TimeKind} TimeKind
 *
 * @typedef {object} Choice what the page shows; its address has all of it
 * @property {string} from
 * @property {string} to
 * @property {TimeKind | null} by the steps of the trend; null: as it fits
 * @property {CountName | RateName} metric of the trend
 * @property {(string | null)[]} campaignIds null: calls without a campaign. Empty: all
 * @property {(string | null)[]} userIds
 * @property {(string | null)[]} countries
 */

const PATH = '#/reports';
/** What stands in the address for null. */
const NONE = 'none';
const STEPS = /** @type {const} */ (['day', 'week', 'month']);
const FIRST_METRIC = 'connected';
/** The database takes as many. */
const MOST_VALUES = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The parts of the address that are lists, and what each of their values looks like. */
const LISTS = /** @type {const} */ ([
  ['campaign', 'campaignIds', UUID],
  ['person', 'userIds', UUID],
  ['country', 'countries', /^[A-Z]{2}$/],
]);

/**
 * @param {string} hash of the page's address
 * @param {string} today
 * @returns {Choice} what is not understood is left out
 */
export function choiceOf(hash, today) {
  const query = new URLSearchParams(hash.split('?')[1] ?? '');
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
  const days = problemOf(from, to) ? firstDays(today) : { from, to };
  const metric = query.get('metric') ?? '';
  const lists = LISTS.map(([name, field, form]) => {
    const values = query.getAll(name).filter((value) => value === NONE || form.test(value));
    const kept = [...new Set(values)].slice(0, MOST_VALUES);
    return [field, kept.map((value) => (value === NONE ? null : value))];
  });
  return {
    ...days,
    by: STEPS.find((step) => step === query.get('by')) ?? null,
    metric: isOfTrend(metric) ? metric : FIRST_METRIC,
    .../** @type {Pick<Choice, 'campaignIds' | 'userIds' | 'countries'>} */ (
      Object.fromEntries(lists)
    ),
  };
}

/**
 * @param {string} hash
 * @returns {string} what is wrong with the period that an address asks for; empty if nothing is
 */
export function problemOfAddress(hash) {
  const query = new URLSearchParams(hash.split('?')[1] ?? '');
  if (!query.has('from') && !query.has('to')) return '';
  return problemOf(query.get('from') ?? '', query.get('to') ?? '');
}

/**
 * @param {Choice} choice
 * @returns {string} for the page's address
 */
export function addressOf(choice) {
  const query = new URLSearchParams({ from: choice.from, to: choice.to });
  if (choice.by) query.set('by', choice.by);
  if (choice.metric !== FIRST_METRIC) query.set('metric', choice.metric);
  for (const [name, field] of LISTS) {
    for (const value of choice[field]) query.append(name, value ?? NONE);
  }
  return `${PATH}?${query}`;
}

/**
 * Where the page begins: back on it, people find what they left, but not the filters of another business, which find
 * nothing in this one.
 *
 * @param {string} hash of the page's address
 * @param {{ address: string, businessId: string } | undefined} left what the page showed last
 * @param {string} businessId
 * @param {string} today
 * @returns {string}
 */
export function firstAddress(hash, left, businessId, today) {
  const address = left && !hash.includes('?') ? left.address : hash;
  if (!left || left.businessId === businessId || address !== left.address) return address;
  const choice = choiceOf(address, today);
  return addressOf({ ...choice, campaignIds: [], userIds: [], countries: [] });
}

/** @param {string} today */
function firstDays(today) {
  const period = PERIODS[FIRST_PERIOD];
  if (!period) throw new TypeError(`There is no ${FIRST_PERIOD}.`);
  return period.days(today);
}

/** @param {string} name @returns {name is CountName | RateName} */
function isOfTrend(name) {
  return Object.hasOwn(METRICS, name) && !name.startsWith('helped');
}
