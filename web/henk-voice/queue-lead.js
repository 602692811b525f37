import { Heartbeat } from './queue-heartbeat.js';

/**
 * @typedef {import('./call.js').VoiceCall} VoiceCall
 * @typedef {import('./queue-leases.js').FinishError} FinishError
 * @typedef {import('./queue-leases.js').FinishWish} FinishWish
 * @typedef {import('./queue-leases.js').QueueEntry} QueueEntry
 * @typedef {import('./queue-leases.js').QueueLeases} QueueLeases
 */

/** Who has not finished a lead after this time has gone away: the lease ends by itself then. */
const WRAP_UP_MS = 30 * 60_000;
/** How long the end of a call may be unknown before the database is asked to finish its lead. */
const END_KNOWN_MS = 1_000;
/** The pauses until a call is over in the database too. They double. */
const OPEN_FIRST_MS = 250;
const OPEN_LATER_MS = 3_000;
/** The other people go on without the rep: the call may last. */
const LEFT = ['handed_over', 'goes_on', 'removed'];

/** One lead, from its reservation until it is finished or given back. */
export class QueueLead {
  /** @type {VoiceCall | null} */
  call = null;
  /** How to finish it as soon as that is possible. @type {FinishWish | null} */
  wish = null;
  isFinishing = false;

  #leases;
  #describe;
  #heartbeat;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {QueueEntry} entry
   * @param {QueueLeases} leases
   * @param {object} options
   * @param {import('./henk-voice.js').HenkVoice['describe']} options.describe
   * @param {() => void} options.onLost it is not reserved any more
   */
  constructor(entry, leases, { describe, onLost }) {
    this.entry = entry;
    this.#leases = leases;
    this.#describe = describe;
    this.#heartbeat = new Heartbeat(() => leases.extend(entry), onLost);
    this.#heartbeat.start();
  }

  /** @returns {string | null} */
  get conversationId() {
    return this.call?.conversation?.id ?? this.entry.conversation_id;
  }

  /** Whether a call was begun under this reservation, as far as this page knows. */
  get wasCalled() {
    return this.call !== null || this.entry.conversation_id !== null;
  }

  /** The call is over. The rep may write for as long as it takes, but not for ever. */
  wrapUp() {
    this.#timer = setTimeout(() => this.#heartbeat.stop(), WRAP_UP_MS);
  }

  /** Resolves when the database may know the end of the call. */
  async endIsKnown() {
    const { call } = this;
    if (!call || call.conversation) return;
    const known = new Promise((resolve) => call.on('change', resolve));
    await Promise.race([known, pause(END_KNOWN_MS)]);
  }

  /**
   * @param {FinishWish} wish
   * @param {() => void} onSlow the call is still open in the database
   * @returns {Promise<Exclude<FinishError, 'in_call'> | null>} null: done
   * @throws {import('./failures.js').VoiceError}
   */
  async finish(wish, onSlow) {
    for (let wait = OPEN_FIRST_MS; ; wait = Math.min(wait * 2, OPEN_LATER_MS)) {
      const refused = await this.#leases.finish(this.entry, wish);
      if (refused === 'lease_lost') await this.#writeOutcome(wish);
      if (refused !== 'in_call') return refused;
      if (LEFT.includes(this.call?.reason?.code ?? '')) {
        await this.#writeOutcome(wish);
        await this.#leases.release(this.entry, 'stopped');
        return null;
      }
      if (wait === OPEN_LATER_MS) onSlow();
      await pause(wait);
    }
  }

  /** @param {import('./queue-leases.js').ReleaseReason} reason */
  async release(reason) {
    this.leave();
    await this.#leases.release(this.entry, reason);
  }

  /** It is not this page's any more. */
  leave() {
    this.#heartbeat.stop();
    clearTimeout(this.#timer);
  }

  /**
   * Writes the outcome without the lease: what a rep has said of a call is kept.
   *
   * @param {FinishWish} wish
   */
  async #writeOutcome({ outcome }) {
    const { conversationId: id } = this;
    const before = this.call?.conversation?.outcome ?? null;
    if (id && outcome) await this.#describe(id, { outcome }, { outcome: before });
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
