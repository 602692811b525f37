import { element } from '../shared/dom.js';
import { hideNotice, showNote } from '../shared/notices.js';

/**
 * @typedef {import('@supabase/supabase-js').Session} Session
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./account-dialog.js').AccountDialog} AccountDialog
 * @typedef {import('./frame.js').Frame} Frame
 * @typedef {import('./sign-in.js').SignIn} SignIn
 * @typedef {import('./storage.js').PageStorage} PageStorage
 */

const NOTICE = 'session';
const SIGNED_OUT_WITHIN_MS = 5_000;
const ENDED = 'Your session has ended.';

/**
 * Who is signed in. Only the rep ends a call: whatever happens to the session during a call, it is
 * asked for afterwards, above the page.
 */
export class Account {
  #supabase;
  #voice;
  #frame;
  #signIn;
  #dialog;
  #storage;
  /** Whether the page was opened by the link of an e-mail that leads to a new password. */
  #isRecovery;
  /** What that link says, until it was said. */
  #linkWords;
  /** Whom the page is shown to; `undefined` until it is known. @type {string | null | undefined} */
  #userId;
  #email = '';
  /** The latest session that was reported. @type {Session | null} */
  #session = null;
  /** The access token that a server refused, also after a refresh. @type {string | null} */
  #refused = null;
  #isLeaving = false;
  #whyEnded = ENDED;

  /**
   * @param {object} parts
   * @param {SupabaseClient} parts.supabase
   * @param {HenkVoice} parts.voice
   * @param {Frame} parts.frame
   * @param {SignIn} parts.signIn
   * @param {AccountDialog} parts.dialog
   * @param {boolean} parts.isRecovery whether the page was opened by a link that leads to a new password
   * @param {string} parts.linkWords what the link says that has opened the page; empty: nothing
   * @param {PageStorage} parts.storage where the Supabase client keeps the session
   */
  constructor({ supabase, voice, frame, signIn, dialog, isRecovery, linkWords, storage }) {
    this.#supabase = supabase;
    this.#voice = voice;
    this.#frame = frame;
    this.#signIn = signIn;
    this.#dialog = dialog;
    this.#isRecovery = isRecovery;
    this.#linkWords = linkWords;
    this.#storage = storage;
    element('sign-out', HTMLButtonElement).addEventListener('click', () => void this.#leave());
    voice.on('signedout', (cause) => {
      this.#refused = this.#session?.access_token ?? null;
      this.refused(cause);
      this.#changed();
    });
    // What was put off during the call; its other listeners come first.
    voice.on('callend', () => setTimeout(() => this.#changed(), 0));
    supabase.auth.onAuthStateChange((event, session) => {
      if (this.#isLeaving && event !== 'SIGNED_IN') return;
      this.#session = session;
      // supabase-js does not go on before this function has returned.
      setTimeout(() => this.#changed(), 0);
    });
  }

  /** @param {Failure} cause why the session has ended, or is about to end */
  refused({ authCode, message }) {
    // Without a code it says no more than is known already.
    if (authCode) this.#whyEnded = message;
  }

  /** Shows the page to whoever is signed in now. */
  #changed() {
    const { user, access_token: token } = this.#session ?? {};
    const isSignedIn = user && token !== this.#refused;
    if (isSignedIn && user.id === this.#userId) {
      this.#goOn(user.email ?? '');
    } else if (this.#voice.inCall) {
      const then = isSignedIn
        ? `${user.email} has signed in in another tab. The call goes on; after it, the page is theirs. What you write is kept for you.`
        : `${this.#whyEnded} The call goes on. You can sign in again after it.`;
      showNote(NOTICE, then);
    } else if (isSignedIn) {
      this.#userId = user.id;
      this.#goOn(user.email ?? '');
      void this.#frame.show(user.id);
      if (this.#linkWords) showNote('link', this.#linkWords);
      this.#linkWords = '';
    } else if (this.#userId) {
      hideNotice(NOTICE);
      this.#dialog.close();
      this.#frame.cover(true);
      this.#signIn.showAbove(this.#email, this.#whyEnded);
    } else if (this.#userId === undefined) {
      this.#showNobody();
    }
  }

  /** @param {string} email it may have been changed elsewhere */
  #goOn(email) {
    this.#refused = null;
    this.#whyEnded = ENDED;
    this.#email = email;
    element('user-email', HTMLElement).textContent = email;
    this.#dialog.belongsTo(email);
    hideNotice(NOTICE);
    this.#signIn.hide();
    this.#frame.cover(false);
    if (this.#isRecovery) this.#dialog.open(true);
    this.#isRecovery = false;
  }

  #showNobody() {
    this.#userId = null;
    this.#whyEnded = ENDED;
    this.#dialog.close();
    // The sign-in form says it.
    this.#linkWords = '';
    void this.#frame.show(null);
    this.#signIn.hide();
    this.#signIn.show();
  }

  /** Signs out, because the rep wants it. This ends the call, too. */
  async #leave() {
    this.#isLeaving = true;
    this.#refused = this.#session?.access_token ?? null;
    const closed = this.#voice.close();
    this.#showNobody();
    // Colleagues are told that the rep is away, which needs the session.
    await closed;
    const done = this.#supabase.auth.signOut().then(({ error }) => !error);
    const late = new Promise((resolve) => setTimeout(resolve, SIGNED_OUT_WITHIN_MS, false));
    if (!(await Promise.race([done, late]))) {
      // The server was not told, so only this browser forgets the session.
      const { storageKey } = /** @type {any} */ (this.#supabase.auth);
      this.#storage.removeItem(storageKey);
    }
    this.#isLeaving = false;
  }
}
