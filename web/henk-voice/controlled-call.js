import { Emitter } from './emitter.js';
import { VoiceError, failure } from './failures.js';
import { asksBeforeHangUp, beforeHangUp } from './hang-up.js';
import { recordingOf } from './recording-state.js';

/**
 * @typedef {import('./call.js').CallEvents} CallEvents
 * @typedef {import('./control.js').ControlAction} ControlAction
 * @typedef {import('./control.js').ControlWish} ControlWish
 * @typedef {import('./control.js').Target} Target
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 * @typedef {import('./legs.js').Leg} Leg
 * @typedef {import('./legs.js').Stage} Stage
 * @typedef {import('./recording-state.js').CallRecording} CallRecording
 * @typedef {import('./recording-state.js').RecordWish} RecordWish
 *
 * @typedef {(conversationId: string, wish: ControlWish) => Promise<ConversationWithLegs>} AskForControl
 */

/** Whoever hangs up does not wait longer for what has to be asked before. */
const LEAVE_WITHIN_MS = 6_000;

/**
 * Who is on a call, and what can be asked of it: hold, transfers, other people. Each request resolves
 * with the conversation as it is afterwards, or throws a VoiceError; then the call goes on as it was.
 *
 * It can be asked after the rep has left the call too: a cold transfer can be taken back until somebody
 * has answered.
 *
 * @extends {Emitter<CallEvents>}
 */
export class ControlledCall extends Emitter {
  /** The call's row in `conversations`, when it is known. @type {Conversation | null} */
  conversation = null;
  /** Everybody who is or was on the call. Empty for a plain call. @type {Leg[]} */
  legs = [];
  /** The SID of the browser's leg; null until it rings. @type {string | null} */
  callSid = null;

  #ask;
  /** What is under way, by what was asked. @type {Map<string, Promise<ConversationWithLegs>>} */
  #underWay = new Map();

  /** @param {AskForControl} ask */
  constructor(ask) {
    super();
    this.#ask = ask;
  }

  /** What is going on besides a rep and a lead who talk. @returns {Stage | null} null for a plain call */
  get stage() {
    return this.conversation?.stage ?? null;
  }

  /** What was asked last and is not done yet, apart from the recording. @returns {ControlAction | null} */
  get pending() {
    return this.#wishes.filter(({ action }) => action !== 'record').at(-1)?.action ?? null;
  }

  /** Whether the call is recorded, and what is missing. Null if it is not to be recorded. */
  get recording() {
    const asked = this.#wishes.filter(({ action }) => action === 'record').at(-1);
    return recordingOf(this.conversation, asked?.state ?? null);
  }

  /** What is under way. @returns {ControlWish[]} */
  get #wishes() {
    return [...this.#underWay.keys()].map((key) => JSON.parse(key));
  }

  /**
   * Whether a person should be asked what they mean by hanging up: the lead is on hold, and somebody else
   * is rung for them or talks to the rep in private. `hangUp()` then hands the lead over to whoever has
   * answered, and otherwise ends the call for the lead too.
   */
  get asksBeforeHangUp() {
    return asksBeforeHangUp(this);
  }

  /** The lead hears music. */
  hold() {
    return this.request({ action: 'hold' });
  }

  /** The lead is taken off hold. */
  resume() {
    return this.request({ action: 'resume' });
  }

  /**
   * @param {Target} to
   * @param {'cold' | 'warm'} mode `cold`: they are rung for the lead, and the rep leaves at once.
   *   `warm`: the lead is put on hold, and the rep talks to them first
   */
  transfer(to, mode) {
    return this.request({ action: 'transfer', to, mode });
  }

  /** Ends a warm transfer, or a call together: the rep leaves, and the others go on. */
  complete() {
    return this.request({ action: 'complete' });
  }

  /** All talk together. */
  merge() {
    return this.request({ action: 'merge' });
  }

  /** Takes a transfer back. After a cold one, the rep who transferred is rung for the lead. */
  cancelTransfer() {
    return this.request({ action: 'cancel' });
  }

  /** @param {Target} to is rung, and joins the call by answering */
  add(to) {
    return this.request({ action: 'add', to });
  }

  /** @param {string} legId whose part of the call ends */
  remove(legId) {
    return this.request({ action: 'remove', legId });
  }

  /**
   * The lead, an answering machine, is left alone with a recorded message, and the rep is free at once.
   *
   * @param {string} messageId see `Messages`
   */
  dropVoicemail(messageId) {
    return this.request({ action: 'drop_voicemail', messageId });
  }

  /**
   * @param {RecordWish} state `pause` keeps the time: what is said meanwhile is silence
   * @param {{ consent?: 'agreed' | 'refused' }} [options] what the lead has said: `agreed` with `start`;
   *   `refused` with `stop`, which also deletes what was recorded, and is final
   */
  record(state, { consent } = {}) {
    return this.request({ action: 'record', state, ...(consent && { consent }) });
  }

  /**
   * @protected
   * @param {ControlWish} wish
   * @returns {Promise<ConversationWithLegs>} the same wish twice at a time is one request
   */
  request(wish) {
    const key = JSON.stringify(wish);
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const id = this.conversation?.id;
    if (!id) return Promise.reject(new VoiceError(failure('not_in_progress')));
    const answered = this.#ask(id, wish).then((row) => {
      // Nobody may see what was before without what is under way.
      this.learn(row);
      return row;
    });
    const done = answered.finally(() => {
      this.#underWay.delete(key);
      this.changed();
    });
    this.#underWay.set(key, done);
    this.changed();
    return done;
  }

  /** @protected Whether something has to be asked before the browser leaves the call. */
  get leavesOthers() {
    return beforeHangUp(this).length > 0;
  }

  /** @protected Asks it. Resolves in any case: whoever is left alone is asked for again. */
  async leave() {
    const asked = async () => {
      for (const wish of beforeHangUp(this)) await this.request(wish).catch(() => {});
    };
    const late = new Promise((resolve) => setTimeout(resolve, LEAVE_WITHIN_MS));
    await Promise.race([asked(), late]);
  }

  /**
   * @protected
   * @param {ConversationWithLegs} _row what a request was answered
   */
  learn(_row) {}

  /** @protected */
  changed() {}
}
