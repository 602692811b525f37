import { blockReasonSentence } from './block-reasons.js';
import { VoiceError } from './failures.js';

/**
 * @typedef {import('./endpoints.js').Endpoints} Endpoints
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./failures.js').FailureCode} FailureCode
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 *
 * @typedef {'hold' | 'resume' | 'add' | 'remove' | 'transfer' | 'complete' | 'merge' | 'cancel' | 'record'
 *   | 'drop_voicemail'}
 *   ControlAction
 *
 * @typedef {{ userId: string } | { number: string }} Target a person of the business, or a number as
 *   typed or in E.164
 *
 * @typedef {object} ControlWish what control_fn is asked to do (docs/endpoints.md)
 * @property {ControlAction} action
 * @property {Target} [to] for `add` and `transfer`
 * @property {'cold' | 'warm'} [mode] for `transfer`
 * @property {string} [legId] for `remove`
 * @property {string} [messageId] for `drop_voicemail`
 * @property {import('./recording-state.js').RecordWish} [state] for `record`
 * @property {'agreed' | 'refused'} [consent] for `record`: what the lead has said
 */

/** What these failures mean here: their usual texts are about something else.
 * @type {Readonly<Partial<Record<FailureCode, Pick<Failure, 'message' | 'action'>>>>} */
const TEXTS = {
  not_your_call: {
    message: 'Only people who are on this call, and managers, can change it.',
    action: 'Ask one of them to do it.',
  },
  not_found: {
    message: 'There is no such call, or no such person, in your business.',
    action: 'Choose somebody else. The call goes on as it was.',
  },
  invalid_request: {
    message: 'This cannot be done with the call as it is now.',
    action: 'Look at who is on the call, then try again.',
  },
  offline: {
    message: 'This device is not connected to the internet.',
    action: 'Connect it, look at who is on the call, then try again.',
  },
  rate_limited: {
    message: 'Too much was asked of calls in a short time.',
    action: 'Wait a moment, then try again. The call goes on as it was.',
  },
};

/** The same, of a message that is left. @type {typeof TEXTS} */
const MESSAGE_TEXTS = {
  storage_unavailable: {
    message: 'The message cannot be reached at the moment.',
    action: 'Try again, or leave it by yourself. The call goes on as it was.',
  },
  twilio_unavailable: {
    message: 'The phone network did not say whether it plays the message.',
    action: 'If the call goes on after ten seconds, try again: a message is left once.',
  },
};

/** The same, of a recording. @type {typeof TEXTS} */
const RECORDING_TEXTS = {
  not_your_call: {
    message: 'Only people who are on this call, and managers, can change its recording.',
    action: 'Ask one of them to do it.',
  },
  not_in_progress: {
    message: 'The recording is not in a state in which this can be done.',
    action: 'Look at what the page says about it, then try again.',
  },
  busy: {
    message: 'Somebody else is changing the recording of this call.',
    action: 'Look at what the page says about it, then try again.',
  },
  twilio_unavailable: {
    message: 'The phone network did not do it.',
    action: 'Look at what the page says about the recording, then try again. The call goes on.',
  },
  offline: {
    message: 'This device is not connected to the internet.',
    action: 'Connect it, look at what the page says about the recording, then try again.',
  },
};

/**
 * Asks control_fn to change a call that is going on. Asking twice does it once.
 *
 * @param {Endpoints} endpoints
 * @param {string} conversationId
 * @param {ControlWish} wish
 * @returns {Promise<ConversationWithLegs>} as it is afterwards
 * @throws {VoiceError} and the call goes on as it was: `not_in_progress`, `busy`, `away`, `blocked` (with
 *   `blockReason`), `not_your_call`, `not_found`, `invalid_request`, `twilio_unavailable`, `no_message`, for recordings
 *   `consent_required`, `recording_off`, `recording_refused`, or another
 */
export async function control(endpoints, conversationId, wish) {
  try {
    return await endpoints.control({ conversationId, ...wish });
  } catch (error) {
    if (!(error instanceof VoiceError)) throw error;
    const { failure } = error;
    const { code, blockReason } = failure;
    if (code === 'blocked' && blockReason) {
      const message = blockReasonSentence(blockReason);
      throw new VoiceError({ ...failure, message });
    }
    const special = { record: RECORDING_TEXTS, drop_voicemail: MESSAGE_TEXTS };
    const texts = special[/** @type {keyof typeof special} */ (wish.action)];
    throw new VoiceError({ ...failure, ...(texts?.[code] ?? TEXTS[code]) });
  }
}
