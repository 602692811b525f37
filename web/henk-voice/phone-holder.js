import { Emitter } from './emitter.js';

/**
 * @typedef {import('./ring.js').RingFacts} RingFacts
 *
 * @typedef {object} HolderEvents
 * @property {undefined} change the phone is held by another tab now, or it rings there
 * @property {any} message another tab has said this to all tabs
 * @property {undefined} calls a call of another tab has begun or ended; `callsElsewhere` has them
 *
 * @typedef {'here' | 'elsewhere' | 'off'} Where
 */

const PHONE = 'henk-voice.phone';
const CALL = 'henk-voice.call';

/**
 * Lets only one tab of a browser ring. The tab that holds a lock has the phone; if it is closed or
 * crashes, the browser gives the lock to the next one. The tabs tell each other where it rings.
 *
 * In a browser that forbids locks or channels each tab has a phone of its own: then all of them ring.
 *
 * @extends {Emitter<HolderEvents>}
 */
export class PhoneHolder extends Emitter {
  /** Which tab has the phone. @type {Where} */
  where = 'off';
  /** What rings in another tab. @type {RingFacts | null} */
  ringElsewhere = null;
  /** Whether other tabs would take the phone, as `look()` found. */
  othersWait = false;
  /** The businesses of calls that go on in other tabs, as `look()` found. @type {string[]} */
  callsElsewhere = [];

  #userId = '';
  #name = '';
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {AbortController | null} */
  #waiting = null;
  /** What rings in this tab. @type {RingFacts | null} */
  #ring = null;
  /** Ends what the lock is held for. @type {(() => void) | null} */
  #release = null;
  /** Ends the lock of a call. @type {(() => void) | null} */
  #releaseCall = null;
  #callName = '';

  /**
   * @param {string} userId
   * @param {string} businessId
   */
  start(userId, businessId) {
    this.stop();
    this.#userId = userId;
    this.#name = `${PHONE}.${userId}.${businessId}`;
    this.#callName = `${CALL}.${userId}.${businessId}.${crypto.randomUUID()}`;
    const channel = openChannel(this.#name);
    if (!channel || !globalThis.navigator?.locks) {
      channel?.close();
      this.#become('here');
      return;
    }
    this.#channel = channel;
    channel.addEventListener('message', ({ data }) => this.#hear(channel, data));
    void this.#hold();
  }

  stop() {
    this.#waiting?.abort();
    this.#waiting = null;
    this.#release?.();
    this.#release = null;
    this.#channel?.close();
    this.#channel = null;
    this.#ring = null;
    this.#become('off');
  }

  /** @param {any} message for all other tabs of this user and business */
  tell(message) {
    this.#channel?.postMessage({ message });
  }

  /** @param {RingFacts | null} ring what rings in this tab */
  rings(ring) {
    this.#ring = ring;
    if (this.where === 'here') this.#channel?.postMessage({ phone: ring });
  }

  /**
   * Lets other tabs know of a call in this one.
   *
   * @param {boolean} inCall
   */
  setInCall(inCall) {
    this.#releaseCall?.();
    this.#releaseCall = null;
    if (!inCall || !this.#callName) return;
    const over = new Promise((resolve) => (this.#releaseCall = () => resolve(undefined)));
    const tell = () => this.#channel?.postMessage({ calls: true });
    const hold = () => {
      tell();
      return over;
    };
    globalThis.navigator?.locks?.request(this.#callName, hold).then(tell, isForbidden);
  }

  /** Looks what other tabs are doing. */
  async look() {
    try {
      const { held = [], pending = [] } = await navigator.locks.query();
      const calls = held.map(({ name = '' }) => name).filter((name) => name !== this.#callName);
      const start = `${CALL}.${this.#userId}.`;
      this.callsElsewhere = calls
        .filter((name) => name.startsWith(start))
        .map((name) => name.slice(start.length).split('.')[0] ?? '');
      this.othersWait = pending.some(({ name }) => name === this.#name);
    } catch {
      // This browser forbids locks: a tab knows of no other.
    }
  }

  async #hold() {
    const name = this.#name;
    const waiting = new AbortController();
    this.#waiting = waiting;
    const { signal } = waiting;
    const hold = () => {
      if (signal.aborted) return undefined;
      this.#become('here');
      return new Promise((resolve) => (this.#release = () => resolve(undefined)));
    };
    try {
      const got = await navigator.locks.request(name, { ifAvailable: true }, (lock) =>
        lock ? Promise.resolve(hold()).then(() => true) : false,
      );
      if (got || signal.aborted) return;
      this.#become('elsewhere');
      this.#channel?.postMessage({ ask: true });
      await navigator.locks.request(name, { signal }, hold);
    } catch (error) {
      if (signal.aborted) return;
      isForbidden(error);
      this.#become('here');
    }
  }

  /**
   * @param {BroadcastChannel} channel
   * @param {any} data
   */
  #hear(channel, data) {
    if (channel !== this.#channel) return;
    if ('message' in data) this.emit('message', data.message);
    if (data.calls) void this.look().then(() => this.emit('calls', undefined));
    if (this.where === 'here' && data.ask) channel.postMessage({ phone: this.#ring });
    if (this.where === 'elsewhere' && 'phone' in data) {
      this.ringElsewhere = data.phone;
      this.emit('change', undefined);
    }
  }

  /** @param {Where} where */
  #become(where) {
    if (this.where === where) return;
    this.where = where;
    this.ringElsewhere = null;
    // The tab that had the phone before may have been closed while it rang.
    if (where === 'here') this.rings(this.#ring);
    this.emit('change', undefined);
  }
}

/** @param {string} name */
function openChannel(name) {
  try {
    return 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : null;
  } catch {
    return null;
  }
}

/** @param {unknown} error of `navigator.locks`, in browsers that forbid a page to store anything */
function isForbidden(error) {
  console.info(error);
}
