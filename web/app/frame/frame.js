import { failureOf } from '../../henk-voice/henk-voice.js';
import { watchDevices } from '../audio/device-notes.js';
import { promiseIn } from '../call/promised-call.js';
import { CheckSign } from '../check/check-sign.js';
import { create, element } from '../shared/dom.js';
import { hideNotice, hideNotices, showFailure, showNote } from '../shared/notices.js';
import { Outcomes } from '../shared/outcomes.js';
import { closeQuestion } from '../shared/question.js';
import { Team } from '../shared/team.js';
import { CALL_STATES } from '../shared/words.js';
import { pathOf, viewAt } from './address.js';
import { CallStrip } from './call-strip.js';
import { followSettings } from './changed-settings.js';
import { CurrentCall } from './current-call.js';
import { IncomingRing } from './incoming-ring.js';
import { showDisconnected } from './keep-trying.js';
import { Membership, afterCall } from './membership.js';
import { Navigation } from './navigation.js';
import { watchOtherTabs } from './other-tabs.js';
import { PresenceSwitch } from './presence-switch.js';
import { RecordingSign } from './recording-sign.js';
import { Today } from './today.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Business} Business
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./storage.js').PageStorage} PageStorage
 * @typedef {import('./view.js').View} View
 * @typedef {typeof import('../welcome/view.js').welcomeView} Welcome
 */

const LOAD_AGAIN_AFTER_MS = 10_000;
const REMEMBERED_BUSINESS = 'henk-calls.business';

/**
 * What is around the views: the business, the navigation, and the phone.
 */
export class Frame {
  #voice;
  #views;
  #welcome;
  #markup;
  #storage;
  #currentCall;
  #callStrip;
  #ring;
  #presence;
  #today;
  #sign;
  #checkSign;
  #membership;
  /** Whom the page is shown to. @type {string | null} */
  #userId = null;
  /** @type {Business[]} */
  #businesses = [];
  /** @type {Business | null} */
  #business = null;
  /** The members of that business. @type {Team | null} */
  #team = null;
  /** Its outcomes. @type {Outcomes | null} */
  #outcomes = null;
  /** Ends what was begun for that business. @type {AbortController | null} */
  #leavingBusiness = null;
  /** The path of the view that is shown. The address of an element (`#main`) does not change it. */
  #path = pathOf(location.hash) ?? '/';
  /** Ends the view that is shown. @type {AbortController | null} */
  #mounted = null;
  /** @type {Map<string, any>} */
  #memory = new Map();
  #title = '';
  #isCovered = false;
  /** Ends what was begun for the user before. @type {AbortController | null} */
  #leaving = null;
  #root = element('view', HTMLElement);
  #navigation;
  #businessSelect = element('business', HTMLSelectElement);

