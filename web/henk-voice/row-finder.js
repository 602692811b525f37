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

  /**
   * @param {Conversations} conversations
   * @param {Requests} requests
   */
  constructor(conversations, requests) {
    this.#conversations = conversations;
    this.#requests = requests;
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

  /**
   * @param {string | null} businessId
   * @returns {Promise<Set<string>>} the ids of the user's latest calls
   */
  async latestIds(businessId) {
    const latest = await this.#latest(businessId).catch(() => []);
    return new Set(latest.map(({ id }) => id));
  }

  /**
   * The row of a call whose SID the browser never learned, because the line was busy at once: it is the
   * new row with this number.
   *
   * @param {string} to the number with an extension, as it was dialled
   * @param {string | null} businessId
   * @param {Set<string>} known the ids of the latest rows before the call
   * @returns {Promise<Conversation | null>}
   */
  async newWith(to, businessId, known) {
    const [number = ''] = to.split(';');
    const digits = number.replace(/\D/g, '').slice(-6);
    const latest = await this.#latest(businessId);
    return (
      latest.find(({ id, to_number }) => !known.has(id) && to_number?.endsWith(digits)) ?? null
    );
  }

  /** @param {string | null} businessId */
  async #latest(businessId) {
    if (!businessId) return [];
    return this.#conversations.latest(businessId, await this.#requests.session.userId());
  }
}
