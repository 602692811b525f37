/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessSettings} BusinessSettings
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** The columns of the business that the forms of this view show, read once for all of them. */
export class SettingsSource {
  context;

  /** @type {Set<(settings: BusinessSettings) => void>} */
  #onRead = new Set();
  /** @type {Set<(error: unknown) => void>} */
  #onTrouble = new Set();

  /** @param {ViewContext} context */
  constructor(context) {
    this.context = context;
  }

  /**
   * @param {(settings: BusinessSettings) => void} onRead whenever they are known, or known again
   * @param {(error: unknown) => void} onTrouble they cannot be read
   */
  follow(onRead, onTrouble) {
    this.#onRead.add(onRead);
    this.#onTrouble.add(onTrouble);
  }

  async read() {
    const { voice, business, signal } = this.context;
    try {
      const settings = await voice.settings.read(business.id, { signal });
      if (!signal.aborted) this.#tell(settings);
    } catch (error) {
      if (!signal.aborted) for (const tell of this.#onTrouble) tell(error);
    }
  }

  /**
   * @param {Partial<BusinessSettings>} changes
   * @throws {import('../../henk-voice/henk-voice.js').VoiceError}
   */
  async change(changes) {
    const { voice, business, signal } = this.context;
    const settings = await voice.settings.change(business.id, changes);
    if (!signal.aborted) this.#tell(settings);
  }

  /** @param {BusinessSettings} settings */
  #tell(settings) {
    for (const tell of this.#onRead) tell(settings);
  }
}
