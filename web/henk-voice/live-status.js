import { FINAL_STATUSES } from './conversations.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('@supabase/supabase-js').RealtimeChannel} RealtimeChannel
 * @typedef {import('./conversations.js').Conversation} Conversation
 *
 * @typedef {object} LiveStatusOptions
 * @property {SupabaseClient} supabase
 * @property {boolean} realtime false: the project has none, do not try
 * @property {(id: string) => Promise<Conversation>} fetch the conversation of an id
 * @property {(row: Partial<Conversation> & { id: string }) => void} onChange what is new about a
 *   conversation, be it all of it or some columns
 * @property {() => void} onGap changes may have been missed
 */

const SUBSCRIBE_TIMEOUT_MS = 4_000;
const FIRST_POLL_MS = 700;
const SLOWEST_POLL_MS = 10_000;
const SLOWER = 1.15;
/** With Realtime a poll only makes up for a broadcast that got lost. */
const POLL_BESIDE_REALTIME_MS = 5_000;

/**
 * Tells what happens to conversations: by Supabase Realtime where the project has it, and by asking
 * about those that are watched where it has not. Who listens does not notice which.
 */
export class LiveStatus {
  #options;
  /** @type {RealtimeChannel | null} */
  #channel = null;
  #subscribed = false;
  #stopped = false;
  /** Timers of the watched ones, by id. @type {Map<string, ReturnType<typeof setTimeout>>} */
  #watched = new Map();

  /** @param {LiveStatusOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {string} businessId whose conversations */
  async start(businessId) {
    if (!this.#options.realtime) return;
    const { supabase } = this.#options;
    await supabase.realtime.setAuth();
    if (this.#stopped) return;
    const channel = supabase.channel(`business:${businessId}`, { config: { private: true } });
    this.#channel = channel;
    // As realtime.broadcast_changes() names and fills them.
    for (const event of ['INSERT', 'UPDATE']) {
      channel.on('broadcast', { event }, ({ payload }) => this.#tell(payload?.record));
    }
    const unanswered = setTimeout(() => this.#leave(), SUBSCRIBE_TIMEOUT_MS);
    let wasSubscribed = false;
    channel.subscribe((status) => {
      if (this.#channel !== channel) return;
      this.#subscribed = status === 'SUBSCRIBED';
      if (!this.#subscribed) return;
      clearTimeout(unanswered);
      // Broadcasts are not kept for those who were away.
      if (wasSubscribed) this.#options.onGap();
      wasSubscribed = true;
    });
  }

  stop() {
    this.#stopped = true;
    for (const timer of this.#watched.values()) clearTimeout(timer);
    this.#watched.clear();
    this.#leave();
  }

  /**
   * Follows one conversation until its call is over. Called again, it looks at it sooner.
   *
   * @param {string} id
   */
  watch(id) {
    clearTimeout(this.#watched.get(id));
    this.#pollLater(id, FIRST_POLL_MS);
  }

  #leave() {
    const channel = this.#channel;
    this.#channel = null;
    this.#subscribed = false;
    if (channel) void this.#options.supabase.removeChannel(channel);
  }

  /**
   * @param {string} id
   * @param {number} wait
   */
  #pollLater(id, wait) {
    const timer = setTimeout(
      () => void this.#poll(id, Math.min(wait * SLOWER, SLOWEST_POLL_MS)),
      this.#subscribed ? Math.max(wait, POLL_BESIDE_REALTIME_MS) : wait,
    );
    this.#watched.set(id, timer);
  }

  /**
   * @param {string} id
   * @param {number} nextWait
   */
  async #poll(id, nextWait) {
    try {
      this.#tell(await this.#options.fetch(id));
    } catch {
      // The next one may get through; until then nothing is known to have changed.
      nextWait = SLOWEST_POLL_MS;
    }
    if (this.#watched.has(id)) this.#pollLater(id, nextWait);
  }

  /** @param {(Partial<Conversation> & { id: string }) | undefined} row */
  #tell(row) {
    if (!row) return;
    if (row.status && FINAL_STATUSES.has(row.status)) {
      clearTimeout(this.#watched.get(row.id));
      this.#watched.delete(row.id);
    }
    this.#options.onChange(row);
  }
}
