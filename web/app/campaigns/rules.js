/**
 * @typedef {import('../../henk-voice/henk-voice.js').Outcome} Outcome
 * @typedef {import('../../henk-voice/henk-voice.js').RetryRule} RetryRule
 *
 * @typedef {object} RuleRow what happens after a result, by a rule of the campaign or as usual
 * @property {string} result
 * @property {string} label
 * @property {number | null} after_minutes null: the lead is not tried again
 * @property {number | null} max_times null: as often as the campaign allows
 * @property {boolean} isUsual there is no rule of the campaign
 * @property {Pick<RetryRule, 'after_minutes' | 'max_times'>} usual
 */

/** What a call does that nobody answers, as `private.default_rule` has it. */
const USUAL = {
  busy: { label: 'Busy', after_minutes: 15, max_times: null },
  'no-answer': { label: 'No answer', after_minutes: 240, max_times: null },
  canceled: { label: 'Canceled by the rep', after_minutes: 30, max_times: null },
  failed: { label: 'Not reached', after_minutes: 60, max_times: 2 },
};
const USUAL_AFTER_OUTCOME = { after_minutes: 1440, max_times: null };

/** What the page offers, in minutes. */
const CHOICES = [5, 15, 30, 60, 120, 240, 480, 1440, 2880, 4320, 10_080];
const UNITS = /** @type {const} */ ([
  [10_080, 'week'],
  [1440, 'day'],
  [60, 'hour'],
  [1, 'minute'],
]);
/** More is not a number of attempts. */
export const MOST_TIMES = 100;

/**
 * @param {readonly Outcome[]} outcomes of the business, in their order
 * @param {readonly RetryRule[]} rules of the campaign
 * @returns {RuleRow[]} each result after which a lead is tried again
 */
export function ruleRows(outcomes, rules) {
  const usual = [
    ...Object.entries(USUAL).map(([result, rule]) => ({ result, ...rule })),
    ...outcomes
      .filter(({ effect, is_archived: isArchived }) => effect === 'retry' && !isArchived)
      .map(({ key, label }) => ({ result: key, label: `“${label}”`, ...USUAL_AFTER_OUTCOME })),
  ];
  return usual.map(({ result, label, after_minutes: after, max_times: times }) => {
    const rule = rules.find((one) => one.result === result);
    return {
      result,
      label,
      after_minutes: rule ? rule.after_minutes : after,
      max_times: rule ? rule.max_times : times,
      isUsual: !rule,
      usual: { after_minutes: after, max_times: times },
    };
  });
}

/**
 * What has to be written so that the rows become what the person has chosen. A rule that says what is
 * usual is removed.
 *
 * @param {readonly RuleRow[]} rows
 * @param {ReadonlyMap<string, Pick<RetryRule, 'after_minutes' | 'max_times'>>} chosen by result
 * @returns {{ set: RetryRule[], remove: string[] }}
 */
export function ruleChanges(rows, chosen) {
  /** @type {{ set: RetryRule[], remove: string[] }} */
  const changes = { set: [], remove: [] };
  for (const row of rows) {
    const wish = chosen.get(row.result);
    if (!wish || isSame(wish, row)) continue;
    if (isSame(wish, row.usual)) changes.remove.push(row.result);
    else changes.set.push({ result: row.result, ...wish });
  }
  return changes;
}

/**
 * @param {Pick<RetryRule, 'after_minutes' | 'max_times'>} one
 * @param {Pick<RetryRule, 'after_minutes' | 'max_times'>} other
 */
function isSame(one, other) {
  // How often does not matter where a lead is not tried again.
  if (one.after_minutes === null || other.after_minutes === null) {
    return one.after_minutes === other.after_minutes;
  }
  return one.after_minutes === other.after_minutes && one.max_times === other.max_times;
}

/**
 * @param {number | null} present
 * @returns {number[]} minutes to choose from, with the present ones
 */
export function choicesWith(present) {
  const all = present === null ? CHOICES : [...CHOICES, present];
  return [...new Set(all)].sort((a, b) => a - b);
}

/**
 * @param {number} minutes
 * @returns {string} `15 minutes`, `4 hours`, `1 day`
 */
export function afterWords(minutes) {
  const [size, unit] = UNITS.find(([size]) => minutes % size === 0) ?? UNITS[3];
  const count = minutes / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/**
 * @param {string} text
 * @returns {number | null | undefined} null: no limit; undefined: not a number of times
 */
export function timesIn(text) {
  const trimmed = text.trim();
  if (!trimmed) return null;
  const times = Number(trimmed);
  return Number.isInteger(times) && times >= 1 && times <= MOST_TIMES ? times : undefined;
}
