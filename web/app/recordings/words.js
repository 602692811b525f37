import { when } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingStory} RecordingStory
 * @typedef {import('../call/who-hears.js').Sentence} Sentence
 * @typedef {RecordingStory['recordings'][number]} RecordingInStory
 */

const DELETED_BECAUSE = {
  refused: 'because the lead did not agree',
  retention: 'because its time was over',
  request: 'because somebody asked for it',
};

/**
 * Why a recording cannot be played.
 *
 * @param {RecordingInStory} recording
 * @returns {string} empty if it can
 */
export function whyNotPlayable({
  state,
  wanted,
  delete_reason: why,
  object_deleted_at: at,
  error,
}) {
  const because = why ? ` ${DELETED_BECAUSE[why]}` : '';
  if (state === 'deleted' || state === 'expired' || wanted === 'deleted') {
    if (state !== 'deleted') return `This recording is being deleted${because}.`;
    return `This recording was deleted${at ? ` on ${when(at).exact}` : ''}${because}.`;
  }
  if (state === 'kept') return '';
  if (state === 'absent') return 'The phone network recorded nothing.';
  if (state === 'failed') {
    return `The recording failed, and there is nothing to play.${error ? ` The reason on record: ${error}` : ''}`;
  }
  if (state === 'asked' || state === 'in_progress') return 'This recording is still being made.';
  return 'This recording is on its way into the archive. Look again in a minute.';
}

/**
 * What the lead was told, and what they agreed to.
 *
 * @param {RecordingStory['consent']} consent
 * @param {(userId: string | null) => string} nameOf
 * @param {string} leadName
 * @returns {Sentence}
 */
export function consentSentence(consent, nameOf, leadName) {
  if (!consent) return ['Nothing is on record about what the lead was told.'];
  const lead = { name: leadName };
  /** @type {Sentence} */
  const said = [];
  if (consent.notice_ended_at) {
    said.push(lead, ` heard the notice, ${when(consent.notice_ended_at).short}. `);
  } else if (consent.consent_mode !== 'confirm')
    said.push('The notice was not played to its end. ');
  if (consent.confirmed_at) {
    const who = nameOf(consent.confirmed_by);
    said.push({ name: who }, ` said that they agreed, ${when(consent.confirmed_at).short}. `);
  }
  if (consent.refused_at) {
    const how = consent.refused_how === 'key' ? 'pressed 9 and so did not agree' : 'did not agree';
    said.push(lead, ` ${how}, ${when(consent.refused_at).short}. `);
  }
  const last = said.at(-1);
  if (typeof last === 'string') said[said.length - 1] = last.trimEnd();
  return said;
}

/**
 * What the list of calls says about the recording of a call.
 *
 * @param {Pick<Conversation, 'recording_state'>} conversation
 * @param {boolean} isOver
 * @returns {{ words: string, isBad: boolean, canOpen: boolean }} no words: there is nothing to say. `canOpen`:
 *   the recordings, or why there is none, can be looked at
 */
export function listedRecording({ recording_state: state }, isOver) {
  const nothing = { words: '', isBad: false, canOpen: false };
  switch (state) {
    case 'recording':
      return isOver ? { ...nothing, canOpen: true } : { ...nothing, words: '● Recording' };
    case 'paused':
      return isOver ? { ...nothing, canOpen: true } : { ...nothing, words: 'Recording paused' };
    case 'starting':
    case 'stopped':
      return { ...nothing, canOpen: isOver };
    case 'refused':
      return { ...nothing, words: 'Recording refused', canOpen: isOver };
    case 'failed':
      return { words: 'Recording failed', isBad: true, canOpen: isOver };
    default:
      return nothing;
  }
}
