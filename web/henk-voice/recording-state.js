/**
 * @typedef {import('./conversations.js').Conversation} Conversation
 *
 * @typedef {'waiting' | 'starting' | 'recording' | 'paused' | 'stopped' | 'refused' | 'failed'}
 *   RecordingState `waiting`: a consent is missing, or nobody has asked for the recording yet.
 *   `refused`: the lead does not agree; that is final for the call.
 *   `failed`: the phone network did not record
 *
 * @typedef {'on_demand' | 'all'} RecordingMode
 * @typedef {'announce' | 'confirm' | 'both'} ConsentMode `announce`: the lead hears a notice before they
 *   are connected. `confirm`: the rep says that the lead has agreed. `both`: both
 *
 * @typedef {object} RecordingConsent what the lead was told and has agreed to; `timestamp()` reads its times
 * @property {RecordingMode} mode
 * @property {ConsentMode} consent_mode
 * @property {string | null} notice_text what was played
 * @property {string | null} notice_started_at
 * @property {string | null} notice_ended_at
 * @property {string | null} confirmed_by a user's id
 * @property {string | null} confirmed_at
 * @property {string | null} refused_at
 * @property {string | null} refused_by a user's id; null: the lead pressed the key
 * @property {'key' | 'said' | null} refused_how
 *
 * @typedef {object} RecordingPart a recording of a call; a call may have several, one after the other
 * @property {string} id
 * @property {number} part from 1
 * @property {'asked' | 'in_progress' | 'completed' | 'fetched' | 'stored' | 'kept' | 'expired' | 'deleted'
 *   | 'absent' | 'failed'} state `kept`: it can be played
 * @property {string | null} started_at
 * @property {number | null} duration_seconds
 * @property {string | null} error
 *
 * @typedef {'start' | 'pause' | 'resume' | 'stop'} RecordWish
 *
 * @typedef {object} CallRecording the recording of a call that goes on
 * @property {RecordingState} state
 * @property {RecordingMode | null} mode null until it is read
 * @property {ConsentMode | null} consentMode null until it is read
 * @property {boolean} needsConsent the rep has to ask the lead, and say that they agree
 * @property {'playing' | 'heard' | null} notice `playing`: the lead hears it, and is not connected yet
 * @property {'key' | 'said' | null} refusedHow
 * @property {RecordWish | null} pending what was asked and is not done yet
 * @property {RecordingPart[]} recordings
 */

/**
 * @param {Conversation | null} conversation
 * @param {RecordWish | null} pending
 * @returns {CallRecording | null} null if the call is not to be recorded
 */
export function recordingOf(conversation, pending) {
  const state = conversation?.recording_state;
  if (!state) return null;
  const { recording_consent: consent, recordings = [] } = conversation;
  const asksRep = consent ? consent.consent_mode !== 'announce' : false;
  return {
    state,
    mode: consent?.mode ?? null,
    consentMode: consent?.consent_mode ?? null,
    needsConsent: asksRep && state !== 'refused' && !consent?.confirmed_at,
    notice: noticeOf(consent),
    refusedHow: consent?.refused_how ?? null,
    pending,
    recordings,
  };
}

/** @param {RecordingConsent | null | undefined} consent */
function noticeOf(consent) {
  if (consent?.notice_ended_at) return 'heard';
  return consent?.notice_started_at ? 'playing' : null;
}
