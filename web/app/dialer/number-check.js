import { failureOf } from '../../henk-voice/henk-voice.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure
 * @typedef {import('../../henk-voice/henk-voice.js').Preview} Preview
 *
 * @typedef {object} Reading what the server says about some wishes
 * @property {Preview} [preview]
 * @property {Failure} [failure] why it could not be asked
 *
 * @typedef {'nothing' | 'asking' | Reading} CheckState
 *
 * @typedef {object} NumberCheckOptions
 * @property {(wishes: CallWishes, signal: AbortSignal) => Promise<Preview>} ask
 * @property {(state: CheckState) => void} onChange
 * @property {number} [wait] milliseconds without a change before the server is asked
 * @property {() => number} [now] milliseconds
 */

const WAIT_MS = 400;
/** A shorter text is not asked about while the person types. */
const SHORTEST = 4;
/**
 * A reading of this age is asked for again before the call: a colleague may be in a call with them now. One that refuses
 * the call is asked for again in any case: a manager may have changed a setting.
 */
const FRESH_MS = 10_000;

/** Asks the server how it reads the number of the form. An answer about older wishes is never used. */
export class NumberCheck {
  /** @type {CheckState} */
  state = 'nothing';

  #ask;
  #onChange;
  #wait;
  #now;
  /** @type {CallWishes} */
  #wishes = { to: '' };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The request that is under way. @type {{ abort: AbortController, done: Promise<Reading> } | null} */
  #request = null;
  /** When the reading came. */
  #readAt = 0;

  /** @param {NumberCheckOptions} options */
  constructor({ ask, onChange, wait = WAIT_MS, now = Date.now }) {
    this.#ask = ask;
    this.#onChange = onChange;
    this.#wait = wait;
    this.#now = now;
  }

  /** @param {CallWishes} wishes they replace the ones before */
  update(wishes) {
    if (JSON.stringify(wishes) !== JSON.stringify(this.#wishes)) this.#begin(wishes);
  }

  /** @param {CallWishes} wishes */
  #begin(wishes) {
    this.stop();
    this.#wishes = wishes;
    if (wishes.to.length < SHORTEST) return this.#become('nothing');
    this.#become('asking');
    this.#timer = setTimeout(() => void this.#read(), this.#wait);
  }

  /** Asks once more about the same wishes, if they could not be asked about before. */
  retry() {
    if (this.#request) return;
    if (typeof this.state === 'object' && this.state.failure) this.#begin(this.#wishes);
  }

  /** A setting has been changed: asks once more about the same wishes, and shows what is known until there is an answer. */
  async again() {
    const before = this.state;
    if (this.#request || typeof before !== 'object' || !before.preview) return;
    const reading = await this.#read();
    // The network failed: the old reading is of the same text.
    if (reading.failure && this.state === reading) this.#become(before);
  }

  /**
   * The reading of the current wishes. It waits for the server if there is none yet, an old one, or one that refuses
   * the call.
   *
   * @returns {Promise<Reading>}
   */
  async reading() {
    const before = this.state;
    if (typeof before === 'object' && this.#mayBeUsed(before)) return before;
    const reading = await (this.#request?.done ?? this.#read());
    // The old reading is of the same text: it is better than none.
    if (reading.failure && typeof before === 'object' && before.preview) {
      this.#become(before);
      return before;
    }
    return reading;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#request?.abort.abort();
    this.#request = null;
  }

  /** @param {Reading} reading */
  #mayBeUsed({ preview }) {
    return preview && !preview.blockReason && this.#now() - this.#readAt < FRESH_MS;
  }

  /** @returns {Promise<Reading>} */
  #read() {
    clearTimeout(this.#timer);
    const abort = new AbortController();
    const asked = this.#ask(this.#wishes, abort.signal).then(
      (preview) => ({ preview }),
      (error) => ({ failure: failureOf(error) }),
    );
    const done = asked.then((reading) => {
      if (abort.signal.aborted) return reading;
      this.#request = null;
      this.#readAt = this.#now();
      this.#become(reading);
      return reading;
    });
    this.#request = { abort, done };
    return done;
  }

  /** @param {CheckState} state */
  #become(state) {
    this.state = state;
    this.#onChange(state);
  }
}
