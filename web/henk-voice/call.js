import { endCodeOfSdk, endReason, leavingBy, leftBy } from './end-reason.js';
import { failureOfSdk } from './failure-of.js';
import { failure } from './failures.js';
import { isLeftAlone, isOnCall, leadOf, legOf } from './legs.js';
import { MeasuredCall } from './measured-call.js';
import { MicrophoneQuestion } from './microphone-question.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./end-reason.js').EndCode} EndCode
 * @typedef {import('./end-reason.js').EndReason} EndReason
 * @typedef {import('./endpoints.js').CallWishes} CallWishes
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 *
 * @typedef {'connecting' | 'ringing' | 'talking' | 'ended'} CallState
 *
 * @typedef {object} CallEvents
 * @property {VoiceCall} change anything about the call changed, for example its state or its
 *   conversation
 * @property {VoiceCall} end the call is over; `reason` may become more exact later, with a `change`
 * @property {string} digits these digits were sent
 *
 * @typedef {object} CallOptions
 * @property {'outbound' | 'incoming'} direction
 * @property {import('./controlled-call.js').AskForControl} control
 * @property {import('./quality-reports.js').QualityReports} reports measure its line
 * @property {number} progressTimeoutMs
 * @property {() => Failure | null} microphoneFailure why the microphone could not be opened
 * @property {(callSid: string) => void} onCallSid the call's SID is known now
 * @property {() => void} onReconnecting
 * @property {() => void} onBroken the SDK's call is dead, but the SDK did not end it
 */

const ORDER = /** @type {const} */ (['connecting', 'ringing', 'talking', 'ended']);
/**
 * A call that is answered without ringing may be a refused call whose reason is spoken. The call
 * waits this long for its conversation, which says whether it was refused.
 */
const DOUBT_WITHOUT_RINGING_MS = 3_000;
/**
 * A call that nobody took may be answered too: by the <Hangup> at the end of its TwiML. Such a call
 * is over within this time.
 */
const DOUBT_AFTER_RINGING_MS = 300;
/** Two devices may answer at the same time. The phone network tells the one that is too late. */
const DOUBT_OF_INCOMING_MS = 500;

/** One call: connecting → ringing → talking → ended. It may skip states, and it never goes back. */
export class VoiceCall extends MeasuredCall {
  /** @type {CallState} */
  state = 'connecting';
  /** Set when the call has ended. @type {EndReason | null} */
  reason = null;
  /** The connection is lost and is being restored; the other side waits. */
  reconnecting = false;
  startedAt = new Date();
  /** When the lead answered, or the user, if the call came in. @type {Date | null} */
  answeredAt = null;
  /** @type {Date | null} */
  endedAt = null;

  #options;
  /** @type {SdkCall | null} */
  #sdk = null;
  #hungUpHere = false;
  /** What has to be asked before a hang-up is under way. */
  #isLeaving = false;
  /** What the rep has asked for, which ends this browser's part. @type {ReturnType<typeof leavingBy>} */
  #leaving = null;
  #rang = false;
  /** @type {EndCode | null} */
  #networkCode = null;
  /** @type {Failure | null} */
  #failure = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #progressTimer;
  #microphone = new MicrophoneQuestion({
    onChange: () => this.changed(),
    onUnanswered: () => this.fail(failure('microphone_unanswered')),
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #doubtTimer;

  /**
   * @internal `HenkVoice.dial()` and `Ring.accept()` make calls.
   * @param {CallWishes} wishes
   * @param {CallOptions} options
   */
  constructor(wishes, options) {
    super(options.control, options.reports);
    this.wishes = wishes;
    this.direction = options.direction;
    this.#options = options;
  }

  /**
   * Seconds that the user has been on the call, holds included. After the end it is the database's number,
   * when known.
   */
  get talkSeconds() {
    const known = this.legs.length
      ? legOf(this.legs, this.callSid)?.duration_seconds
      : this.conversation?.duration_seconds;
    if (this.state === 'ended' && known !== null && known !== undefined) return known;
    if (!this.answeredAt) return 0;
    const until = this.endedAt ?? new Date();
    return Math.max(0, Math.floor((until.getTime() - this.answeredAt.getTime()) / 1000));
  }

