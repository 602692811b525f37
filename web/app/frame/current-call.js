import { hideNotice, showFailure } from '../shared/notices.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 */

/** The latest call, and the name of the person who is called. */
export class CurrentCall {
  /** @type {Call | null} */
  call = null;
  name = '';

  #voice;

  /** @param {HenkVoice} voice */
  constructor(voice) {
    this.#voice = voice;
    voice.on('callend', ({ reason }) => {
      if (reason?.failure) showFailure(reason.failure, 'call');
    });
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
    this.call = this.#voice.dial(wishes);
    this.name = name;
    return this.call;
  }

  /** Call this when the call must not be shown any more, because the user or business changed. */
  forget() {
    this.call = null;
    this.name = '';
  }
}
