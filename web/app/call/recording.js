/**
 * @typedef {import('../../henk-voice/henk-voice.js').CallRecording} CallRecording
 * @typedef {import('../../henk-voice/henk-voice.js').CallState} CallState
 * @typedef {import('../../henk-voice/henk-voice.js').RecordingTerms} RecordingTerms
 * @typedef {import('./who-hears.js').Sentence} Sentence
 *
 * @typedef {'agree' | 'record' | 'pause' | 'resume' | 'stop' | 'refuse'} RecordingButton
 *
 * @typedef {object} RecordingView what a page shows of the recording of a call that goes on
 * @property {'recording' | 'paused' | null} sign
 * @property {Sentence} sentence
 * @property {boolean} isBad whether somebody has to know that something went wrong
 * @property {RecordingButton[]} offers the main one first
 */

/** @type {Readonly<RecordingView>} */
const NOTHING = { sign: null, sentence: [], isBad: false, offers: [] };

/** What is said until the phone network has done it. */
const UNDER_WAY = {
  start: 'Starting the recording…',
  pause: 'Pausing the recording… Wait with what must not be recorded.',
  resume: 'Resuming the recording…',
  stop: 'Stopping the recording…',
};

/**
 * @param {object} call
 * @param {CallState} call.state
 * @param {CallRecording | null} call.recording
 * @param {string} leadName
 * @param {boolean} leadHolds whether the lead hears music
 * @returns {RecordingView}
 */
export function recordingView({ state, recording }, leadName, leadHolds) {
  if (!recording || state === 'ended') return NOTHING;
  const lead = { name: leadName };
  if (state !== 'talking') return { ...NOTHING, sentence: beforeTalk(recording, lead) };
  const view = talkView(recording, lead, leadHolds);
  const doing = recording.pending && UNDER_WAY[recording.pending];
  return doing ? { ...view, isBad: false, sentence: [doing] } : view;
}

/**
 * What a rep has to know before the call.
 *
 * @param {Pick<RecordingTerms, 'mode' | 'consentMode'> | null | undefined} terms
 * @returns {string} empty if the call is not to be recorded
 */
export function termsSentence(terms) {
  if (!terms) return '';
  const { mode, consentMode } = terms;
  const does = mode === 'all' ? 'This call is recorded' : 'This call can be recorded';
  return {
    announce: `${does} after a notice.`,
    confirm: `${does} once you say that they agree.`,
    both: `${does} after a notice, once you say that they agree.`,
  }[consentMode];
}

/**
 * @param {CallRecording} recording
 * @param {{ name: string }} lead
 * @returns {Sentence}
 */
function beforeTalk({ state, mode, consentMode, notice, refusedHow }, lead) {
  if (state === 'refused') return refusal(refusedHow, lead);
  if (notice === 'playing') {
    const does = mode === 'on_demand' ? 'may be' : 'is';
    return [lead, ` hears the notice that this call ${does} recorded.`];
  }
  return mode && consentMode && !notice ? [termsSentence({ mode, consentMode })] : [];
}

/**
 * @param {CallRecording} recording
 * @param {{ name: string }} lead
 * @param {boolean} leadHolds
 * @returns {RecordingView}
 */
function talkView(recording, lead, leadHolds) {
  const { state, mode, consentMode, notice, needsConsent, refusedHow } = recording;
  const isOnDemand = mode === 'on_demand';
  // Who was not told cannot be recorded: the phone network could not ask for the notice.
  const isUntold = consentMode !== 'confirm' && !notice;
  switch (state) {
    case 'waiting':
      // That the notice has ended comes a moment after the lead is connected.
      if (mode === null || notice === 'playing') return NOTHING;
      if (isUntold) {
        return { ...NOTHING, sentence: ['Not recorded.'], offers: ['refuse'] };
      }
      if (needsConsent) {
        const sentence = ['Not recorded yet. Ask whether ', lead, ' agrees to be recorded.'];
        return { ...NOTHING, sentence, offers: ['agree', 'refuse'] };
      }
      return {
        ...NOTHING,
        sentence: [isOnDemand ? 'Not recorded.' : 'The recording has not started yet.'],
        offers: ['record', 'refuse'],
      };
    case 'starting':
      return { ...NOTHING, sentence: ['The recording starts…'], offers: ['refuse'] };
    case 'recording':
      return {
        ...NOTHING,
        sign: 'recording',
        sentence: leadHolds
          ? ['Recording what ', lead, ' hears and says. Your private talk is not recorded.']
          : ['This call is recorded.'],
        offers: ['pause', ...(isOnDemand ? /** @type {const} */ (['stop']) : []), 'refuse'],
      };
    case 'paused':
      return {
        ...NOTHING,
        sign: 'paused',
        sentence: ['The recording is paused: nothing is recorded now.'],
        offers: ['resume', 'refuse'],
      };
    case 'stopped':
      return {
        ...NOTHING,
        sentence: ['The recording was stopped: nothing is recorded now.'],
        offers: ['record', 'refuse'],
      };
    case 'failed':
      return {
        ...NOTHING,
        isBad: true,
        sentence: ['The phone network did not record: this call is not recorded.'],
        // Without the notice or the lead's word, a recording cannot be asked for.
        offers: isUntold ? ['refuse'] : [needsConsent ? 'agree' : 'record', 'refuse'],
      };
    case 'refused':
      return { ...NOTHING, sentence: refusal(refusedHow, lead) };
  }
}

/**
 * @param {'key' | 'said' | null} how
 * @param {{ name: string }} lead
 * @returns {Sentence}
 */
function refusal(how, lead) {
  if (how === 'key') return [lead, ' pressed 9 at the notice: this call is not recorded.'];
  return [lead, ' does not agree: this call is not recorded, and what was recorded is deleted.'];
}
