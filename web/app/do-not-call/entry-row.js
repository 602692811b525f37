import { timestamp } from '../../henk-voice/henk-voice.js';
import { bdi, create, ltr } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { when } from '../shared/words.js';
import { reasonWords } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ForbiddenNumber} ForbiddenNumber
 * @typedef {import('../../henk-voice/henk-voice.js').Removal} Removal
 */

/** Entries stay for years. */
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/**
 * @param {ForbiddenNumber} entry
 * @param {object} about
 * @param {string | undefined} about.never why no call can go to it
 * @param {string} about.by who added it
 * @param {boolean} about.canTakeOff
 */
export function entryRow(entry, { never, by, canTakeOff }) {
  const shown = formatNumber(entry.phone_number);
  return create(
    'tr',
    { 'data-number': entry.phone_number },
    create(
      'th',
      { scope: 'row' },
      ltr(shown),
      entry.lead_name && create('span', { class: 'aside' }, bdi(entry.lead_name)),
      never !== undefined && create('span', { class: 'never' }, `Can never match. ${never}`),
    ),
    create(
      'td',
      {},
      bdi(reasonWords(entry.reason)),
      entry.file_name && create('span', { class: 'aside' }, 'From ', bdi(entry.file_name)),
    ),
    create('td', {}, ...since(entry.created_at, by)),
    create(
      'td',
      {},
      canTakeOff &&
        create(
          'button',
          {
            type: 'button',
            class: 'quiet',
            value: entry.phone_number,
            'aria-haspopup': 'dialog',
          },
          'Take off',
          create('span', { class: 'visually-hidden' }, ` ${shown}`),
        ),
    ),
  );
}

/**
 * @param {Removal} removal
 * @param {{ by: string, listedBy: string }} names who took it off, and who had added it
 */
export function removalRow(removal, { by, listedBy }) {
  return create(
    'tr',
    { 'data-number': removal.phone_number },
    create('th', { scope: 'row' }, ltr(formatNumber(removal.phone_number))),
    create(
      'td',
      {},
      bdi(removal.reason ?? ''),
      create(
        'span',
        { class: 'aside' },
        'Was added by ',
        bdi(listedBy),
        `, ${DAY.format(timestamp(removal.listed_at))}`,
        ...(removal.listed_reason ? [': ', bdi(reasonWords(removal.listed_reason))] : []),
      ),
    ),
    create('td', {}, ...since(removal.removed_at, by)),
    create('td'),
  );
}

/**
 * @param {string} at
 * @param {string} by
 * @returns {Node[]}
 */
function since(at, by) {
  const { iso, exact } = when(at);
  return [
    create('time', { datetime: iso, title: exact }, DAY.format(timestamp(at))),
    create('span', { class: 'aside' }, bdi(by)),
  ];
}
