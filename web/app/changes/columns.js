import { formatNumber } from '../shared/phone-format.js';
import { when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessChange} BusinessChange
 *
 * @typedef {object} ChangedColumn
 * @property {string} label
 * @property {string | null} from null: the thing was added
 * @property {string | null} to null: the thing was removed
 */

const COUNTRIES = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
/** A longer text, such as a script, is cut. */
const LONGEST = 300;

/** @param {string} code */
const country = (code) => (/^[A-Z]{2}$/.test(code) ? (COUNTRIES.of(code) ?? code) : code);
/** @param {string} time `08:00:00` */
const clock = (time) => time.slice(0, 5);
/** @param {string} text */
const moment = (text) => when(text).exact;
/** @type {readonly [seconds: number, word: string][]} */
const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];
/**
 * In the largest unit of which it is a whole number: 2880 minutes are 2 days.
 *
 * @param {number} seconds of one
 */
const span = (seconds) => (/** @type {string} */ number) => {
  const all = Number(number) * seconds;
  const [unit, word] = UNITS.find(([size]) => all && all % size === 0) ?? [1, 'second'];
  return `${all / unit} ${word}${all === unit ? '' : 's'}`;
};
/** @param {Readonly<Record<string, string>>} words */
const oneOf = (words) => (/** @type {string} */ value) => words[value] ?? value;

const RECORDED = oneOf({ off: 'no calls', on_demand: 'on demand', all: 'all calls' });
const AGREED = oneOf({
  announce: 'by a notice',
  confirm: 'the rep asks',
  both: 'by a notice, and the rep asks',
});
const ANY_TIME = 'any time';

/**
 * Each column that the record can have: its name, how its values are said, and what null means.
 *
 * @type {Readonly<Record<string, [label: string, say?: (value: string) => string, nothing?: string]>>}
 */
export const COLUMNS = {
  // The business.
  name: ['Name'],
  country: ['Country', country, 'any'],
  allowed_countries: ['Countries that may be called', country, 'the business’s own'],
  calling_hours_start: ['Calls from', clock, ANY_TIME],
  calling_hours_end: ['Calls until', clock, ANY_TIME],
  calls_per_rep_per_minute: ['Calls of one person in a minute'],
  calls_per_rep_per_day: ['Calls of one person in 24 hours'],
  concurrent_calls: ['Calls of all people at once'],
  max_call_seconds: ['A call is ended after', span(1)],
  token_grants_per_minute: ['Access tokens of one person in a minute'],
  recording_mode: ['Which calls are recorded', RECORDED],
  consent_mode: ['How leads agree', AGREED, 'as the business'],
  recording_notice: ['Notice', undefined, 'the usual one'],
  recording_retention_days: ['Recordings are kept', span(86_400)],
  recording_access: ['Agents hear', oneOf({ own: 'their own calls', all: 'all calls' })],
  time_zone: ['Time zone', undefined, 'that of the number'],
  conversation_seconds: ['A conversation begins after', span(1)],
  week_start: [
    'The week begins on',
    oneOf({
      0: 'Sunday',
      1: 'Monday',
      2: 'Tuesday',
      3: 'Wednesday',
      4: 'Thursday',
      5: 'Friday',
      6: 'Saturday',
    }),
  ],

  // People.
  role: ['Role', oneOf({ owner: 'Owner', manager: 'Manager', agent: 'Agent' })],
  display_name: ['Name'],
  email: ['E-mail address'],
  invited_by: ['Invited by'],
  expires_at: ['Valid until', moment],
  state: ['State'],
  answered_at: ['Answered', moment],
  answered_by: ['Answered by'],

  // Caller IDs, outcomes, recording rules.
  phone_number: ['Number', formatNumber],
  label: ['Label'],
  is_default: ['Default'],
  effect: [
    'What it does',
    oneOf({
      done: 'done',
      retry: 'try again',
      call_back: 'call back',
      wrong_number: 'wrong number',
      do_not_call: 'do not call',
    }),
  ],
  is_success: ['Counts as a success'],
  position: ['Place in the list'],
  is_archived: ['Archived'],
  region: ['State of the US', undefined, 'all'],
  mode: [
    'Mode',
    oneOf({
      preview: 'the rep looks first',
      power: 'one call after the other',
      off: 'no calls recorded',
      on_demand: 'recorded on demand',
      all: 'all calls recorded',
    }),
    'as the business',
  ],

  // Voicemail messages.
  duration_seconds: ['Length', span(1)],
  is_shared: ['For colleagues, too'],
  deleted_at: ['Deleted', moment],

  // Campaigns.
  script: ['Script'],
  caller_id: ['Caller ID', formatNumber, 'the default'],
  wrap_up_seconds: ['Pause between calls', span(1)],
  max_attempts: ['Calls of a lead at most'],
  max_attempts_per_day: ['Calls of a lead in a day at most'],
  machine_detection: ['Detects answering machines'],
  is_paused: ['Paused'],
  result: ['Result'],
  after_minutes: ['Called again after', span(60), 'never'],
  max_times: ['So many times at most', undefined, 'as the campaign'],

  // The do-not-call list and contacts.
  reason: ['Reason'],
  created_by: ['Added by'],
  company: ['Company'],
  campaign_id: ['Campaign'],
  row_count: ['Rows'],
  undo_reason: ['Taken back because'],
  leads: ['Contacts'],
  conversations: ['Calls'],
  held: ['Calls kept by a legal hold'],
};
/** Ids say nothing to people; the sentence of the change says who. */
const UNTOLD = new Set([
  'invited_by',
  'answered_by',
  'created_by',
  'campaign_id',
  'import_id',
  'told_apart_from',
]);

