import { failureOf } from '../../henk-voice/henk-voice.js';
import { changedWords } from './drafts.js';

/**
 * @typedef {import('./drafts.js').Changes} Changes
 * @typedef {import('./drafts.js').Conflict} Conflict
 * @typedef {import('./drafts.js').Draft} Draft
 * @typedef {import('./drafts.js').Drafts} Drafts
 * @typedef {import('./drafts.js').Words} Words
 *
 * @typedef {object} Described
 * @property {Words} conversation what the database has now
 * @property {Partial<Record<keyof Words, Conflict | undefined>>} conflicts
 *
 * @typedef {object} DraftSaverOptions
 * @property {Drafts} drafts
 * @property {(id: string, changes: Partial<Words>, before: Partial<Words>) => Promise<Described>} describe
 * @property {() => boolean} isCurrent whether the user of the drafts is still the one who is signed in
 * @property {(run: () => void, wait: number) => void} [later] runs something after milliseconds
 */

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
/** What no later attempt changes. */
const FINAL = ['not_your_call', 'not_found', 'value_refused'];
/** Of these the later choice counts, whatever somebody else chose. */
const CALL_BACK = /** @type {const} */ (['call_back_at', 'call_back_for']);

/**
 * @param {() => void} run
 * @param {number} wait milliseconds
 */
function startTimer(run, wait) {
  setTimeout(run, wait);
}

/** Sends drafts to the database. A draft is removed when the database has it, and at no other time. */
export class DraftSaver {
  /** @type {Drafts} */
  drafts;
  /**
   * Called after each attempt: what is left of the draft, and what the database has, if it answered.
   *
   * @type {(id: string, left: Draft | null, saved: Words | null) => void}
   */
  onSettled = () => {};

  #describe;
  #isCurrent;
  #later;
  #pause = FIRST_PAUSE_MS;
  #isWaiting = false;
  /** The drafts that are being sent. @type {Map<string, Promise<Words | null>>} */
  #sending = new Map();

  /** @param {DraftSaverOptions} options */
  constructor({ drafts, describe, isCurrent, later = startTimer }) {
    this.drafts = drafts;
    this.#describe = describe;
    this.#isCurrent = isCurrent;
    this.#later = later;
  }

  /**
   * Saves a draft. If it cannot be saved now, and is to be saved, it is tried again later.
   *
   * @param {string} id
   * @param {{ only?: 'notes' }} [options] `only`: nothing else of it
   * @returns {Promise<Draft | null>} what is left of it; null if it is saved
   */
  async save(id, { only } = {}) {
    await this.#sending.get(id);
    const draft = this.drafts.get(id);
    if (!draft || !this.#isCurrent()) return draft;
    const sending = this.#send(draft, only);
    this.#sending.set(id, sending);
    const saved = await sending;
    this.#sending.delete(id);
    const left = this.drafts.get(id);
    this.onSettled(id, left, saved);
    return left;
  }

  /** Tries all drafts that are to be saved, at once. Call this when there is hope again. */
  async saveAll() {
    this.#pause = FIRST_PAUSE_MS;
    await this.#saveWaiting();
  }

  async #saveWaiting() {
    for (const { id, state } of this.drafts.all()) {
      if (state === 'saving') await this.save(id);
    }
  }

  /**
   * @param {Draft} draft
   * @param {'notes' | undefined} only
   * @returns {Promise<Words | null>} what the database has now, if it answered
   */
  async #send(draft, only) {
    const { id, before, written } = draft;
    const all = changedWords(before, written);
    /** @type {Changes} */
    const changes = only ? ('notes' in all ? { notes: all.notes ?? null } : {}) : all;
    const fields = /** @type {(keyof Words)[]} */ (Object.keys(changes));
    if (!fields.length) {
      if (!only) this.drafts.remove(id);
      return before;
    }
    const was = Object.fromEntries(fields.map((field) => [field, valueBefore(draft, field)]));
    try {
      const answer = await this.#describe(id, changes, was);
      const { conversation, conflicts } = await this.#insist(id, changes, answer);
      const inConflict = /** @type {const} */ (['outcome', 'notes']).filter(
        (field) => conflicts[field],
      );
      const saved = { outcome: conversation.outcome, notes: conversation.notes };
      for (const field of CALL_BACK) {
        if (field in changes) Object.assign(saved, { [field]: changes[field] });
      }
      this.#settle(draft, (latest) => {
        for (const field of fields) {
          if (!conflicts[field]) Object.assign(latest.before, { [field]: valueOf(saved, field) });
        }
        // The database may have left something out of the text, such as NUL.
        if (latest.written.notes === written.notes && !conflicts.notes) {
          if ('notes' in changes) latest.written.notes = latest.before.notes;
        }
        latest.conflicts = Object.fromEntries(inConflict.map((it) => [it, conflicts[it]]));
        if (inConflict.length) latest.state = 'conflict';
        delete latest.why;
      });
      return saved;
    } catch (error) {
      const { code, message } = failureOf(error);
      const isFinal = FINAL.includes(code);
      this.#settle(draft, (latest) => {
        latest.why = message;
        if (isFinal && !only) latest.state = 'refused';
      });
      if (!isFinal && draft.state === 'saving') this.#tryLater();
      return null;
    }
  }

  /**
   * Sends a call-back once more that somebody else has changed.
   *
   * @param {string} id
   * @param {Changes} changes
   * @param {Described} answer
   * @returns {Promise<Described>}
   */
  async #insist(id, changes, answer) {
    const fields = CALL_BACK.filter((field) => answer.conflicts[field]);
    if (!fields.length) return answer;
    const again = Object.fromEntries(fields.map((field) => [field, valueOf(changes, field)]));
    const was = fields.map((field) => [field, answer.conflicts[field]?.current ?? null]);
    const { conversation, conflicts } = await this.#describe(id, again, Object.fromEntries(was));
    const others = Object.entries(answer.conflicts).filter(([field]) => !(field in again));
    return { conversation, conflicts: { ...Object.fromEntries(others), ...conflicts } };
  }

  /**
   * Notes what an attempt came to. The rep may have written more meanwhile.
   *
   * @param {Draft} sent
   * @param {(latest: Draft) => void} note
   */
  #settle(sent, note) {
    const latest = this.drafts.get(sent.id);
    if (!latest) return;
    note(latest);
    const isSaved = !Object.keys(changedWords(latest.before, latest.written)).length;
    if (isSaved) this.drafts.remove(sent.id);
    else this.drafts.put(latest);
  }

  #tryLater() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#later(() => {
      this.#isWaiting = false;
      if (this.#isCurrent()) void this.#saveWaiting();
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }
}

/**
 * @param {Changes} words
 * @param {keyof Words} field
 */
function valueOf(words, field) {
  return words[field] ?? null;
}

/**
 * @param {Draft} draft
 * @param {keyof Words} field
 * @returns {string | null} what the database had in it, as far as the rep knows
 */
function valueBefore({ before, written }, field) {
  const isCallBack = CALL_BACK.some((one) => one === field);
  // Another outcome has no call-back.
  return isCallBack && before.outcome !== written.outcome ? null : valueOf(before, field);
}
