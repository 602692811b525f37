import { blockReasonSentence, isOver } from '../../henk-voice/henk-voice.js';
import { gradeBadge } from '../quality/grade.js';
import { faultWord } from '../quality/words.js';
import { listedRecording } from '../recordings/words.js';
import { bdi, create, ltr } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { duration, statusWord, when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 *
 * @typedef {object} RowActions what the buttons of a row do; without one there is no button
 * @property {() => void} callAgain
 * @property {(() => void) | null} describe
 * @property {() => void} hear opens the recordings, and what managers may do with them
 * @property {() => void} showLine opens how good the line was
 * @property {boolean} mayForget whether the person can be forgotten, also if nothing was recorded
 * @property {(outcome: string) => string} outcomeWord how an outcome is shown
 * @property {boolean} inCall whether another call cannot be placed now
 */

/**
 * A row of the list of calls. Its name and its number are those of the person who was dialled.
 *
 * @param {ConversationInHistory} conversation
 * @param {RowActions} actions
 */
export function callRow(conversation, actions) {
  const { callAgain, describe, hear, showLine, mayForget, inCall, outcomeWord } = actions;
  const { status, block_reason: blockReason, outcome, notes, lead, campaign } = conversation;
  const { hold_seconds: held } = conversation;
  const number = formatNumber(conversation.to_number ?? '');
  // Somebody has asked to be forgotten: docs/privacy.md.
  const isForgotten = outcome === 'forgotten' && !number;
  const name = lead?.name ?? (isForgotten ? 'Forgotten person' : number);
  const talked = conversation.answered_at ? conversation.duration_seconds : null;
  const time = when(conversation.created_at);
  const recording = listedRecording(conversation, isOver(status));
  const canHear = recording.canOpen || (mayForget && isOver(status) && Boolean(number));
  const again = action('Call again', name, callAgain);
  again.dataset.callAgain = '';
  again.disabled = inCall;

  return create(
    'tr',
    { 'data-conversation': conversation.id, 'data-status': status },
    create(
      'th',
      { scope: 'row' },
      create('span', { class: 'who' }, lead || isForgotten ? bdi(name) : ltr(number)),
      ...aboutNumber(conversation, number),
    ),
    cell(
      'Status',
      create('span', { class: 'badge', 'data-status': status }, statusWord(conversation)),
      promise(conversation),
      recording.words &&
        create('span', { class: recording.isBad ? 'why bad' : 'why' }, recording.words),
      blockReason && create('span', { class: 'why' }, blockReasonSentence(blockReason)),
    ),
    cell(
      'Talk time',
      ...(talked === null || !isOver(status) ? [] : talkTime(talked, held)),
      ...badLine(conversation),
    ),
    cell('Campaign', campaign && bdi(campaign.name)),
    cell(
      'Outcome',
      outcome ? outcomeWord(outcome) : '',
      notes && create('span', { class: 'aside notes', title: notes, dir: 'auto' }, notes),
    ),
    cell(
      'When',
      create('time', { datetime: time.iso, title: time.exact }, time.short),
      create(
        'span',
        { class: 'row-actions' },
        !isForgotten && again,
        describe && !isForgotten && action('Edit', name, describe),
        conversation.quality ? action('Line', name, showLine) : null,
        canHear && action(recording.canOpen ? 'Recording' : 'Privacy', name, hear),
      ),
    ),
  );
}

export function skeletonRow() {
  const bar = () => create('td', {}, create('span', { class: 'skeleton' }));
  return create('tr', { 'aria-hidden': 'true' }, ...Array.from({ length: 6 }, bar));
}

/**
 * @param {ConversationInHistory} conversation
 * @param {string} number
 */
function aboutNumber({ lead, extension, other_number: isOther }, number) {
  const parts = [
    lead && ltr(number),
    extension && ` extension ${extension}`,
    lead && isOther && ', another number than the contact’s',
  ];
  const said = parts.filter(Boolean);
  return said.length ? [create('span', { class: 'aside' }, ...parts)] : [];
}

/**
 * @param {number} talked seconds
 * @param {number | null | undefined} held seconds of them
 */
function talkTime(talked, held) {
  return [
    duration(talked),
    held ? create('span', { class: 'aside' }, `hold ${duration(held)}`) : null,
  ];
}

/**
 * A good line needs no words.
 *
 * @param {ConversationInHistory} conversation
 */
function badLine({ quality }) {
  if (!quality || quality.grade === 'good' || quality.grade === null) return [];
  const fault = faultWord(quality.fault);
  return [
    create('span', { class: 'listed-line' }, gradeBadge(quality.grade, 'line')),
    fault ? create('span', { class: 'why' }, fault) : null,
  ];
}

/**
 * Nobody took the lead's transfer: somebody has to call back, until the call has an outcome.
 *
 * @param {ConversationInHistory} conversation
 */
function promise({ call_back_at: promisedAt, outcome }) {
  if (!promisedAt || outcome) return null;
  const { short, exact, iso } = when(promisedAt);
  return create(
    'span',
    { class: 'promise' },
    'Call back promised ',
    create('time', { datetime: iso, title: exact }, short),
  );
}

/**
 * @param {string} label shown on narrow screens, which have no column headings
 * @param {...(Node | string | null)} content
 */
function cell(label, ...content) {
  const filled = content.filter(Boolean);
  if (filled.length) return create('td', { 'data-label': label }, ...filled);
  return create('td', { 'data-label': label, class: 'nothing' }, '–');
}

/**
 * @param {string} label
 * @param {string} name
 * @param {() => void} act
 */
function action(label, name, act) {
  const button = create(
    'button',
    { type: 'button', class: 'quiet', 'aria-label': `${label}: ${name}` },
    label,
  );
  button.addEventListener('click', act);
  return button;
}