/** What the sentence of a change says: by whom an invitation was answered, and how. */
const SAID = new Set(['invitation state', 'invitation answered_at']);

/**
 * What changed, column by column. Of what was added or removed, what it has not is left out, and the name that
 * stands in the sentence of the change.
 *
 * @param {Pick<BusinessChange, 'subject' | 'subject_name' | 'before' | 'after'>} change
 * @returns {ChangedColumn[]}
 */
export function changedColumns({ subject, subject_name: called, before, after: now }) {
  // A contact that was merged is not there any more; its sentence says into which.
  const after = now?.merged_into ? null : now;
  const both = before !== null && after !== null;
  const isTold = (/** @type {string} */ name) =>
    !UNTOLD.has(name) && !SAID.has(`${subject} ${name}`);
  /** @param {unknown} value */
  const isSaid = (value) => isNothing(value) || value === called;
  return Object.keys({ ...before, ...after })
    .filter(isTold)
    .filter((name) => both || !isSaid((after ?? before)?.[name]))
    .map((name) => ({
      label: labelOf(name),
      from: before && valueOf(name, before[name]),
      to: after && valueOf(name, after[name]),
    }))
    .filter(({ from, to }) => from !== to);
}

/** @param {string} name */
function labelOf(name) {
  const words = name.replaceAll('_', ' ');
  return COLUMNS[name]?.[0] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {unknown} value */
function isNothing(value) {
  return value === null || value === undefined || value === false || value === '';
}

/**
 * @param {string} name of the column
 * @param {unknown} value
 * @returns {string}
 */
function valueOf(name, value) {
  const [, say = (/** @type {string} */ text) => text, nothing = 'none'] = COLUMNS[name] ?? [];
  if (value === null || value === undefined || value === '') return nothing;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map((one) => say(String(one))).join(', ') || 'none';
  if (typeof value === 'object') {
    return Object.entries(value)
      .filter(([, one]) => !isNothing(one) && one !== 0)
      .map(([key, one]) => `${key.replaceAll('_', ' ')} ${one}`)
      .join(', ');
  }
  const text = say(String(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
