import { settingProblems } from '../../henk-voice/henk-voice.js';
import { create, element, say } from '../shared/dom.js';
import { HALF_HOURS, hoursExamples, hoursWords } from './hours-words.js';
import { SettingsForm } from '../shared/settings-form.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessSettings} BusinessSettings
 * @typedef {import('../shared/settings-source.js').SettingsSource<BusinessSettings>} SettingsSource
 */

/** The examples say what time it is. */
const EXAMPLES_EVERY_MS = 15_000;

/**
 * When leads may be called.
 *
 * @param {SettingsSource} source
 */
export function startHoursForm(source) {
  const any = element('hours-any', HTMLInputElement);
  const start = timeChoice('hours-start', HALF_HOURS.slice(0, -1), '08:00');
  const end = timeChoice('hours-end', HALF_HOURS.slice(1), '21:00');
  const valueOf = (/** @type {HTMLSelectElement} */ select) => (any.checked ? null : select.value);
  const show = () => {
    start.disabled = any.checked;
    end.disabled = any.checked;
    const hours = /** @type {const} */ ([valueOf(start), valueOf(end)]);
    say(element('hours-meaning', HTMLElement), hoursWords(...hours));
    const examples = hoursExamples(...hours, new Date());
    const list = element('hours-examples', HTMLUListElement);
    list.hidden = !examples.length;
    list.replaceChildren(...examples.map((words) => create('li', {}, words)));
  };
  const write = (/** @type {HTMLSelectElement} */ select, /** @type {string | null} */ value) => {
    any.checked = value === null;
    if (value) choose(select, value.slice(0, 5));
  };
  new SettingsForm(source, {
    name: 'hours',
    problems: settingProblems,
    together: ['calling_hours_start', 'calling_hours_end'],
    fields: {
      calling_hours_start: {
        input: start,
        read: () => valueOf(start),
        write: (value) => write(start, value),
      },
      calling_hours_end: {
        input: end,
        read: () => valueOf(end),
        write: (value) => write(end, value),
      },
    },
    onShow: show,
  });
  const timer = setInterval(show, EXAMPLES_EVERY_MS);
  source.context.signal.addEventListener('abort', () => clearInterval(timer));
}

/**
 * @param {string} id
 * @param {readonly string[]} times
 * @param {string} usual
 */
function timeChoice(id, times, usual) {
  const select = element(id, HTMLSelectElement);
  select.append(...times.map((time) => create('option', { value: time }, time)));
  select.value = usual;
  return select;
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} time may be none of the list
 */
function choose(select, time) {
  select.value = time;
  if (select.value === time) return;
  const later = [...select.options].find(({ value }) => value > time);
  select.insertBefore(create('option', { value: time }, time), later ?? null);
  select.value = time;
}
