import { create, nodesOf } from '../shared/dom.js';
import { counted, faultWord, milliseconds, percent, share } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').QualityGroup} QualityGroup
 * @typedef {import('./words.js').Part} Part
 *
 * @typedef {object} GroupActions
 * @property {Part} name
 * @property {() => void} open shows the calls
 * @property {(() => void) | null} rename of a network; without it there is no button
 */

/**
 * Calls that have something in common: how many of them were poor, and why.
 *
 * @param {QualityGroup} group
 * @param {GroupActions} actions
 */
export function groupRow(group, { name, open, rename }) {
  const { calls, measured, poor, fair, worst_fault: fault, rating, rated } = group;
  const show = create('button', { type: 'button', class: 'quiet' }, ...nodesOf([name]));
  show.addEventListener('click', open);
  const head = create(
    'th',
    { scope: 'row' },
    show,
    create('span', { class: 'aside' }, counted(calls, 'call')),
  );
  if (rename) {
    const verb = group.label === null ? 'Name it' : 'Rename';
    const button = create(
      'button',
      {
        type: 'button',
        class: 'quiet rename',
        'aria-haspopup': 'dialog',
        'aria-label': `${verb}: ${typeof name === 'string' ? name : name.name}`,
      },
      verb,
    );
    button.addEventListener('click', rename);
    head.append(button);
  }
  return create(
    'tr',
    { 'data-key': group.key ?? '' },
    head,
    create(
      'td',
      { 'data-label': 'Poor', class: 'number' },
      create('meter', {
        min: '0',
        max: '1',
        value: String(measured ? poor / measured : 0),
        'aria-hidden': 'true',
      }),
      share(poor, measured),
      create('span', { class: 'aside' }, `${poor} of ${measured}`),
    ),
    cell('Fair', share(fair, measured)),
    cell('Most frequent fault', faultWord(fault) || '–', ''),
    cell('Loss in', percent(group.loss_in)),
    cell('Loss out', percent(group.loss_out)),
    cell('Jitter', milliseconds(group.jitter_ms)),
    cell('Delay', milliseconds(group.rtt_ms)),
    cell('Rating', rating === null ? '–' : `${rating.toFixed(1)} (${rated})`),
  );
}

/**
 * @param {string} label shown on narrow screens, which have no column headings
 * @param {string} text
 * @param {string} [kind]
 */
function cell(label, text, kind = 'number') {
  const nothing = text === '–' ? 'nothing' : '';
  return create('td', { 'data-label': label, class: `${kind} ${nothing}`.trim() }, text);
}
