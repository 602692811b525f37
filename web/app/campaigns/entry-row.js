import { bdi, create, ltr } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { when } from '../shared/words.js';
import { entryWords } from './words.js';

/** @typedef {import('../../henk-voice/henk-voice.js').Entry} Entry */

/**
 * A lead of a queue, as a row of the table.
 *
 * @param {Entry} entry
 * @param {number} most attempts that the campaign allows
 * @param {boolean} isChosen
 * @param {import('../frame/view.js').ViewContext['outcomes']} outcomes
 */
export function rowOf(entry, most, isChosen, outcomes) {
  const { state, why } = entryWords(entry);
  const { lead_name: name, lead_company: company, phone_number: number, priority } = entry;
  const box = create('input', {
    type: 'checkbox',
    value: entry.id,
    'aria-label': `Choose ${name}`,
  });
  box.checked = isChosen;
  const high = priority > 0 ? 'High priority' : 'Low priority';
  const { last_called_at: called, last_outcome: outcome } = entry;
  return create(
    'tr',
    { 'data-entry': entry.id, 'data-state': entry.state },
    create('td', { class: 'choose' }, box),
    create(
      'th',
      { scope: 'row' },
      create('span', { class: 'who' }, bdi(name)),
      company && create('span', { class: 'aside' }, bdi(company)),
      number && create('span', { class: 'aside' }, ltr(formatNumber(number))),
    ),
    create(
      'td',
      { 'data-label': 'State' },
      create('span', { class: 'who' }, state),
      why && create('span', { class: 'aside' }, why),
      priority !== 0 && create('span', { class: 'badge' }, high),
    ),
    create('td', { class: 'number', 'data-label': 'Attempts' }, `${entry.attempts} of ${most}`),
    create(
      'td',
      { 'data-label': 'Last call' },
      called &&
        create(
          'time',
          { datetime: when(called).iso, title: when(called).exact },
          when(called).short,
        ),
      outcome && create('span', { class: 'aside' }, outcomes.labelOf(outcome)),
      !called && !outcome && 'Not called yet',
    ),
  );
}
