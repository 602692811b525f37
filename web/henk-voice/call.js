import { blockReasonSentence } from './block-reasons.js';
import { FINAL_STATUSES } from './conversations.js';
import { Emitter } from './emitter.js';
import { failure, failureOfSdk, failureOfWarning } from './failures.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./endpoints.js').CallWishes} CallWishes
 * @typedef {import('./failures.js').Failure} Failure
 *
 * @typedef {'connecting' | 'ringing' | 'talking' | 'ended'} CallState
 *
 * @typedef {'hung_up' | 'lead_hung_up' | 'canceled' | 'busy' | 'no_answer' | 'not_reached'
 *   | 'refused' | 'time_limit' | 'failure' | 'ended'} EndCode
 *   `ended`: for a moment, until it is known which
 *
 * @typedef {object} EndReason
 * @property {EndCode} code
 * @property {string} message in words
 * @property {Failure} [failure] of the code `failure`
 * @property {string} [blockReason] of the code `refused`
 *
 * @typedef {object} CallEvents
 * @property {VoiceCall} change anything about the call, its state or its conversation
 * @property {VoiceCall} end it is over; `reason` may still become more exact, with a `change`
 * @property {string} digits were sent
 *
 * @typedef {object} CallOptions
 * @property {number} progressTimeoutMs
 * @property {() => Failure | null} microphoneFailure why the microphone could not be opened
 * @property {(callSid: string) => void} onCallSid it has one
 * @property {() => void} onReconnecting
 * @property {() => void} onBroken the SDK's call is dead without having ended
 */

/** @type {Readonly<Record<EndCode, string>>} */
const SENTENCES = {
  hung_up: 'You hung up.',
  lead_hung_up: 'The other side hung up.',
  canceled: 'You hung up before anybody answered.',
  busy: 'The line is busy.',
  no_answer: 'Nobody answered.',
  not_reached: 'The number could not be reached.',
  refused: 'The call was not placed.',
  time_limit: 'The call reached its time limit.',
  failure: 'The call failed.',
  ended: 'The call is over.',
};

/** What the network says as it hangs up. @type {Readonly<Record<number, EndCode>>} */
const HANGUP_CODES = {
  31404: 'not_reached',
  31480: 'no_answer',
  31486: 'busy',
};

/** @type {Readonly<Partial<Record<Conversation['status'], EndCode>>>} */
const STATUS_CODES = {
  busy: 'busy',
  'no-answer': 'no_answer',
  failed: 'not_reached',
  canceled: 'canceled',
};

const ORDER = /** @type {const} */ (['connecting', 'ringing', 'talking', 'ended']);
/** An answer without ringing is the lead's or a spoken refusal: so long the row is waited for. */
const DOUBT_WITHOUT_RINGING_MS = 3_000;
/** A call that nobody took may be answered by its last <Hangup>, and is over at once then. */
const DOUBT_AFTER_RINGING_MS = 300;
/** Where permission was given before, the microphone opens sooner. */
const MICROPHONE_ASKED_MS = 500;

/**
 * One call: connecting → ringing → talking → ended. It may skip states and never goes back.
 *
 * @extends {Emitter<CallEvents>}
 */
export class VoiceCall extends Emitter {
  /** @type {CallState} */
  state = 'connecting';
  /** Set once it has ended. @type {EndReason | null} */
  reason = null;
  muted = false;
  /** The connection is lost and being made anew; the other side waits. */
  reconnecting = false;
  /** The browser asks for permission to use the microphone. */
  awaitingMicrophone = false;
  /** What is wrong with a call that goes on. @type {Failure[]} */
  warnings = [];
  /** The rows of `conversations` as far as it is known. @type {Conversation | null} */
  conversation = null;
  /** @type {string | null} of the browser's leg; null until it rings */
  callSid = null;
  startedAt = new Date();
  /** When the lead answered. @type {Date | null} */
  answeredAt = null;
  /** @type {Date | null} */
  endedAt = null;

