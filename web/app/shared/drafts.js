/**
 * @typedef {object} Words what a rep writes about a call
 * @property {string | null} outcome
 * @property {string | null} notes
 * @property {string | null} [call_back_at] in ISO 8601, if the outcome is a call-back; null: as the database
 *   has it, which is in 24 hours at first
 * @property {string | null} [call_back_for] a user's id; null: anybody
 *
 * @typedef {Partial<Words>} Changes
 *
 * @typedef {object} Conflict somebody else changed the same field meanwhile
 * @property {string | null} current what the database has
 * @property {string | null} changed_by_name
 * @property {string | null} changed_at
 *
 * @typedef {'open' | 'kept' | 'saving' | 'conflict' | 'refused'} DraftState
 *   `open`: in a form; `kept`: skipped by the rep; `saving`: to be saved as soon as it can be;
 *   `conflict`: the rep has to choose; `refused`: the database will not take it
 *
 * @typedef {object} Draft what was written about a call and is not in the database
 * @property {string} id of the conversation
 * @property {string} name of the person who was called
 * @property {number | null} seconds that they talked
 * @property {Words} before what the form started from
 * @property {Words} written
 * @property {DraftState} state
 * @property {Partial<Record<'outcome' | 'notes', Conflict>>} conflicts
 * @property {string} [why] the latest failure, in words
 * @property {number} at when it was written last, in milliseconds
 */

const PREFIX = 'henk.draft';
/** Drafts that the browser's storage does not take. They last as long as the page. @type {Map<string, string>} */
const unstored = new Map();
/** The rep is told once that the storage takes nothing. */
let told = false;

/**
 * What a user wrote about calls and is not saved yet. It is in the browser's storage, so that it
 * outlives a reload, a sign-out and the tab; other tabs see it too.
 */
export class Drafts {
  #prefix;
  #storage;
  #onTrouble;
  /** @type {Set<(id: string, elsewhere: boolean) => void>} */
  #listeners = new Set();

  /**
   * @param {string} userId drafts of other users are not seen
   * @param {object} [options]
   * @param {() => Storage} [options.storage] may throw, as `localStorage` does where it is blocked
   * @param {() => void} [options.onTrouble] the storage took nothing; called once
   */
  constructor(userId, { storage = () => localStorage, onTrouble = () => {} } = {}) {
    this.#prefix = `${PREFIX}.${userId}.`;
    this.#storage = storage;
    this.#onTrouble = onTrouble;
  }

  /** @returns {Draft[]} the oldest first */
  all() {
    const keys = new Set([...this.#storedKeys(), ...unstored.keys()]);
    return [...keys]
      .filter((key) => key.startsWith(this.#prefix))
      .map((key) => this.get(key.slice(this.#prefix.length)))
      .filter((draft) => draft !== null)
      .sort((one, other) => one.at - other.at);
  }

  /**
   * @param {string} id of the conversation
   * @returns {Draft | null}
   */
  get(id) {
    const key = this.#prefix + id;
    return parse(id, unstored.get(key) ?? this.#stored(key));
  }

  /** @param {Draft} draft */
  put(draft) {
    const key = this.#prefix + draft.id;
    const text = JSON.stringify(draft);
    try {
      this.#storage().setItem(key, text);
      unstored.delete(key);
    } catch {
      unstored.set(key, text);
      if (!told) this.#onTrouble();
      told = true;
    }
    this.#tell(draft.id);
  }

  /** @param {string} id of the conversation */
  remove(id) {
    const key = this.#prefix + id;
    unstored.delete(key);
    try {
      this.#storage().removeItem(key);
    } catch {
      // Nothing is stored where nothing can be removed.
    }
    this.#tell(id);
  }

  /** Whether a draft would be lost with the page. */
  get endsWithPage() {
    return [...unstored.keys()].some((key) => key.startsWith(this.#prefix));
  }

  /**
   * @param {(id: string, elsewhere: boolean) => void} listener a draft was changed, here or in
   *   another tab
   * @param {AbortSignal} signal
   */
  onChange(listener, signal) {
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener));
    globalThis.addEventListener?.(
      'storage',
      ({ key }) => {
        if (key?.startsWith(this.#prefix)) listener(key.slice(this.#prefix.length), true);
      },
      { signal },
    );
  }

  /** @param {string} id */
  #tell(id) {
    for (const listener of this.#listeners) listener(id, false);
  }

  /** @param {string} key */
  #stored(key) {
    try {
      return this.#storage().getItem(key);
    } catch {
      return null;
    }
  }

  #storedKeys() {
    try {
      const storage = this.#storage();
      return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
    } catch {
      return [];
    }
  }
}

/**
 * What of a draft differs from what the form started from.
 *
 * @param {Words} before
 * @param {Words} written
 * @returns {Changes} only the changed fields, as they are sent
 */
export function changedWords(before, written) {
  /** @type {Changes} */
  const changed = {};
  if (written.outcome !== before.outcome) changed.outcome = written.outcome;
  if (asField(written.notes) !== asField(before.notes)) {
    changed.notes = asField(written.notes) || null;
  }
  const { call_back_at: at, call_back_for: who } = written;
  if (at && at !== before.call_back_at) changed.call_back_at = at;
  if (who !== undefined && who !== before.call_back_for) changed.call_back_for = who;
  return changed;
}

/**
 * A text as a field of a form has it. Browsers change the ends of its lines, which is not a change.
 *
 * @param {string | null} text
 */
function asField(text) {
  return (text ?? '').replace(/\r\n?/g, '\n').trim();
}

/**
 * @param {string} id
 * @param {string | null} text
 * @returns {Draft | null} null if there is none, or if another program wrote it
 */
function parse(id, text) {
  try {
    const draft = JSON.parse(text ?? 'null');
    return draft?.id === id && draft.written && draft.before ? draft : null;
  } catch {
    return null;
  }
}
