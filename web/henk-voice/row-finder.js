/**
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./conversations.js').Conversations} Conversations
 * @typedef {import('./requests.js').Requests} Requests
 */

/** The pauses between attempts to find the row of a call that has just begun. */
const LOOK_UP_AFTER_MS = [0, 300, 700, 1500, 3000, 6000];

/** Finds the rows of this page's calls. */
export class RowFinder {
  #conversations;
  #requests;
  #businessId;

  /**
   * @param {Conversations} conversations
   * @param {Requests} requests
   * @param {() => string | null} businessId
   */
  constructor(conversations, requests, businessId) {
    this.#conversations = conversations;
    this.#requests = requests;
    this.#businessId = businessId;
  }

  /**
   * @param {() => Promise<Conversation | null>} look
   * @param {() => boolean} isNeedless whether nobody needs it any more
   * @returns {Promise<Conversation | null>}
   */
  async find(look, isNeedless) {
    for (const wait of LOOK_UP_AFTER_MS) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (isNeedless()) return null;
      const row = await look().catch(() => null);
      if (row) return row;
    }
    return null;
  }

  /** @returns {Promise<Set<string>>} the ids of the user's latest calls */
  async latestIds() {
    const latest = await this.#latest().catch(() => []);
    return new Set(latest.map(({ id }) => id));
  }

  /**
   * The row of a call whose SID the browser never learned, because the line was busy at once: it is the
   * new row with this number.
   *
   * @param {string} to the number with an extension, as it was dialled
   * @param {Set<string>} known the ids of the latest rows before the call
   * @returns {Promise<Conversation | null>}
   */
  async newWith(to, known) {
    const [number = ''] = to.split(';');
    const digits = number.replace(/\D/g, '').slice(-6);
    const latest = await this.#latest();
    return (
      latest.find(({ id, to_number }) => !known.has(id) && to_number?.endsWith(digits)) ?? null
    );
  }

  async #latest() {
    const businessId = this.#businessId();
    if (!businessId) return [];
    return this.#conversations.latest(businessId, await this.#requests.session.userId());
  }
}
