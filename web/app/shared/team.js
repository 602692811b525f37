import { failureOf } from '../../henk-voice/henk-voice.js';
import { showFailure } from './notices.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Business} Business
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../../henk-voice/henk-voice.js').Role} Role
 * @typedef {{ user_id: string, display_name: string | null, role: string }} Member
 */

/** The members of the business: their names, and which calls the rep may describe. */
export class Team {
  /** @type {Map<string, Member>} */
  #members = new Map();
  #context;
  /** @type {Set<() => void>} */
  #onLoad = new Set();

  /** @param {{ voice: HenkVoice, business: Business, userId: string, signal: AbortSignal }} context */
  constructor(context) {
    this.#context = context;
    void this.load();
  }

  /**
   * @param {() => void} action what to do when the members are known, and when they have changed
   * @param {AbortSignal} signal forgets the action
   */
  onLoad(action, signal) {
    this.#onLoad.add(action);
    signal.addEventListener('abort', () => this.#onLoad.delete(action));
  }

  /**
   * Agents describe their own calls, owners and managers all calls. Until the members are known, the
   * rep counts as an agent. The database has the last word.
   *
   * @param {{ user_id: string | null }} conversation
   */
  mayDescribe({ user_id: owner }) {
    return owner === this.#context.userId || this.isManager;
  }

  /** Whether the user is an owner or manager; false until the members are known. */
  get isManager() {
    const { role } = this;
    return role === 'owner' || role === 'manager';
  }

  /** All members that are known. */
  get all() {
    return [...this.#members.values()];
  }

  /** The user's own role; undefined until the members are known. @returns {Role | undefined} */
  get role() {
    const role = this.#members.get(this.#context.userId)?.role;
    return /** @type {Role | undefined} */ (role);
  }

  /** How many there are; 0 until they are known. */
  get size() {
    return this.#members.size;
  }

  /**
   * @param {string | null} userId
   * @returns {string}
   */
  nameOf(userId) {
    if (userId === this.#context.userId) return 'You';
    const member = userId ? this.#members.get(userId) : undefined;
    if (member) return member.display_name ?? 'A colleague';
    return this.#members.size ? 'Somebody who is not a member any more' : 'A colleague';
  }

  /**
   * @param {string} userId
   * @returns {string} also of the user; empty if it is not known
   */
  realNameOf(userId) {
    return this.#members.get(userId)?.display_name ?? '';
  }

  /** Reads the members, also when they have changed. */
  async load() {
    const { voice, business, signal } = this.#context;
    try {
      const members = await voice.conversations.members(business.id, { signal });
      if (signal.aborted) return;
      this.#members = new Map(members.map((member) => [member.user_id, member]));
      for (const action of this.#onLoad) action();
    } catch (error) {
      const again = { label: 'Try again', run: () => void this.load() };
      if (!signal.aborted) showFailure(failureOf(error), 'members', [again]);
    }
  }
}
