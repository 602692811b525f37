/**
 * @typedef {import('../../henk-voice/henk-voice.js').Business} Business
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../../henk-voice/henk-voice.js').Role} Role
 *
 * @typedef {object} MembershipOptions
 * @property {() => { business: Business, signal: AbortSignal } | null} open the business that is open, and
 *   what is aborted when it is left
 * @property {(role: Role) => void} onRole the user's role in it
 * @property {(business: Business) => void} onEnd the user is not a member of it any more
 */

/** Whether the user is still a member of the business that is open. */
export class Membership {
  #voice;
  #options;

  /**
   * @param {HenkVoice} voice
   * @param {MembershipOptions} options
   */
  constructor(voice, options) {
    this.#voice = voice;
    this.#options = options;
    voice.on('failure', ({ code }) => {
      if (code === 'not_a_member') this.look();
    });
    voice.on('membership', ({ role }) => {
      if (role === null) this.look();
      else options.onRole(role);
    });
  }

  /** The user may not be a member any more. */
  look() {
    const open = this.#options.open();
    if (!open) return;
    const { business, signal } = open;
    const look = async () => {
      const businesses = await this.#voice.conversations.businesses({ signal }).catch(() => null);
      if (signal.aborted || !businesses || businesses.some(({ id }) => id === business.id)) return;
      this.#options.onEnd(business);
    };
    // A call that goes on is not cut off.
    afterCall(this.#voice, () => void look(), signal);
  }
}

/**
 * Does something that a call must not be disturbed by.
 *
 * @param {HenkVoice} voice
 * @param {() => void} action
 * @param {AbortSignal} signal forgets it
 */
export function afterCall(voice, action, signal) {
  if (!voice.inCall) return action();
  const off = voice.on('callend', () => {
    off();
    // The other listeners come first.
    setTimeout(() => {
      if (!signal.aborted) action();
    }, 0);
  });
}
