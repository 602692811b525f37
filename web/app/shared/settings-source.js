import { onSetting } from './setting-changes.js';

/** @typedef {import('../frame/view.js').ViewContext} ViewContext */

/**
 * @template {object} Columns
 * @typedef {object} SettingsStore
 * @property {(businessId: string, options: { signal: AbortSignal }) => Promise<Columns>} read
 * @property {(businessId: string, changes: Partial<Columns>) => Promise<Columns>} change resolves to what they are
 *   afterwards
 */

/**
 * Columns of the business that the forms of a view show: read once for all of them, and again when somebody has
 * changed them.
 *
 * @template {object} Columns
 */
export class SettingsSource {
  context;
  #store;
  /** Answers that come after a later question are old. */
  #asked = 0;
  /** @type {Set<(settings: Columns) => void>} */
  #onRead = new Set();
  /** @type {Set<(error: unknown) => void>} */
  #onTrouble = new Set();

  /**
   * @param {ViewContext} context
   * @param {SettingsStore<Columns>} store
   * @param {readonly string[]} subjects of the record of changes, after which they are read again
   */
  constructor(context, store, subjects) {
    this.context = context;
    this.#store = store;
    onSetting(context.voice, subjects, () => void this.read(), context.signal);
  }

  /**
   * @param {(settings: Columns) => void} onRead whenever they are known, or known again
   * @param {(error: unknown) => void} [onTrouble] they cannot be read
   */
  follow(onRead, onTrouble) {
    this.#onRead.add(onRead);
    if (onTrouble) this.#onTrouble.add(onTrouble);
  }

  async read() {
    const { business, signal } = this.context;
    const asked = this.#ask();
    try {
      this.#tell(await this.#store.read(business.id, { signal }), asked);
    } catch (error) {
      if (!this.#isOld(asked)) for (const tell of this.#onTrouble) tell(error);
    }
  }

  /**
   * @param {Partial<Columns>} changes
   * @throws {import('../../henk-voice/henk-voice.js').VoiceError}
   */
  async change(changes) {
    const settings = await this.#store.change(this.context.business.id, changes);
    this.#tell(settings, this.#ask());
  }

  #ask() {
    this.#asked += 1;
    return this.#asked;
  }

  /** @param {number} asked */
  #isOld(asked) {
    return this.context.signal.aborted || asked !== this.#asked;
  }

  /**
   * @param {Columns} settings
   * @param {number} asked
   */
  #tell(settings, asked) {
    if (!this.#isOld(asked)) for (const tell of this.#onRead) tell(settings);
  }
}