  /**
   * @param {object} parts
   * @param {HenkVoice} parts.voice
   * @param {View[]} parts.views in the order of the navigation
   * @param {Welcome} parts.welcome what somebody sees who has no business
   * @param {Map<import('./markup.js').HasMarkup, DocumentFragment>} parts.markup of each view
   * @param {PageStorage} parts.storage
   */
  constructor({ voice, views, welcome, markup, storage }) {
    this.#voice = voice;
    this.#views = views;
    this.#welcome = welcome;
    this.#markup = markup;
    this.#storage = storage;
    this.#currentCall = new CurrentCall(voice);
    this.#callStrip = new CallStrip(voice, this.#currentCall, () =>
      this.#userId && this.#team ? { userId: this.#userId, team: this.#team } : null,
    );
    this.#presence = new PresenceSwitch(voice);
    this.#today = new Today(voice);
    this.#ring = new IncomingRing(voice, {
      nameOf: (userId) => this.#team?.nameOf(userId) ?? 'A colleague',
      onAccept: () => this.#showCall(),
      onChange: () => this.#showTitle(),
    });
    this.#checkSign = new CheckSign(voice);
    this.#membership = new Membership(voice, {
      open: () => {
        const [business, signal] = [this.#business, this.#leavingBusiness?.signal];
        return business && signal ? { business, signal } : null;
      },
      onRole: (role) => {
        if (this.#team?.role && this.#team.role !== role) void this.#team.load();
      },
      onEnd: ({ name }) => void this.#leftBusiness(name),
    });
    this.#sign = new RecordingSign(voice, this.#currentCall);
    watchOtherTabs(voice);
    this.#navigation = new Navigation(views);
    this.#businessSelect.addEventListener('change', () => this.#choose(this.#businessSelect.value));
    element('skip', HTMLAnchorElement).addEventListener('click', (event) => {
      // The address must stay the view's.
      event.preventDefault();
      element('main', HTMLElement).focus();
    });
    window.addEventListener('hashchange', () => this.#navigate());
    window.addEventListener('beforeunload', (event) => {
      if (voice.inCall) event.preventDefault();
    });
    voice.on('failure', (failure) => showFailure(failure, 'voice'));
    voice.on('recovered', () => hideNotice('voice'));
    voice.on('disconnected', (cause) => showDisconnected(cause, () => voice.tryAgain()));
    voice.on('connected', () => hideNotice('connection'));
    voice.on('call', () => (this.#businessSelect.disabled = true));
    voice.on('callchange', () => this.#showTitle());
    voice.on('callend', () => (this.#businessSelect.disabled = false));
    voice.on('conversation', (row) => {
      const reader = { userId: this.#userId, shownId: voice.call?.conversation?.id };
      const text = promiseIn(row, reader, Date.now());
      if (text) showNote(`promise-${row.id}`, text);
    });
    watchDevices(voice);
  }

  /**
   * Shows the views to another user. What the user before has left is gone.
   *
   * @param {string | null} userId null to show nothing
   */
  async show(userId) {
    this.#userId = userId;
    this.#leaving?.abort();
    this.#leaving = new AbortController();
    hideNotices();
    this.#storage.tellAgain();
    this.#unmount();
    this.#memory.clear();
    this.#currentCall.forget();
    this.#business = null;
    this.#leavingBusiness?.abort();
    this.#team = null;
    this.#outcomes = null;
    this.#presence.show(false);
    this.#today.show(null);
    this.#checkSign.show(false);
    element('page-loading', HTMLElement).hidden = true;
    element('account', HTMLElement).hidden = userId === null;
    element('navigation', HTMLElement).hidden = true;
    if (userId === null) {
      this.#voice.close();
      this.#setTitle('Sign in');
      return;
    }
    this.#setTitle('Loading');
    element('business-choice', HTMLElement).hidden = true;
    element('business-name', HTMLElement).textContent = '';
    await this.#loadBusinesses(this.#leaving.signal);
  }

  /** @param {AbortSignal} signal aborted when another user comes */
  async #loadBusinesses(signal) {
    try {
      const businesses = await this.#voice.conversations.businesses({ signal });
      if (signal.aborted) return;
      this.#businesses = businesses;
      hideNotice('businesses');
    } catch (error) {
      if (signal.aborted) return;
      showFailure(failureOf(error), 'businesses');
      setTimeout(() => {
        if (!signal.aborted) void this.#loadBusinesses(signal);
      }, LOAD_AGAIN_AFTER_MS);
      return;
    }
    const [first] = this.#businesses;
    if (!first) {
      void this.#voice.close();
      this.#mountWelcome();
      this.#focusHeading();
      return;
    }
    const remembered = this.#storage.getItem(REMEMBERED_BUSINESS);
    const business = this.#businesses.find(({ id }) => id === remembered) ?? first;
    const several = this.#businesses.length > 1;
    element('business-choice', HTMLElement).hidden = !several;
    element('business-name', HTMLElement).textContent = several ? '' : business.name;
    element('navigation', HTMLElement).hidden = false;
    this.#businessSelect.replaceChildren(
      ...this.#businesses.map(({ id, name }) => create('option', { value: id }, name)),
    );
    this.#businessSelect.value = business.id;
    this.#choose(business.id);
    this.#focusHeading();
  }

  /** @param {string} businessId */
  #choose(businessId) {
    const business = this.#businesses.find(({ id }) => id === businessId);
    if (!business) return;
    this.#storage.setItem(REMEMBERED_BUSINESS, business.id);
    this.#business = business;
    this.#currentCall.forget();
    hideNotice('voice');
    // Until the phone is open for this business, nobody can call.
    this.#voice.close();
    this.#leavingBusiness?.abort();
    this.#leavingBusiness = new AbortController();
    const { signal } = this.#leavingBusiness;
    const userId = this.#userId ?? '';
    this.#team = new Team({ voice: this.#voice, business, userId, signal });
    this.#outcomes = new Outcomes({ voice: this.#voice, business, signal });
    const [voice, team, outcomes] = [this.#voice, this.#team, this.#outcomes];
    followSettings({ voice, business, team, outcomes, signal });
    this.#presence.show(true);
    this.#today.show(userId);
    this.#checkSign.show(true);
    this.#mount();
    this.#voice.open(business.id).catch((error) => showFailure(failureOf(error), 'voice'));
    void this.#voice.audio.askForMicrophone();
  }

  #navigate() {
    const path = pathOf(location.hash);
    if (path === null || path === this.#path) return;
    this.#path = path;
    // Without a business, every address shows the same.
    if (!this.#business) return;
    this.#mount();
    window.scrollTo(0, 0);
    this.#focusHeading();
  }

  /** Shows the view of the address, for the business that is chosen. */
  #mount() {
    const business = this.#business;
    const userId = this.#userId;
    const team = this.#team;
    const outcomes = this.#outcomes;
    if (!business || !userId || !team || !outcomes) return;
    if (this.#path === this.#welcome.path) return this.#mountWelcome();
    this.#unmount();
    const view = viewAt(this.#views, this.#path);
    const markup = view && this.#markup.get(view);
    this.#navigation.mark(view);
    this.#setTitle(view?.title ?? 'Page not found');
    this.#callStrip.show(!view?.showsCall);
    if (!view || !markup) {
      this.#root.replaceChildren(...this.#notFound());
      return;
    }
    this.#root.replaceChildren(...this.#navigation.below(view), markup.cloneNode(true));
    this.#mounted = new AbortController();
    view.mount(this.#root, {
      voice: this.#voice,
      currentCall: this.#currentCall,
      userId,
      business,
      team,
      outcomes,
      memory: this.#memory,
      lookAtMembership: () => this.#membership.look(),
      hasView: (path) => viewAt(this.#views, path) !== null,
      signal: this.#mounted.signal,
    });
  }

  /** Shows what the user is invited to. */
  #mountWelcome() {
    this.#unmount();
    const markup = this.#markup.get(this.#welcome);
    if (!markup) return;
    this.#navigation.mark(null);
    this.#setTitle(this.#welcome.title);
    this.#callStrip.show(true);
    this.#root.replaceChildren(markup.cloneNode(true));
    this.#mounted = new AbortController();
    this.#welcome.mount(this.#root, {
      voice: this.#voice,
      hasBusiness: this.#business !== null,
      enter: (id) => this.#enter(id),
      signal: this.#mounted.signal,
    });
  }

  /**
   * Opens a business of which the user is a member now, and was not when the page was opened.
   *
   * @param {string} businessId
   */
  #enter(businessId) {
    this.#path = '/';
    location.hash = '#/';
    this.#storage.setItem(REMEMBERED_BUSINESS, businessId);
    const { signal } = this.#leaving ?? new AbortController();
    afterCall(this.#voice, () => void this.show(this.#userId), signal);
  }

  /** @param {string} name of a business of which the user is not a member any more */
  async #leftBusiness(name) {
    await this.show(this.#userId);
    showNote('membership', `You are not a member of ${name} any more.`);
  }

  /** Shows the view that has the call. */
  #showCall() {
    const view = viewAt(this.#views, this.#path);
    const withCall = this.#views.find(({ showsCall }) => showsCall);
    if (!view?.showsCall && withCall) location.hash = `#${withCall.path}`;
  }

  #unmount() {
    this.#mounted?.abort();
    closeQuestion();
    this.#mounted = null;
    this.#root.replaceChildren();
    this.#callStrip.show(false);
  }

  #notFound() {
    const [home] = this.#views;
    return [
      create('h1', {}, 'Page not found'),
      create('p', {}, `There is no page at “${location.hash}”.`),
      ...(home
        ? [create('p', {}, create('a', { href: `#${home.path}` }, `Go to ${home.title}`))]
        : []),
    ];
  }

  /** Moves the focus to the heading, so that screen readers and the Tab key begin in the new view. */
  #focusHeading() {
    const heading = this.#root.querySelector('h1');
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  /** @param {boolean} isCovered whether the sign-in form is above the page */
  cover(isCovered) {
    this.#isCovered = isCovered;
    this.#showTitle();
  }

  /** @param {string} title */
  #setTitle(title) {
    this.#title = title;
    this.#showTitle();
  }

  /** During a call the tab says what the call is doing. */
  #showTitle() {
    const { call, inCall } = this.#voice;
    const ofCall =
      call && inCall && `${this.#sign.inTitle}${CALL_STATES[call.state]} ${this.#currentCall.name}`;
    document.title = `${this.#ring.title || ofCall || (this.#isCovered ? 'Sign in' : this.#title)} · Henk`;
  }
}
