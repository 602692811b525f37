import { SYSTEM_DEFAULT } from './audio-list.js';
import { ALL_ON } from './audio-processing.js';

/**
 * @typedef {import('./audio-list.js').RememberedDevice} RememberedDevice
 * @typedef {import('./audio-processing.js').Processing} Processing
 * @typedef {'microphone' | 'speaker' | 'ringer'} Role
 */

/** The processing of so many microphones is remembered. */
const MOST_MICROPHONES = 20;

/** What this browser remembers of its audio devices. Nothing of it leaves the browser. */
export class AudioMemory {
  /** For a browser that stores nothing. @type {Map<string, string>} */
  #unstored = new Map();

  /**
   * @param {Role} role
   * @returns {RememberedDevice}
   */
  device(role) {
    const found = this.#read(role);
    const { id, label } = /** @type {Record<string, unknown>} */ (found ?? {});
    if (typeof id !== 'string' || !id) return { id: SYSTEM_DEFAULT, label: '' };
    return { id, label: typeof label === 'string' ? label : '' };
  }

  /**
   * @param {Role} role
   * @param {RememberedDevice} device
   */
  keepDevice(role, { id, label }) {
    this.#write(role, { id, label });
  }

  /**
   * @param {string} microphone its label: a headset has a processing of its own, a laptop does not
   * @returns {Processing}
   */
  processing(microphone) {
    const found = this.#processings().find(([label]) => label === microphone)?.[1];
    const processing = { ...ALL_ON };
    for (const name of /** @type {(keyof Processing)[]} */ (Object.keys(ALL_ON))) {
      if (found?.[name] === false) processing[name] = false;
    }
    return processing;
  }

  /**
   * @param {string} microphone its label
   * @param {Processing} processing
   */
  keepProcessing(microphone, processing) {
    const others = this.#processings().filter(([label]) => label !== microphone);
    this.#write('processing', [...others, [microphone, processing]].slice(-MOST_MICROPHONES));
  }

  /** @returns {[string, Partial<Processing> | undefined][]} */
  #processings() {
    const found = this.#read('processing');
    const entries = Array.isArray(found) ? found.filter((entry) => Array.isArray(entry)) : [];
    return entries.map(([label, processing]) => [label, processing]);
  }

  /** @param {string} name */
  #read(name) {
    const key = `henk-voice.${name}`;
    try {
      return JSON.parse(localStorage.getItem(key) ?? this.#unstored.get(key) ?? 'null');
    } catch {
      // Storage is blocked, or somebody else has written there.
      return JSON.parse(this.#unstored.get(key) ?? 'null');
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  #write(name, value) {
    const key = `henk-voice.${name}`;
    const text = JSON.stringify(value);
    this.#unstored.set(key, text);
    try {
      localStorage.setItem(key, text);
    } catch {
      // The choice is kept until the page is closed.
    }
  }
}
