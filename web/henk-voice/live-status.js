import { isOver } from './call-statuses.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('@supabase/supabase-js').RealtimeChannel} RealtimeChannel
 * @typedef {import('./conversations.js').Conversation} Conversation
 *
 * @typedef {object} LiveStatusOptions
 * @property {SupabaseClient} supabase
 * @property {boolean} realtime false if the project has no Supabase Realtime
 * @property {(id: string) => Promise<Conversation>} fetch reads one conversation
 * @property {(row: Partial<Conversation> & { id: string }) => void} onChange a conversation
 *   changed: its id, and all columns or only the changed ones
 * @property {() => void} onGap some changes may have been missed
 */

const SUBSCRIBE_TIMEOUT_MS = 4_000;
const FIRST_POLL_MS = 700;
const SLOWEST_POLL_MS = 10_000;
const SLOWER = 1.15;
/** With Realtime, polling is only for broadcasts that got lost. */
const POLL_BESIDE_REALTIME_MS = 5_000;

/**
 * Tells about changes of conversations. If the project has Supabase Realtime, it listens to the
 * broadcasts of the business. In any case it polls the conversations that are watched.
 */
export class LiveStatus {
  #options;
  /** @type {RealtimeChannel | null} */
  #channel = null;
  #subscribed = false;
  #stopped = false;
  /** The timer of each watched conversation, by its id. @type {Map<string, ReturnType<typeof setTimeout>>} */
  #watched = new Map();

  /** @param {LiveStatusOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {string} businessId the business to listen to */
  async start(businessId) {
    if (!this.#options.realtime) return;
    const { supabase } = this.#options;
    await supabase.realtime.setAuth();
    if (this.#stopped) return;
    const channel = supabase.channel(`business:${businessId}`, { config: { private: true } });
    this.#channel = channel;
    // The names and the payload are those of realtime.broadcast_changes().
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
      // Broadcasts sent while the connection was lost do not come later.
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
   * Polls a conversation until its call is over. A second call makes the next poll come sooner.
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
      // The next poll may succeed.
      nextWait = SLOWEST_POLL_MS;
    }
    if (this.#watched.has(id)) this.#pollLater(id, nextWait);
  }

  /** @param {(Partial<Conversation> & { id: string }) | undefined} row */
  #tell(row) {
    if (!row) return;
    if (row.status && isOver(row.status)) {
      clearTimeout(this.#watched.get(row.id));
      this.#watched.delete(row.id);
    }
    this.#options.onChange(row);
  }
}
