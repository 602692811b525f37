/** @typedef {import('../../henk-voice/henk-voice.js').QueueMode} QueueMode */

/** Which queue a rep has chosen, and how it calls. This browser remembers it. */
export class RememberedQueue {
  #key;

  /**
   * @param {string} userId
   * @param {string} businessId
   */
  constructor(userId, businessId) {
    this.#key = `henk.queue.${userId}.${businessId}`;
  }

  get campaignId() {
    return this.#read('campaign');
  }

  /** Each campaign has a mode of its own. */
  set campaignId(id) {
    this.#write('campaign', id);
    this.#write('mode', '');
  }

  /** What the rep has chosen; null: what the campaign says. @returns {QueueMode | null} */
  get mode() {
    const mode = this.#read('mode');
    return mode === 'preview' || mode === 'power' ? mode : null;
  }

  set mode(mode) {
    this.#write('mode', mode ?? '');
  }

  /** @param {string} what */
  #read(what) {
    try {
      return localStorage.getItem(`${this.#key}.${what}`) ?? '';
    } catch {
      return '';
    }
  }

  /**
   * @param {string} what
   * @param {string} value
   */
  #write(what, value) {
    try {
      if (value) localStorage.setItem(`${this.#key}.${what}`, value);
      else localStorage.removeItem(`${this.#key}.${what}`);
    } catch {
      // Storage is blocked: it is chosen again next time.
    }
  }
}
