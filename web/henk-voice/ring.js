import { Emitter } from './emitter.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./call.js').VoiceCall} VoiceCall
 * @typedef {import('./conversations.js').ConversationInHistory} ConversationInHistory
 *
 * @typedef {'ringing' | 'answering' | 'ended'} RingState `answering`: the browser opens the microphone;
 *   if it cannot, the phone goes on ringing
 *
 * @typedef {'answered' | 'declined' | 'elsewhere' | 'gone'} RingEnd
 *   `answered`: here.
 *   `declined`: by the user, here or on another device.
 *   `elsewhere`: answered on another device.
 *   `gone`: who rang has given up, or it rang for too long
 *
 * @typedef {'transfer' | 'add' | 'return'} RingReason `return`: nobody took the user's own transfer
 *
 * @typedef {object} RingFacts what a ring is about
 * @property {string} conversationId
 * @property {RingReason} reason
 * @property {string | null} by the id of the user who transfers or adds
 *
 * @typedef {object} RingEvents
 * @property {Ring} change anything about the ring changed, for example its state or its conversation
 * @property {{ why: RingEnd }} end the phone does not ring any more, and why. `state` is `ended` a moment
 *   before, because the phone network does not say why
 *
 * @typedef {object} RingOptions
 * @property {(ring: Ring, sdk: SdkCall) => VoiceCall} answer
 * @property {() => Promise<void>} tellDeclined
 * @property {(callSid: string) => Promise<RingEnd>} whyOver settles soon
 */

/** A ring whose end got lost does not ring for longer. Ours are given up after 20 s. */
const LONGEST_MS = 60_000;
/** Who transfers should know before the call comes back, but nobody waits long for that. */
const TELL_WITHIN_MS = 2_000;

/**
 * The phone rings, because a colleague transfers a call or adds the user to one, or because nobody took
 * the user's own transfer.
 *
 * @extends {Emitter<RingEvents>}
 */
export class Ring extends Emitter {
  /** @type {RingState} */
  state = 'ringing';
  /** Why it ended, when it is known. @type {RingEnd | null} */
  why = null;
  /** The call, with its lead and what was written about it. @type {ConversationInHistory | null} */
  conversation = null;
  startedAt = new Date();
  /** The SID of the leg that rings. @type {string} */
  callSid;

  #sdk;
  #options;
  /** @type {ReturnType<typeof setTimeout>} */
  #longest;

  /**
   * @internal
   * @param {SdkCall} sdk
   * @param {RingFacts} facts
   * @param {RingOptions} options
   */
  constructor(sdk, { conversationId, reason, by }, options) {
    super();
    this.conversationId = conversationId;
    this.reason = reason;
    this.by = by;
    this.callSid = sdk.parameters.CallSid ?? '';
    this.#sdk = sdk;
    this.#options = options;
    sdk.on('cancel', () => this.#lost());
    // A call that loses its connection before it is answered is dead, although the SDK does not say so.
    sdk.on('transportClose', () => setTimeout(() => this.#lost(), 0));
    this.#longest = setTimeout(() => this.ignore('gone'), LONGEST_MS);
  }

  /**
   * Takes the call.
   *
   * @returns {VoiceCall} in the state `connecting`. If the microphone cannot be opened, it ends with that
   *   failure, and the phone goes on ringing
   * @throws {VoiceError} `call_in_progress`, or `not_in_progress` if the phone does not ring any more
   */
  accept() {
    if (this.state !== 'ringing') throw new VoiceError(failure('not_in_progress'));
    const call = this.#options.answer(this, this.#sdk);
    if (this.state === 'ringing') this.#become('answering');
    return call;
  }

  /** Tells who transfers that the user does not take the call, and stops ringing on all devices. */
  async decline() {
    if (this.state === 'ended') return;
    this.#over('declined');
    const told = this.#options.tellDeclined().catch(() => {
      // Without it the call comes back as one that nobody answered.
    });
    await Promise.race([told, new Promise((resolve) => setTimeout(resolve, TELL_WITHIN_MS))]);
    this.#sdk.reject();
  }

  /** @internal The call is connected. */
  answered() {
    this.#over('answered');
  }

  /** @internal The microphone could not be opened. */
  ringOn() {
    if (this.state === 'answering') this.#become('ringing');
  }

  /**
   * @internal Stops ringing here, without stopping other devices.
   * @param {RingEnd} why
   */
  ignore(why) {
    if (this.state === 'ended') return;
    this.#sdk.ignore();
    this.#over(why);
  }

  /** @internal The user has declined on another device. */
  refuse() {
    if (this.state === 'ended') return;
    this.#sdk.reject();
    this.#over('declined');
  }

  /**
   * @internal
   * @param {ConversationInHistory} conversation
   */
  setConversation(conversation) {
    this.conversation = conversation;
    this.emit('change', this);
  }

  /** The phone network does not say why it ends, but the database knows. */
  #lost() {
    if (this.state === 'ended') return;
    this.#end();
    void this.#options.whyOver(this.callSid).then((why) => this.#say(why));
  }

  /** @param {RingEnd} why */
  #over(why) {
    if (this.state === 'ended') return;
    this.#end();
    this.#say(why);
  }

  #end() {
    clearTimeout(this.#longest);
    this.#become('ended');
  }

  /** @param {RingEnd} why */
  #say(why) {
    this.why = why;
    this.emit('end', { why });
    this.emit('change', this);
  }

  /** @param {RingState} state */
  #become(state) {
    this.state = state;
    this.emit('change', this);
  }
}

/**
 * @param {SdkCall} sdk
 * @returns {RingFacts | null} null if the call is not one of ours
 */
export function factsOf({ customParameters }) {
  const conversationId = customParameters.get('conversationId');
  const reason = customParameters.get('reason');
  if (!conversationId) return null;
  return {
    conversationId,
    reason: reason === 'add' || reason === 'return' ? reason : 'transfer',
    by: customParameters.get('by') || null,
  };
}
