import { Emitter } from './emitter.js';

/**
 * @typedef {import('./team.js').PresenceState} PresenceState
 *
 * @typedef {'available' | 'away'} ChosenPresence
 *
 * @typedef {object} PresenceEvents
 * @property {PresenceState} change the user can be rung now, or not any more
 *
 * @typedef {object} PresenceOptions
 * @property {(state: PresenceState) => Promise<number>} tell tells the database, and resolves to the
 *   seconds after which it has to be told again
 * @property {(chosen: ChosenPresence) => void} tellTabs
 * @property {() => Promise<void>} look called before each heartbeat
 * @property {() => boolean} inCall whether the user is in a call, in any tab
 * @property {() => boolean} inOtherBusiness whether the user is in a call of another business
 * @property {() => boolean} canRing whether this tab has the phone, and the phone network knows it
 */

const STORED = 'henk-voice.presence';
const AGAIN_AFTER_SECONDS = 15;
/** The phone network needs a moment until it knows this tab. */
const FIRST_AFTER_MS = 3_000;
/** A window that is clicked often needs no heartbeat each time. */
const WAKES_AFTER_MS = 5_000;
/** After these events of `window` the heartbeat comes at once: timers do not run while a machine sleeps. */
const WAKING = ['online', 'pageshow', 'focus'];

/**
 * Whether the user can be rung. The tab that has the phone tells the database again and again; if it
 * stops, the user is away after 40 s.
 *
 * The user chooses `available` or `away`, and the browser remembers it. `busy` comes and goes with calls.
 * The database knows the calls of a business itself, so a call costs no heartbeat.
 *
 * Browsers let timers of hidden pages run only once a minute if a timer was started by a timer. Here
 * each one is started by the answer to a request, so hidden pages keep their rhythm.
 *
 * @extends {Emitter<PresenceEvents>}
 */
export class Presence extends Emitter {
  /** @type {ChosenPresence} */
  chosen = 'available';

  #options;
  #key = '';
  #running = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #beats = 0;
  #beatAt = 0;
  /** @type {PresenceState | null} */
  #shown = null;
  /** What the database was told. @type {PresenceState | null} */
  #told = null;

  /** @param {PresenceOptions} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  /** @returns {PresenceState} */
  get state() {
    if (this.#options.inCall()) return 'busy';
    return this.chosen;
  }

  /**
   * @param {ChosenPresence} chosen for all tabs
   * @throws {import('./failures.js').VoiceError} if the database was not told; it is told again with the
   *   next heartbeat
   */
  async set(chosen) {
    this.#choose(chosen);
    this.#options.tellTabs(chosen);
    if (this.#running) await this.#beat();
    else await this.#options.tell(chosen);
  }

  /**
   * @internal
   * @param {string} userId
   * @param {string} businessId
   */
  open(userId, businessId) {
    this.#key = `${STORED}.${userId}.${businessId}`;
    this.#choose(stored(this.#key));
  }

  /** @internal This tab has the phone. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#told = null;
    for (const name of WAKING) globalThis.addEventListener?.(name, this.#wake);
    this.#timer = setTimeout(this.lookNow, FIRST_AFTER_MS);
  }

  /** @internal */
  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    for (const name of WAKING) globalThis.removeEventListener?.(name, this.#wake);
  }

  /** @internal Tells the database at once. */
  lookNow = () => {
    if (!this.#running) return;
    this.#beat().catch(() => {
      // It is told again with the next heartbeat.
    });
  };

  #wake = () => {
    // The clock may have been set.
    if (Math.abs(Date.now() - this.#beatAt) >= WAKES_AFTER_MS) this.lookNow();
  };

  /** @internal The phone network knows this tab now, or not any more. */
  registered() {
    // A connection that is lost is often back before the next heartbeat.
    if (this.#options.canRing() && this.#told !== this.chosen) this.lookNow();
  }

  /** @internal Another tab has chosen. @param {ChosenPresence} chosen */
  chosenElsewhere(chosen) {
    this.#choose(chosen);
  }

  /** @internal A call has begun or ended. */
  refresh() {
    const { state } = this;
    if (state === this.#shown) return;
    this.#shown = state;
    this.emit('change', state);
  }

  async #beat() {
    clearTimeout(this.#timer);
    this.#beats += 1;
    this.#beatAt = Date.now();
    const beat = this.#beats;
    let seconds = AGAIN_AFTER_SECONDS;
    try {
      await this.#options.look();
      this.refresh();
      const state = this.#toTell;
      seconds = await this.#options.tell(state);
      this.#told = state;
    } finally {
      if (this.#running && beat === this.#beats) {
        this.#timer = setTimeout(this.lookNow, seconds * 1000);
      }
    }
  }

  /** @returns {PresenceState} */
  get #toTell() {
    if (this.#options.inOtherBusiness()) return 'busy';
    return this.#options.canRing() ? this.chosen : 'away';
  }

  /** @param {ChosenPresence} chosen */
  #choose(chosen) {
    this.chosen = chosen;
    store(this.#key, chosen);
    this.refresh();
  }
}

/**
 * @param {string} key
 * @returns {ChosenPresence}
 */
function stored(key) {
  try {
    return localStorage.getItem(key) === 'away' ? 'away' : 'available';
  } catch {
    return 'available';
  }
}

/**
 * @param {string} key
 * @param {ChosenPresence} chosen
 */
function store(key, chosen) {
  try {
    if (chosen === 'away') localStorage.setItem(key, chosen);
    else localStorage.removeItem(key);
  } catch {
    // Storage is blocked: the choice is kept until the page is closed.
  }
}
