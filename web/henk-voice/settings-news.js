import { Emitter } from './emitter.js';
import { subjectOfWrite } from './settings-writes.js';

/**
 * @typedef {import('./people.js').Role} Role
 * @typedef {import('./sql.js').Sql} Sql
 *
 * @typedef {object} SettingsEvents
 * @property {{ subject: string | null }} settings what has changed, in the words of the record of changes (`business`,
 *   `outcome`, `phone_number`, …); null: it is not known what
 * @property {{ role: Role | null }} role of the user in the business; null: none
 *
 * @typedef {{ id: number, subject: string }} SettingsChange
 */

/** How often a page asks that somebody sees, without Realtime. */
const EVERY_MS = 1_000;
/** After failures the pauses double. */
const AT_LATEST_MS = 60_000;
/** So many of the latest changes are answered. */
const ANSWERED = 20;
const CHANNEL = 'henk-voice.settings';

/**
 * Knows whether settings of the business have changed since they were read, also before the phone works and in tabs
 * that do not have it. With Supabase Realtime it learns of each change at once. Without it, it asks every second
 * while somebody sees the page, and when the heartbeat knows of a later change; what is changed in this browser, all
 * its tabs know at once.
 *
 * @extends {Emitter<SettingsEvents>}
 */
export class SettingsNews extends Emitter {
  #sql;
  #isListening;
  #businessId = '';
  /** The changes that are known, none of which is older than the latest 20. @type {Set<number>} */
  #known = new Set();
  /** Whether the database has answered since the business was opened. */
  #isKnown = false;
  #isAsking = false;
  #failures = 0;
  /** Whether broadcasts came already when it was asked last. */
  #wasListening = false;
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {Pick<Sql, 'ask'>} options.sql
   * @param {() => boolean} options.isListening whether the broadcasts of Realtime come
   */
  constructor({ sql, isListening }) {
    super();
    this.#sql = sql;
    this.#isListening = isListening;
    globalThis.document?.addEventListener('visibilitychange', () => this.#show());
  }

  /** @param {string} businessId */
  start(businessId) {
    this.stop();
    this.#businessId = businessId;
    this.#channel = openChannel(`${CHANNEL}.${businessId}`);
    this.#channel?.addEventListener('message', ({ data }) => this.#hear(data));
    void this.look();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#channel?.close();
    this.#channel = null;
    this.#businessId = '';
    this.#known = new Set();
    this.#isKnown = false;
    this.#failures = 0;
    this.#wasListening = false;
  }

  /**
   * A change was broadcast. Of two at once, the later one may come first.
   *
   * @param {SettingsChange} change
   */
  changed({ id, subject }) {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.emit('settings', { subject });
  }

  /**
   * The heartbeat has told the number of the latest change.
   *
   * @param {number} id 0: there is none
   */
  learn(id) {
    if (this.#isKnown && id && !this.#known.has(id)) void this.look();
  }

  /**
   * This tab has written something.
   *
   * @param {string} what see `subjectOfWrite`
   */
  wrote(what) {
    const subject = subjectOfWrite(what);
    // The broadcast comes to all tabs.
    if (!subject || !this.#businessId || this.#isListening()) return;
    this.#channel?.postMessage({ written: subject });
    this.emit('settings', { subject });
  }

  /** Asks at once. */
  async look() {
    const businessId = this.#businessId;
    if (!businessId || this.#isAsking) return;
    clearTimeout(this.#timer);
    this.#isAsking = true;
    this.#wasListening = this.#isListening();
    try {
      const values = { p_business_id: businessId };
      const options = { tries: /** @type {const} */ ('once'), expected: ['not_found'] };
      const answer = await this.#sql.ask('settings_news', values, options);
      this.#failures = 0;
      if (businessId === this.#businessId) this.#take(answer);
    } catch {
      this.#failures += 1;
    } finally {
      this.#isAsking = false;
    }
    if (businessId === this.#businessId) this.#later();
    else if (this.#businessId) void this.look();
  }

  /**
   * @param {{ error?: string, role?: Role, changes?: SettingsChange[] }} answer with the error `not_found` for who is
   *   not a member
   */
  #take({ error, role, changes = [] }) {
    if (error === undefined && role === undefined) return;
    const news = this.#isKnown ? changes.filter(({ id }) => !this.#known.has(id)) : [];
    const oldest = changes.at(-1)?.id ?? 0;
    const known = [...this.#known].filter((id) => id > oldest);
    this.#known = new Set([...known, ...changes.map(({ id }) => id)]);
    this.#isKnown = true;
    this.emit('role', { role: role ?? null });
    if (!news.length) return;
    this.#channel?.postMessage({ changes: news });
    this.#tell(news);
  }

  /** @param {readonly SettingsChange[]} news */
  #tell(news) {
    if (news.length === ANSWERED) return this.emit('settings', { subject: null });
    for (const subject of new Set(news.map((change) => change.subject))) {
      this.emit('settings', { subject });
    }
  }

  /**
   * Another tab has learned something, or has written.
   *
   * @param {{ changes?: SettingsChange[], written?: string }} message
   */
  #hear({ changes = [], written }) {
    const news = changes.filter(({ id }) => !this.#known.has(id));
    for (const { id } of news) this.#known.add(id);
    this.#tell(news);
    if (written) this.emit('settings', { subject: written });
  }

  #later() {
    clearTimeout(this.#timer);
    const wait = Math.min(EVERY_MS * 2 ** this.#failures, AT_LATEST_MS);
    this.#timer = setTimeout(() => this.#lookIfNeeded(), wait);
  }

  /** Once after broadcasts have begun: those that were sent before did not come. */
  #lookIfNeeded() {
    if (globalThis.document?.hidden) return;
    if (this.#isListening() && this.#wasListening) this.#later();
    else void this.look();
  }

  #show() {
    if (this.#businessId && !globalThis.document.hidden) this.#lookIfNeeded();
  }
}

/** @param {string} name */
function openChannel(name) {
  try {
    return 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : null;
  } catch {
    // Storage is blocked: each tab asks for itself.
    return null;
  }
}
