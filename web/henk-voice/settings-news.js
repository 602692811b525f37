import { Emitter } from './emitter.js';

/**
 * @typedef {object} SettingsEvents
 * @property {{ subject: string | null }} settings what has changed, in the words of the record of changes (`business`,
 *   `outcome`, `phone_number`, …); null: it is not known what
 *
 * @typedef {{ id: number, subject: string | null }} SettingsChange
 */

/**
 * Knows whether settings of the business have changed since they were read. With Supabase Realtime it learns of each
 * change at once, without it from the heartbeat, which has the number of the latest change.
 *
 * @extends {Emitter<SettingsEvents>}
 */
export class SettingsNews extends Emitter {
  /** The latest change that is known. @type {number | null} */
  #latest = null;
  #tellTabs;

  /** @param {(change: SettingsChange) => void} tellTabs */
  constructor(tellTabs) {
    super();
    this.#tellTabs = tellTabs;
  }

  /** Another business is open. */
  forget() {
    this.#latest = null;
  }

  /**
   * A change was broadcast. Of two at once, the later one may come first.
   *
   * @param {SettingsChange} change
   */
  changed({ id, subject }) {
    this.#latest = Math.max(this.#latest ?? id, id);
    this.emit('settings', { subject });
  }

  /**
   * The database has told the number of the latest change.
   *
   * @param {number} id 0: there is none
   */
  learn(id) {
    const before = this.#latest;
    this.#latest = Math.max(before ?? id, id);
    if (before === null || id <= before) return;
    this.#tellTabs({ id, subject: null });
    this.emit('settings', { subject: null });
  }

  /**
   * Another tab has learned of a change.
   *
   * @param {SettingsChange} change
   */
  learnElsewhere({ id, subject }) {
    if (this.#latest === null || id > this.#latest) this.changed({ id, subject });
  }
}
