import { isOver } from './call-statuses.js';

/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('@supabase/supabase-js').RealtimeChannel} RealtimeChannel
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 *
 * @typedef {object} LiveStatusOptions
 * @property {SupabaseClient} supabase
 * @property {boolean} realtime false if the project has no Supabase Realtime
 * @property {(id: string) => Promise<ConversationWithLegs>} fetch reads one conversation
 * @property {(row: Partial<ConversationWithLegs> & { id: string }) => void} onChange a conversation
 *   changed: its id, and all columns or only the changed ones; `legs` if they were read
 * @property {(id: string) => boolean} isStillOn whether the user is still on a call with others, also if
 *   it is over for the lead
 * @property {(change: import('./settings-news.js').SettingsChange) => void} onSetting a setting was changed
 * @property {() => void} onGap some changes may have been missed
 */

const SUBSCRIBE_TIMEOUT_MS = 4_000;
/** The pauses between attempts double. A project without Realtime never answers. */
const REJOIN_AFTER_MS = 10_000;
const REJOIN_AT_LATEST_MS = 300_000;
const FIRST_POLL_MS = 700;
const SLOWEST_POLL_MS = 10_000;
const SLOWER = 1.15;
/**
 * How slow polls become while others change a call. Somebody is rung for 20 s at most. A call that went
 * on to others needs no haste.
 *
 * @type {Readonly<Partial<Record<import('./legs.js').Stage, number>>>}
 */
const SLOWEST_POLL_OF_STAGE_MS = {
  ringing: 1_000,
  transferring: 1_000,
  returning: 1_000,
  consulting: 2_500,
  on_hold: 2_500,
  together: 2_500,
};
/** The same, while it is recorded: the notice ends, and a colleague may pause it.
 *
 * @type {Readonly<Partial<Record<import('./recording-state.js').RecordingState, number>>>}
 */
const SLOWEST_POLL_OF_RECORDING_MS = {
  waiting: 2_500,
  starting: 1_000,
  recording: 5_000,
  paused: 5_000,
};
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
  #wasSubscribed = false;
  #stopped = false;
  #topic = '';
  /** How many attempts in a row got no answer. */
  #unanswered = 0;
  /** The next attempt; undefined while there are broadcasts. @type {ReturnType<typeof setTimeout> | undefined} */
  #rejoining;
  /** The timer of each watched conversation, by its id. @type {Map<string, ReturnType<typeof setTimeout>>} */
  #watched = new Map();
  /** The conversations that are read now, each with whether it has to be read again. @type {Map<string, boolean>} */
  #reading = new Map();

  /** @param {LiveStatusOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {string} businessId the business to listen to */
  async start(businessId) {
    this.#topic = `business:${businessId}`;
    if (this.#options.realtime) await this.#join();
  }

  /** Whether the broadcasts come. */
  get isListening() {
    return this.#subscribed;
  }

  /** Tries again at once if the server did not answer before: the network may be back. */
  lookNow() {
    if (this.#rejoining !== undefined) void this.#join();
  }

  stop() {
    this.#stopped = true;
    for (const timer of this.#watched.values()) clearTimeout(timer);
    this.#watched.clear();
    this.#leave();
  }

  async #join() {
    this.#leave();
    const { supabase, onGap } = this.#options;
    const unanswered = setTimeout(() => this.#joinLater(), SUBSCRIBE_TIMEOUT_MS);
    this.#rejoining = unanswered;
    try {
      await supabase.realtime.setAuth();
    } catch {
      // Without a session the server does not answer, and it is tried again.
      return;
    }
    if (this.#stopped || this.#rejoining !== unanswered) return;
    const channel = supabase.channel(this.#topic, { config: { private: true } });
    this.#channel = channel;
    // The names and the payload are those of realtime.broadcast_changes().
    for (const event of ['INSERT', 'UPDATE']) {
      channel.on('broadcast', { event }, ({ payload }) => this.#tell(payload?.record));
    }
    channel.on('broadcast', { event: 'SETTING' }, ({ payload }) => {
      if (payload?.record) this.#options.onSetting(payload.record);
    });
    channel.subscribe((status) => {
      if (this.#channel !== channel) return;
      this.#subscribed = status === 'SUBSCRIBED';
      if (status === 'CLOSED') this.#joinLater();
      if (!this.#subscribed) return;
      clearTimeout(this.#rejoining);
      this.#rejoining = undefined;
      this.#unanswered = 0;
      // Broadcasts sent while the connection was lost do not come later.
      if (this.#wasSubscribed) onGap();
      this.#wasSubscribed = true;
    });
  }

  #joinLater() {
    this.#leave();
    const wait = Math.min(REJOIN_AFTER_MS * 2 ** this.#unanswered, REJOIN_AT_LATEST_MS);
    this.#unanswered += 1;
    this.#rejoining = setTimeout(() => void this.#join(), wait);
  }

  /**
   * Polls a conversation until its call is over, and the user is not on it any more. A second call makes the next poll come sooner.
   *
   * @param {string} id
   */
  watch(id) {
    clearTimeout(this.#watched.get(id));
    this.#pollLater(id, FIRST_POLL_MS);
  }

  /**
   * Stops polling a conversation.
   *
   * @param {string} id
   */
  unwatch(id) {
    clearTimeout(this.#watched.get(id));
    this.#watched.delete(id);
  }

  /**
   * Reads a conversation at once. While it is read, others may ask for it: it is read once more for all
   * of them.
   *
   * @param {string} id
   */
  async read(id) {
    const isUnderWay = this.#reading.has(id);
    this.#reading.set(id, isUnderWay);
    if (isUnderWay) return;
    try {
      this.#tell(await this.#options.fetch(id));
    } catch {
      // The next poll may succeed.
    }
    const again = this.#reading.get(id);
    this.#reading.delete(id);
    if (again && !this.#stopped) await this.read(id);
  }

  #leave() {
    clearTimeout(this.#rejoining);
    this.#rejoining = undefined;
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
      const row = await this.#options.fetch(id);
      nextWait = Math.min(nextWait, slowestPollOf(row));
      this.#tell(row);
    } catch {
      // The next poll may succeed.
      nextWait = SLOWEST_POLL_MS;
    }
    if (this.#watched.has(id)) this.#pollLater(id, nextWait);
  }

  /** @param {(Partial<ConversationWithLegs> & { id: string }) | undefined} row */
  #tell(row) {
    if (!row) return;
    if (row.status && isOver(row.status) && !this.#options.isStillOn(row.id)) {
      this.unwatch(row.id);
    }
    this.#options.onChange(row);
  }
}

/** @param {ConversationWithLegs} row */
function slowestPollOf({ stage, recording_state: recording }) {
  return Math.min(
    (stage && SLOWEST_POLL_OF_STAGE_MS[stage]) ?? SLOWEST_POLL_MS,
    (recording && SLOWEST_POLL_OF_RECORDING_MS[recording]) ?? SLOWEST_POLL_MS,
  );
}
