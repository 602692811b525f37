import { HenkVoice, failureOf } from '../henk-voice/henk-voice.js';
import { setUpAudioChoice } from './audio-choice.js';
import { Dialer } from './dialer.js';
import { create, element } from './dom.js';
import { History } from './history.js';
import { localDeviceOptions, usePlainSignalling } from './local-signalling.js';
import { hideNotice, hideNotices, showFailure, showNote } from './notices.js';
import { watchOtherTabs } from './other-tabs.js';
import { loadConfig } from './page-config.js';
import { setUpSignIn } from './sign-in.js';
import { loadVendor } from './vendor.js';

/**
 * @typedef {import('@supabase/supabase-js').User} User
 * @typedef {import('../henk-voice/henk-voice.js').Business} Business
 * @typedef {import('./workspace.js').Workspace} Workspace
 */

const REMEMBERED_BUSINESS = 'henk-calls.business';

async function main() {
  const config = await loadConfig();
  const signalling = config.simulatorSignalling;
  if (signalling) usePlainSignalling(signalling);
  const { Device, createClient } = await loadVendor();
  const supabase = createClient(config.supabaseUrl, config.supabasePublishableKey);
  setUpSignIn(supabase, config.demoEmail);

  const voice = new HenkVoice({
    Device,
    supabase,
    functionsUrl: config.functionsUrl,
    realtime: config.realtime,
    deviceOptions: signalling ? localDeviceOptions(signalling) : {},
  });
  const page = new CallsPage(voice);
  element('sign-out', HTMLButtonElement).addEventListener(
    'click',
    () => void supabase.auth.signOut(),
  );

  supabase.auth.onAuthStateChange((_event, session) => {
    // Not from within: supabase-js holds a lock meanwhile that requests wait for.
    setTimeout(() => void page.show(session?.user ?? null), 0);
  });
}

/** The sign-in or the calls, and for which business. */
class CallsPage {
  #voice;
  /** @type {string | null | undefined} undefined: not known yet */
  #userId;
  /** @type {Business[]} */
  #businesses = [];
  /** @type {{ workspace: Workspace, dialer: Dialer, history: History } | null} */
  #parts = null;
  #businessSelect = element('business', HTMLSelectElement);

  /** @param {HenkVoice} voice */
  constructor(voice) {
    this.#voice = voice;
    this.#businessSelect.addEventListener('change', () => this.#choose(this.#businessSelect.value));
    setUpAudioChoice(voice.audio);
    watchOtherTabs(voice);
    voice.on('failure', (failure) => showFailure(failure, 'voice'));
    voice.on('recovered', () => hideNotice('voice'));
    voice.on('call', () => (this.#businessSelect.disabled = true));
    voice.on('callend', () => (this.#businessSelect.disabled = false));
    window.addEventListener('beforeunload', (event) => {
      if (voice.inCall || this.#parts?.dialer.unsaved) event.preventDefault();
    });
  }

  /** @param {User | null} user */
  async show(user) {
    const userId = user?.id ?? null;
    // Tokens are refreshed, and tabs come back: it is the same user.
    if (userId === this.#userId) return;
    this.#userId = userId;
    hideNotices();
    element('page-loading', HTMLElement).hidden = true;
    element('sign-in', HTMLElement).hidden = user !== null;
    element('account', HTMLElement).hidden = user === null;
    element('calls', HTMLElement).hidden = true;
    if (!user) {
      this.#voice.close();
      element('email', HTMLInputElement).focus();
      return;
    }
    element('user-email', HTMLElement).textContent = user.email ?? '';
    await this.#loadBusinesses(user.id);
  }

  /** @param {string} userId */
  async #loadBusinesses(userId) {
    try {
      this.#businesses = await this.#voice.conversations.businesses();
    } catch (error) {
      showFailure(failureOf(error), 'businesses');
      return;
    }
    const [first] = this.#businesses;
    if (!first) {
      showNote('businesses', 'You do not belong to a business yet. Ask its owner to add you.');
      return;
    }
    const remembered = localStorage.getItem(REMEMBERED_BUSINESS);
    const business = this.#businesses.find(({ id }) => id === remembered) ?? first;
    const several = this.#businesses.length > 1;
    element('business-choice', HTMLElement).hidden = !several;
    element('business-name', HTMLElement).textContent = several ? '' : business.name;
    this.#businessSelect.replaceChildren(
      ...this.#businesses.map(({ id, name }) => create('option', { value: id }, name)),
    );
    this.#businessSelect.value = business.id;
    if (this.#parts) this.#parts.workspace.userId = userId;
    else this.#parts = this.#build({ voice: this.#voice, userId, business });
    element('calls', HTMLElement).hidden = false;
    element('main', HTMLElement).focus({ preventScroll: true });
    this.#choose(business.id);
  }

  /**
   * @param {Workspace} workspace
   */
  #build(workspace) {
    const dialer = new Dialer(workspace);
    const history = new History(workspace, {
      callAgain: (conversation) => dialer.prepare(conversation),
      describe: (conversation) => dialer.describe(conversation),
    });
    return { workspace, dialer, history };
  }

  /** @param {string} businessId */
  #choose(businessId) {
    const business = this.#businesses.find(({ id }) => id === businessId);
    if (!business || !this.#parts) return;
    localStorage.setItem(REMEMBERED_BUSINESS, business.id);
    this.#parts.workspace.business = business;
    this.#parts.history.reset();
    void this.#parts.dialer.reset();
    hideNotice('voice');
    this.#voice.open(business.id).catch((error) => showFailure(failureOf(error), 'voice'));
  }
}

main().catch((error) => {
  console.error(error);
  element('page-loading', HTMLElement).hidden = true;
  showNote(
    'page',
    'The page could not be loaded completely. Check your connection, then reload it.',
  );
});
