import { VoiceCall } from './call.js';
import { isOver } from './call-statuses.js';
import { Emitter } from './emitter.js';
import { twimlParameters } from './endpoints.js';
import { failureOf } from './failure-of.js';
import { VoiceError, failure } from './failures.js';
import { startLateRecording } from './late-recording.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./control.js').ControlWish} ControlWish
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./conversations.js').Conversations} Conversations
 * @typedef {import('./endpoints.js').CallWishes} CallWishes
 * @typedef {import('./incoming.js').Incoming} Incoming
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 * @typedef {import('./live-status.js').LiveStatus} LiveStatus
 * @typedef {import('./phone.js').Phone} Phone
 * @typedef {import('./ring.js').Ring} Ring
 * @typedef {import('./row-finder.js').RowFinder} RowFinder
 *
 * @typedef {object} CallsEvents
 * @property {VoiceCall} call a call begins
 * @property {VoiceCall} callchange anything about the call changed
 * @property {VoiceCall} callend the call is over
 * @property {Conversation} conversation the call's row was found, or changed by a wish
 *
 * @typedef {object} CallsOptions
 * @property {Phone} phone
 * @property {Incoming} incoming
 * @property {Conversations} conversations
 * @property {RowFinder} finder
 * @property {() => Promise<string>} token an access token that can be used
 * @property {import('./controlled-call.js').AskForControl} control
 * @property {() => LiveStatus | null} live
 * @property {import('./quality-reports.js').QualityReports} reports
 * @property {number} progressTimeoutMs
 */

/** How long a call waits for the list of the latest calls. */
const LIST_MS = 500;

/**
 * The calls of this page, one at a time: places and answers them, finds their rows, and keeps them true.
 *
 * @extends {Emitter<CallsEvents>}
 */
export class Calls extends Emitter {
  /** The latest call, over or not. @type {VoiceCall | null} */
  call = null;

  #options;

  /** @param {CallsOptions} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  get inCall() {
    return this.call !== null && this.call.state !== 'ended';
  }

  /**
   * @param {CallWishes} wishes
   * @returns {VoiceCall}
   */
  dial(wishes) {
    const call = this.#begin(wishes, 'outbound');
    startLateRecording(call);
    void this.#place(call);
    return call;
  }

  /**
   * Takes a call that rings.
   *
   * @param {Ring} ring
   * @param {SdkCall} sdk
   * @returns {VoiceCall}
   * @throws {VoiceError} if another call is going on
   */
  answer(ring, sdk) {
    if (this.inCall) throw new VoiceError(failure('call_in_progress'));
    const { conversation, conversationId } = ring;
    const call = this.#begin({ to: conversation?.to_number ?? '' }, 'incoming');
    call.attach(sdk);
    call.on('end', ({ reason }) => {
      // While the browser asks for the microphone, the phone network still rings.
      if (reason?.code === 'canceled') void ring.decline();
    });
    if (conversation) call.update(conversation);
    void this.#take(call, ring, sdk);
    void this.#lookUp(call, () => this.#options.conversations.byId(conversationId));
    return call;
  }

  /**
   * What is known of a conversation has changed.
   *
   * @param {Partial<ConversationWithLegs> & { id: string }} row
   */
  learn(row) {
    const { call } = this;
    if (call?.conversation?.id !== row.id) return;
    const wasOpen = call.legs.length > 0 && !isOver(call.conversation.status);
    call.update({ ...call.conversation, ...row });
    // A broadcast has no legs and no consent, and a plain call needs none.
    const isRecorded = call.recording !== null && !call.over;
    const needsRest = call.stage !== null || wasOpen || isRecorded || this.isStillOn(row.id);
    if (!row.legs && needsRest) void this.#options.live()?.read(row.id);
  }

  /**
   * @param {string} id of a conversation
   * @returns {boolean} whether this browser is on its call, and others are or were: they may leave, or
   *   be rung in vain, also when the lead has left
   */
  isStillOn(id) {
    const { call } = this;
    return call?.conversation?.id === id && !call.over && call.legs.length > 0;
  }

  /**
   * @param {CallWishes} wishes
   * @param {VoiceCall['direction']} direction
   */
  #begin(wishes, direction) {
    const { phone, incoming, conversations, reports, progressTimeoutMs } = this.#options;
    const call = new VoiceCall(wishes, {
      direction,
      control: (id, wish) => this.#control(id, wish),
      reports,
      progressTimeoutMs,
      microphoneFailure: () => phone.microphoneFailure,
      onCallSid: (callSid) => void this.#lookUp(call, () => conversations.byCallSid(callSid)),
      onReconnecting: () => phone.reconnecting(),
      onBroken: () => phone.discard(),
    });
    this.call = call;
    call.on('change', () => this.emit('callchange', call));
    call.on('end', () => this.#ended(call));
    incoming.setInCall(true);
    this.emit('call', call);
    return call;
  }

  /** @param {VoiceCall} call */
  async #place(call) {
    const { phone, incoming, finder, token } = this.#options;
    try {
      // The SDK would let it ring on, and nobody could take it here.
      await incoming.ring?.decline();
      const before = finder.latestIds();
      const accessToken = await token();
      // A call that is over at once is known as the row that the list did not have before.
      await Promise.race([before, new Promise((resolve) => setTimeout(resolve, LIST_MS))]);
      if (call.over) return;
      const sdk = await phone.connect(accessToken, twimlParameters(call.wishes));
      call.on('end', () => {
        if (call.callSid) return;
        void this.#lookUp(call, async () => finder.newWith(call.wishes.to, await before));
      });
      call.attach(sdk);
    } catch (error) {
      call.fail(failureOf(error));
    }
  }

  /**
   * @param {VoiceCall} call
   * @param {Ring} ring
   * @param {SdkCall} sdk
   */
  async #take(call, ring, sdk) {
    try {
      await this.#options.phone.answer(sdk);
      ring.answered();
    } catch (error) {
      call.fail(failureOf(error));
      ring.ringOn();
    }
  }

  /**
   * @param {string} id
   * @param {ControlWish} wish
   */
  async #control(id, wish) {
    const row = await this.#options.control(id, wish);
    // The next changes are expected soon.
    this.#options.live()?.watch(id);
    this.emit('conversation', row);
    return row;
  }

  /** @param {VoiceCall} call */
  #ended(call) {
    void this.#options.phone.hungUp();
    this.#options.incoming.setInCall(false);
    this.emit('callend', call);
    const id = call.conversation?.id;
    if (!id || !wasJoined(call)) return;
    this.#options.live()?.watch(id);
    // Who is left on the call says why it ended here.
    if (call.legs.length) void this.#options.live()?.read(id);
  }

  /**
   * Finds the row of a call, and watches it until the call is over.
   *
   * @param {VoiceCall} call
   * @param {() => Promise<Conversation | null>} find
   */
  async #lookUp(call, find) {
    const isNeedless = () => call !== this.call || call.conversation !== null;
    const row = await this.#options.finder.find(find, isNeedless);
    if (row && !isNeedless()) {
      call.update(row);
      this.emit('conversation', row);
    }
    const { conversation } = call;
    if (call !== this.call || !conversation || isOver(conversation.status)) return;
    if (call.over && !wasJoined(call)) return;
    const live = this.#options.live();
    live?.watch(conversation.id);
    if (conversation.stage || call.recording) void live?.read(conversation.id);
  }
}

/**
 * @param {VoiceCall} call
 * @returns {boolean} false for a call of others that came in and was not taken
 */
function wasJoined({ direction, answeredAt }) {
  return direction === 'outbound' || answeredAt !== null;
}
