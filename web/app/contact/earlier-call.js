import { bdi, create } from '../shared/dom.js';
import { duration, statusWord, when } from '../shared/words.js';

/** @typedef {import('../../henk-voice/henk-voice.js').LeadStory['calls'][number]} CallInStory */

/**
 * An earlier call with a contact: who called and when, what came of it, and what was written.
 *
 * @param {CallInStory} call
 * @param {object} given
 * @param {string} given.userId who reads it
 * @param {() => void} given.hear opens its recording
 */
export function earlierCall(call, { userId, hear }) {
  const { user_id: caller, user_name: name, status, outcome, outcome_label: label } = call;
  const { notes, notes_by: author, duration_seconds: talked } = call;
  const time = when(call.at);
  const who = caller === userId ? 'You' : (name ?? 'A colleague');
  const came = outcome ? (label ?? outcome) : statusWord({ status, stage: null });
  const aside = [
    bdi(who),
    talked ? ` · ${duration(talked)}` : null,
    call.campaign_name && ' · ',
    call.campaign_name && bdi(call.campaign_name),
  ];
  const isOthers = notes && author && author !== name;
  return create(
    'li',
    { 'data-conversation': call.id },
    create(
      'p',
      { class: 'earlier-head' },
      create('strong', { class: outcome ? 'earlier-outcome' : '' }, bdi(came)),
      create('time', { datetime: time.iso, title: time.exact }, time.short),
    ),
    create('p', { class: 'earlier-about' }, ...aside, call.has_recording && hearButton(hear)),
    notes && create('p', { class: 'earlier-text', dir: 'auto' }, notes),
    isOthers && create('p', { class: 'earlier-about' }, 'written by ', bdi(author)),
  );
}

/** @param {() => void} hear */
function hearButton(hear) {
  const button = create('button', { type: 'button', class: 'quiet' }, 'Listen');
  button.addEventListener('click', hear);
  return button;
}