  /** The browser asks for permission to use the microphone. */
  get awaitingMicrophone() {
    return this.state !== 'ended' && this.#microphone.isAsked;
  }

  /** @override */
  get over() {
    return this.state === 'ended';
  }

  /** @param {boolean} [muted] */
  mute(muted = true) {
    this.#sdk?.mute(muted);
  }

  /** @param {string} digits 0–9, *, # and w for a pause of half a second */
  sendDigits(digits) {
    if (this.state === 'ended' || !this.#sdk) return;
    this.#sdk.sendDigits(digits);
    this.emit('digits', digits);
  }

  /**
   * Leaves the call. A plain call is over at once, and so is one whose lead is on hold. Other people go on
   * without the user.
   *
   * @returns {Promise<void>} resolves when the call is over. A second call does not wait for anything
   */
  async hangUp() {
    if (this.state === 'ended') return;
    this.#hungUpHere = true;
    if (!this.#isLeaving && this.leavesOthers) {
      this.#isLeaving = true;
      await this.leave();
    }
    this.hangUpNow();
  }

  /** @internal Without asking anything before. */
  hangUpNow() {
    if (this.state === 'ended') return;
    this.#hungUpHere = true;
    this.#sdk?.disconnect();
    this.#end();
  }

  /**
   * @protected
   * @override
   * @param {import('./control.js').ControlWish} wish
   */
  async request(wish) {
    const leaving = leavingBy(wish);
    // The call may end here before the answer comes.
    if (leaving) this.#leaving = leaving;
    try {
      return await super.request(wish);
    } catch (error) {
      if (leaving) this.#leaving = null;
      throw error;
    }
  }

  /** @protected @override @param {ConversationWithLegs} row */
  learn(row) {
    // The endpoint does not tell the names of lead and campaign.
    this.update({ ...this.conversation, ...row });
  }

  /**
   * @internal
   * @param {SdkCall} sdk
   */
  attach(sdk) {
    this.#sdk = sdk;
    this.measure(sdk);
    if (this.direction === 'incoming') this.#learnSid();
    sdk.on('ringing', () => {
      this.#rang = true;
      this.#learnSid();
      this.#advance('ringing');
    });
    sdk.on('accept', () => {
      this.#learnSid();
      this.#answered();
    });
    sdk.on('disconnect', () => {
      this.#learnSid();
      // If the microphone is refused, the SDK reports the end first and the reason afterwards.
      setTimeout(() => this.#end(), 0);
    });
    sdk.on('cancel', () => this.#end());
    sdk.on('error', (error) => this.#troubled(error));
    sdk.on('mute', (muted) => {
      if (this.state === 'ended') return;
      this.muted = muted;
      this.changed();
    });
    sdk.on('reconnecting', () => {
      // The SDK also reports this for a call that we ended because its connection was lost.
      if (this.state === 'ended') return;
      this.reconnecting = true;
      this.#options.onReconnecting();
      this.changed();
    });
    sdk.on('reconnected', () => {
      this.reconnecting = false;
      this.changed();
    });
    sdk.on('transportClose', () => setTimeout(() => this.#orphaned(), 0));
    this.#expectProgress();
  }

  /**
   * @internal
   * @param {Failure} cause
   */
  fail(cause) {
    if (this.state === 'ended') return;
    this.#failure = cause;
    this.#sdk?.disconnect();
    this.#end();
  }

  /**
   * @internal
   * @param {boolean} waiting
   */
  setAwaitingMicrophone(waiting) {
    if (this.state === 'ended') return;
    if (waiting) {
      clearTimeout(this.#progressTimer);
      this.#microphone.begin();
    } else {
      if (this.#sdk) this.#expectProgress(false);
      this.#microphone.end();
    }
  }

  /**
   * @internal
   * @param {Conversation & Partial<ConversationWithLegs>} row of the database
   */
  update({ legs, ...row }) {
    this.conversation = row;
    // A plain call has two.
    if (legs && (legs.length > 2 || row.stage || this.legs.length)) this.legs = legs;
    if (row.status === 'blocked' && this.state !== 'ended') {
      // The reason is on the screen, so the rep does not need to hear it.
      this.#sdk?.disconnect();
      this.#end();
      return;
    }
    if (this.state === 'talking' && isLeftAlone(this.legs, this.callSid)) {
      this.#sdk?.disconnect();
      this.#end();
      return;
    }
    const isOutbound = this.direction === 'outbound';
    if (this.#doubtTimer && isOutbound && row.status === 'in-progress') this.#talk();
    if (this.state === 'ended') this.reason = this.#why();
    this.changed();
  }

  /** @param {CallState} state */
  #advance(state) {
    if (ORDER.indexOf(state) <= ORDER.indexOf(this.state)) return;
    this.state = state;
    clearTimeout(this.#progressTimer);
    this.changed();
  }

  #answered() {
    if (this.state === 'ended' || this.answeredAt) return;
    clearTimeout(this.#progressTimer);
    this.answeredAt = new Date();
    if (this.direction === 'incoming') return this.#talkAfter(DOUBT_OF_INCOMING_MS);
    if (this.conversation?.status === 'in-progress') return this.#talk();
    this.#talkAfter(this.#rang ? DOUBT_AFTER_RINGING_MS : DOUBT_WITHOUT_RINGING_MS);
  }

  /** @param {number} ms */
  #talkAfter(ms) {
    this.#doubtTimer = setTimeout(() => this.#talk(), ms);
  }

  #talk() {
    clearTimeout(this.#doubtTimer);
    this.#doubtTimer = undefined;
    this.#advance('talking');
  }

  /** @param {import('@twilio/voice-sdk').TwilioError.TwilioError} error */
  #troubled(error) {
    const { code } = error;
    this.#networkCode = endCodeOfSdk(code);
    if (this.#networkCode) return;
    const isMicrophone = code === 31401 || code === 31402;
    this.#failure = (isMicrophone && this.#options.microphoneFailure()) || failureOfSdk(error);
    if (this.#sdk?.status() === 'closed') this.#end();
  }

  /**
   * A call that loses its connection before it is answered cannot be restored. The SDK closes it
   * without a `disconnect`.
   */
  #orphaned() {
    if (this.state === 'ended' || this.#sdk?.status() !== 'closed') return;
    this.#failure = failure('connection_lost');
    this.#options.onBroken();
    this.#end();
  }

  #expectProgress(isOpening = this.#microphone.isOpening) {
    clearTimeout(this.#progressTimer);
    if (isOpening || this.state !== 'connecting' || this.answeredAt) return;
    this.#progressTimer = setTimeout(
      () => this.fail(failure('progress_timeout')),
      this.#options.progressTimeoutMs,
    );
  }

  #learnSid() {
    const sid = this.#sdk?.parameters.CallSid;
    if (!sid || sid === this.callSid) return;
    this.callSid = sid;
    if (this.direction === 'outbound') this.#options.onCallSid(sid);
  }

  #end() {
    if (this.state === 'ended') return;
    clearTimeout(this.#progressTimer);
    clearTimeout(this.#doubtTimer);
    this.endedAt = new Date();
    const talked = this.state === 'talking';
    if (!talked) this.answeredAt = null;
    this.state = 'ended';
    this.#microphone.end();
    this.reconnecting = false;
    this.reason = this.#why();
    this.emit('end', this);
    this.changed();
  }

  /** @returns {EndReason} */
  #why() {
    return endReason({
      conversation: this.conversation,
      failure: this.#failure,
      hungUpHere: this.#hungUpHere,
      answered: this.answeredAt !== null,
      networkCode: this.#networkCode,
      isIncoming: this.direction === 'incoming',
      leftBy: this.#leaving ?? leftBy(this.legs),
      wasRemoved: legOf(this.legs, this.callSid)?.ended_by === 'removed',
      goesOn: this.#goesOn,
    });
  }

  /** Whether the lead is on the call without this browser, as the database knows. */
  get #goesOn() {
    const own = legOf(this.legs, this.callSid);
    return Boolean(own && !isOnCall(own) && leadOf(this.legs));
  }

  /**
   * @protected
   * @override
   */
  changed() {
    this.emit('change', this);
  }
}
