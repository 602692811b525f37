import { LIMITS, settingProblems } from '../../henk-voice/henk-voice.js';
import { create, element, say } from '../shared/dom.js';
import { LIMIT_FIELDS, limitWords } from './limit-words.js';
import { SettingsForm } from '../shared/settings-form.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Limit} Limit
 * @typedef {import('../shared/settings-form.js').Field} Field
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessSettings} BusinessSettings
 * @typedef {import('../shared/settings-source.js').SettingsSource<BusinessSettings>} SettingsSource
 */

const NUMBER = new Intl.NumberFormat('en');

/**
 * How often the business may call, and what each number means.
 *
 * @param {SettingsSource} source
 */
export function startLimitsForm(source) {
  const { team } = source.context;
  const limits = /** @type {Limit[]} */ (Object.keys(LIMIT_FIELDS)).map(limitField);
  element('limits-list', HTMLElement).append(...limits.map(({ box }) => box));
  new SettingsForm(source, {
    name: 'limits',
    problems: settingProblems,
    fields: Object.fromEntries(limits.map(({ limit, field }) => [limit, field])),
    onShow: () => {
      for (const { limit, field, meaning } of limits) {
        const value = field.read();
        const [least, most] = LIMITS[limit];
        const isPossible = Number.isInteger(value) && value >= least && value <= most;
        say(meaning, isPossible ? limitWords(limit, value, Math.max(team.size, 1)) : '');
      }
    },
  });
}

/** @param {Limit} limit */
function limitField(limit) {
  const { label, unit } = LIMIT_FIELDS[limit];
  const [least, most] = LIMITS[limit].map((bound) => bound / unit);
  const id = `limit-${limit}`;
  const input = create('input', {
    id,
    type: 'number',
    min: String(least),
    max: String(most),
    step: unit === 1 ? '1' : 'any',
    inputmode: unit === 1 ? 'numeric' : 'decimal',
    'aria-describedby': `${id}-meaning ${id}-error`,
  });
  const meaning = create('p', { class: 'hint', id: `${id}-meaning` });
  const error = create('p', { class: 'field-error', id: `${id}-error`, role: 'alert' });
  const box = create(
    'div',
    { class: 'field' },
    create('label', { for: id }, label),
    input,
    meaning,
    error,
  );
  /** @type {Field} */
  const field = {
    input,
    // A third of a minute has no end.
    read: () => (input.value === '' ? NaN : round(Number(input.value) * unit, unit)),
    write: (value) => (input.value = String(Number((value / unit).toFixed(2)))),
    problem: () =>
      `${input.value === '' ? 'This is not a number.' : `${NUMBER.format(Number(input.value))} is not possible.`} ` +
      `Write ${unit === 1 ? 'a whole number' : 'a number'} from ${NUMBER.format(least ?? 1)} to ${NUMBER.format(most ?? 1)}.`,
  };
  return { limit, field, meaning, box };
}

/**
 * @param {number} value
 * @param {number} unit
 */
function round(value, unit) {
  return unit === 1 ? value : Math.round(value);
}
