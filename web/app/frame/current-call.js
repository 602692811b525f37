import { leadNameOf } from '../call/lead-name.js';
import { hideNotice, showFailure } from '../shared/notices.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 */

/** The latest call, and the name of its lead. */
export class CurrentCall {
  /** @type {Call | null} */
  call = null;
  /** What the call was placed with; empty for a call that came in. */
  placedAs = '';

  #voice;

  /** @param {HenkVoice} voice */
  constructor(voice) {
    this.#voice = voice;
    voice.on('call', (call) => {
      this.call = call;
      // `place` knows the name of its own calls.
      const entry = call.wishes.leaseToken ? voice.queue.entry : null;
      this.placedAs = entry?.lead.name ?? '';
    });
    voice.on('callend', ({ direction, reason }) => {
      // A phone that rings on says it itself.
      const rings = direction === 'incoming' && voice.ring !== null && voice.ring.state !== 'ended';
      if (reason?.failure && !rings) showFailure(reason.failure, 'call');
    });
    voice.on('callchange', ({ over, reason }) => {
      // The database may know better why a call ended.
      if (over && reason && !reason.failure) hideNotice('call');
    });
  }

  /** The name of the lead. */
  get name() {
    return this.call ? leadNameOf(this.call, this.placedAs) : '';
  }

  /**
   * Places a call.
   *
   * @param {CallWishes} wishes
   * @param {string} name of the person who is called
   * @returns {Call}
   * @throws {import('../../henk-voice/henk-voice.js').VoiceError} if another call is going on
   */
  place(wishes, name) {
    hideNotice('call');
    const call = this.#voice.dial(wishes);
    this.placedAs = name;
    return call;
  }

  /** Call this when the call must not be shown any more, because the user or business changed. */
  forget() {
    this.call = null;
    this.placedAs = '';
  }
}