  #options;
  /** @type {SdkCall | null} */
  #sdk = null;
  #hungUpHere = false;
  #rang = false;
  /** @type {EndCode | null} */
  #hangupCode = null;
  /** @type {Failure | null} */
  #failure = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #progressTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #doubtTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #microphoneTimer;

  /**
   * @internal Calls are made by HenkVoice.dial().
   * @param {CallWishes} wishes
   * @param {CallOptions} options
   */
  constructor(wishes, options) {
    super();
    this.wishes = wishes;
    this.#options = options;
  }

  /** Time spent talking to the lead, in whole seconds; once it is known, the database's. */
  get talkSeconds() {
    const known = this.conversation?.duration_seconds;
    if (this.state === 'ended' && known !== null && known !== undefined) return known;
    if (!this.answeredAt) return 0;
    const until = this.endedAt ?? new Date();
    return Math.max(0, Math.floor((until.getTime() - this.answeredAt.getTime()) / 1000));
  }

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

  hangUp() {
    if (this.state === 'ended') return;
    this.#hungUpHere = true;
    this.#disconnect();
    this.#end();
  }

  /**
   * @internal
   * @param {SdkCall} sdk
   */
  attach(sdk) {
    this.#sdk = sdk;
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
      // A microphone that is refused hangs up first and says why afterwards.
      setTimeout(() => this.#end(), 0);
    });
    sdk.on('cancel', () => this.#end());
    sdk.on('error', (error) => this.#troubled(error));
    sdk.on('mute', (muted) => {
      this.muted = muted;
      this.#changed();
    });
    sdk.on('reconnecting', () => {
      // Of an orphaned call the SDK goes on to lose the sound.
      if (this.state === 'ended') return;
      this.reconnecting = true;
      this.#options.onReconnecting();
      this.#changed();
    });
    sdk.on('reconnected', () => {
      this.reconnecting = false;
      this.#changed();
    });
    sdk.on('transportClose', () => setTimeout(() => this.#orphaned(), 0));
    sdk.on('warning', (name) => this.#warn(name, true));
    sdk.on('warning-cleared', (name) => this.#warn(name, false));
    this.#expectProgress();
  }

  /**
   * @internal
   * @param {Failure} cause
   */
  fail(cause) {
    this.#failure = cause;
    this.#disconnect();
    this.#end();
  }

  /**
   * @internal
   * @param {boolean} waiting
   */
  setAwaitingMicrophone(waiting) {
    clearTimeout(this.#microphoneTimer);
    if (this.state === 'ended') return;
    if (waiting) {
      // People take their time over the browser's question.
      clearTimeout(this.#progressTimer);
      this.#microphoneTimer = setTimeout(() => this.#awaitMicrophone(true), MICROPHONE_ASKED_MS);
    } else {
      if (this.#sdk) this.#expectProgress();
      this.#awaitMicrophone(false);
    }
  }

  /**
   * @internal
   * @param {Conversation} row what the database says
   */
  update(row) {
    this.conversation = row;
    if (row.status === 'blocked' && this.state !== 'ended') {
      // The reason is on the screen; it need not be listened to.
      this.#disconnect();
      this.#end();
      return;
    }
    if (this.#doubtTimer && row.status === 'in-progress') this.#talk();
    if (this.state === 'ended') this.reason = this.#why();
    this.#changed();
  }

  /** @param {boolean} waiting */
  #awaitMicrophone(waiting) {
    if (this.awaitingMicrophone === waiting) return;
    this.awaitingMicrophone = waiting;
    this.#changed();
  }

  /** @param {CallState} state */
  #advance(state) {
    if (ORDER.indexOf(state) <= ORDER.indexOf(this.state)) return;
    this.state = state;
    clearTimeout(this.#progressTimer);
    this.#changed();
  }

  #answered() {
    if (this.state === 'ended' || this.answeredAt) return;
    clearTimeout(this.#progressTimer);
    this.answeredAt = new Date();
    const doubt = this.#rang ? DOUBT_AFTER_RINGING_MS : DOUBT_WITHOUT_RINGING_MS;
    if (this.conversation?.status === 'in-progress') this.#talk();
    else this.#doubtTimer = setTimeout(() => this.#talk(), doubt);
  }

  #talk() {
    clearTimeout(this.#doubtTimer);
    this.#doubtTimer = undefined;
    this.#advance('talking');
  }

  /** @param {import('@twilio/voice-sdk').TwilioError.TwilioError} error */
  #troubled(error) {
    const { code } = error;
    this.#hangupCode = HANGUP_CODES[code] ?? null;
    if (this.#hangupCode) return;
    const isMicrophone = code === 31401 || code === 31402;
    this.#failure = (isMicrophone && this.#options.microphoneFailure()) || failureOfSdk(error);
    if (this.#sdk?.status() === 'closed') this.#end();
  }

  /** Lost before it was answered, a call cannot be taken up again, and the SDK leaves it at that. */
  #orphaned() {
    if (this.state === 'ended' || this.#sdk?.status() !== 'closed') return;
    this.#failure = failure('connection_lost');
    this.#options.onBroken();
    this.#end();
  }

  #expectProgress() {
    clearTimeout(this.#progressTimer);
    if (this.state !== 'connecting' || this.answeredAt) return;
    this.#progressTimer = setTimeout(
      () => this.fail(failure('progress_timeout')),
      this.#options.progressTimeoutMs,
    );
  }

  /**
   * @param {string} name
   * @param {boolean} raised
   */
  #warn(name, raised) {
    const warning = failureOfWarning(name);
    if (!warning || this.state === 'ended') return;
    const others = this.warnings.filter(({ code }) => code !== warning.code);
    this.warnings = raised ? [...others, warning] : others;
    this.#changed();
  }

  #learnSid() {
    const sid = this.#sdk?.parameters.CallSid;
    if (!sid || sid === this.callSid) return;
    this.callSid = sid;
    this.#options.onCallSid(sid);
  }

  #disconnect() {
    this.#sdk?.disconnect();
  }

  #end() {
    if (this.state === 'ended') return;
    clearTimeout(this.#progressTimer);
    clearTimeout(this.#doubtTimer);
    clearTimeout(this.#microphoneTimer);
    this.endedAt = new Date();
    const talked = this.state === 'talking';
    if (!talked) this.answeredAt = null;
    this.state = 'ended';
    this.reconnecting = false;
    this.awaitingMicrophone = false;
    this.warnings = [];
    this.reason = this.#why();
    this.emit('end', this);
    this.#changed();
  }

  /** @returns {EndReason} as exactly as it is known by now */
  #why() {
    const row = this.conversation;
    if (row?.status === 'blocked') {
      const blockReason = row.block_reason ?? '';
      const message = `${SENTENCES.refused} ${blockReasonSentence(blockReason)}`;
      return { code: 'refused', message, blockReason };
    }
    if (this.#failure && !this.#hungUpHere) {
      const { message, action } = this.#failure;
      return { code: 'failure', message: `${message} ${action}`, failure: this.#failure };
    }
    const code = this.#endCode();
    return { code, message: SENTENCES[code] };
  }

  /** @returns {EndCode} */
  #endCode() {
    const row = this.conversation;
    const talked = this.answeredAt !== null || row?.status === 'completed';
    if (this.#hungUpHere) return talked ? 'hung_up' : 'canceled';
    if (row && FINAL_STATUSES.has(row.status)) {
      const { duration_seconds: seconds, time_limit_seconds: limit } = row;
      if (seconds !== null && limit !== null && seconds >= limit - 1) return 'time_limit';
      const code = STATUS_CODES[row.status];
      if (code) return code;
    }
    if (this.#hangupCode) return this.#hangupCode;
    return talked ? 'lead_hung_up' : 'ended';
  }

  #changed() {
    this.emit('change', this);
  }
}
