import { Emitter } from './emitter.js';
import { VoiceError, failure } from './failures.js';
import { isAsked, latestLegFor, legOf } from './legs.js';
import { PhoneHolder } from './phone-holder.js';
import { Presence } from './presence.js';
import { Ring, factsOf } from './ring.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./call.js').VoiceCall} VoiceCall
 * @typedef {import('./conversations.js').Conversations} Conversations
 * @typedef {import('./endpoints.js').Endpoints} Endpoints
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 * @typedef {import('./legs.js').Leg} Leg
 * @typedef {import('./live-status.js').LiveStatus} LiveStatus
 * @typedef {import('./phone.js').Phone} Phone
 * @typedef {import('./phone-holder.js').Where} Where
 * @typedef {import('./people.js').Role} Role
 * @typedef {import('./requests.js').Requests} Requests
 * @typedef {import('./ring.js').RingEnd} RingEnd
 * @typedef {import('./ring.js').RingFacts} RingFacts
 * @typedef {import('./team.js').Team} Team
 *
 * @typedef {object} PhoneState
 * @property {Where} where the tab that rings: `here`, `elsewhere` (another tab of this browser), or `off`
 * @property {boolean} isReachable whether the phone network rings this tab
 * @property {RingFacts | null} ring what rings in that other tab
 *
 * @typedef {object} IncomingEvents
 * @property {Ring} incoming the phone rings in this tab
 * @property {PhoneState} phonechange another tab has the phone now, it rings there, or the phone network
 *   knows this tab now or not any more
 * @property {{ role: Role | null }} membership which role the user has in the business now; null: none
 *
 * @typedef {object} IncomingOptions
 * @property {Phone} phone
 * @property {Team} team
 * @property {Pick<import('./settings-news.js').SettingsNews, 'learn'>} news
 * @property {Conversations} conversations
 * @property {Endpoints} endpoints
 * @property {Requests} requests
 * @property {() => LiveStatus | null} live
 * @property {() => boolean} inCall
 * @property {(conversationId: string) => boolean} isCall whether the latest call of this tab is of this
 *   conversation
 * @property {(ring: Ring, sdk: SdkCall) => VoiceCall} answer
 */

/** Whoever closes the library does not wait longer until the database knows. */
const AWAY_WITHIN_MS = 1_000;
/** An answer that comes later does not say why a ring ended. Until then nothing is said: it might be wrong. */
const WHY_WITHIN_MS = 10_000;
const WHY_AGAIN_AFTER_MS = 300;

/**
 * Calls that come in: which tab rings, whether the user can be rung, and what rings.
 *
 * @extends {Emitter<IncomingEvents>}
 */
export class Incoming extends Emitter {
  /** What rings here. @type {Ring | null} */
  ring = null;
  /** Whether the user can be rung. @type {Presence} */
  presence;

  #options;
  #holder = new PhoneHolder();
  #isHere = false;
  #userId = '';
  #businessId = '';
  #accessToken = '';
  /** The user's role, once it is known. @type {Role | null | undefined} */
  #role;

  /** @param {IncomingOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    this.presence = new Presence({
      tell: (state) => this.#tell(state),
      tellTabs: (chosen) => this.#holder.tell({ chosen }),
      look: () => this.#holder.look(),
      inCall: () => options.inCall() || this.#holder.callsElsewhere.length > 0,
      inOtherBusiness: () => this.#holder.callsElsewhere.some((id) => id !== this.#businessId),
      canRing: () => options.phone.isRegistered,
    });
    this.#holder.on('change', () => this.#held());
    this.#holder.on('message', ({ chosen, role }) => {
      if (chosen) this.presence.chosenElsewhere(chosen);
      if (role !== undefined) this.#setRole(role);
    });
    this.#holder.on('calls', () => this.presence.refresh());
    // Before the SDK's own listener, which would reject the call for all devices.
    globalThis.addEventListener?.('pagehide', () => this.#leave(), { capture: true });
    // The page may come back from the browser's cache, without a Device.
    globalThis.addEventListener?.('pageshow', () => options.phone.listenNow());
  }

  /** @returns {PhoneState} */
  get phone() {
    const { where, ringElsewhere: ring } = this.#holder;
    return { where, isReachable: where === 'here' && this.#options.phone.isRegistered, ring };
  }

  /**
   * @param {string} userId
   * @param {string} businessId
   */
  open(userId, businessId) {
    this.#userId = userId;
    this.#businessId = businessId;
    this.presence.open(userId, businessId);
    this.#holder.start(userId, businessId);
  }

  /** @returns {Promise<void>} resolves when the database knows that the user is away, after 1 s at most */
  async close() {
    this.ring?.ignore('gone');
    const told = this.#isLastTab ? this.#tell('away').catch(() => {}) : null;
    this.presence.stop();
    this.#holder.stop();
    this.#businessId = '';
    this.#accessToken = '';
    this.#role = undefined;
    const late = new Promise((resolve) => setTimeout(resolve, AWAY_WITHIN_MS));
    if (told) await Promise.race([told, late]);
  }

  /** The phone network knows this tab's phone now, or not any more. */
  registered() {
    this.presence.registered();
    this.emit('phonechange', this.phone);
  }

  /** @param {boolean} inCall whether this tab is in a call */
  setInCall(inCall) {
    this.#holder.setInCall(inCall);
    this.presence.refresh();
  }

  /**
   * The phone network rings this tab.
   *
   * @param {SdkCall} sdk
   */
  async rung(sdk) {
    const facts = factsOf(sdk);
    await this.#holder.look();
    // Rings are for people who are free. Whoever rings goes on to somebody else after a while.
    const isBusy = this.#options.inCall() || this.#holder.callsElsewhere.length > 0;
    if (!facts || isBusy || this.ring || sdk.status() !== 'pending') {
      sdk.ignore();
      return;
    }
    const { conversationId } = facts;
    const ring = new Ring(sdk, facts, {
      answer: this.#options.answer,
      tellDeclined: () => this.#options.team.decline(conversationId),
      whyOver: (callSid) => this.#whyOver(conversationId, callSid),
    });
    this.ring = ring;
    this.#holder.rings(facts);
    ring.on('change', () => {
      if (ring.state !== 'ended' || this.ring !== ring) return;
      this.ring = null;
      this.#holder.rings(null);
      // The user's own call is followed on.
      if (!this.#options.isCall(conversationId)) this.#options.live()?.unwatch(conversationId);
    });
    this.#options.live()?.watch(conversationId);
    this.emit('incoming', ring);
    const row = await this.#options.conversations.byId(conversationId).catch(() => null);
    if (row) ring.setConversation(row);
  }

  /**
   * What is known of a conversation has changed. The phone network does not stop the other devices of a
   * user who declines, and what it says may get lost.
   *
   * @param {Partial<ConversationWithLegs> & { id: string }} row
   */
  learn(row) {
    const { ring } = this;
    if (ring?.state !== 'ringing' || ring.conversationId !== row.id) return;
    if (!row.legs) {
      void this.#options.live()?.read(row.id);
      return;
    }
    const leg = this.#legOf(ring.callSid, row.legs);
    if (!leg || isAsked(leg)) return;
    const why = whyOf(leg);
    // Otherwise it would ring on where nobody hears it.
    if (why === 'declined') ring.refuse();
    else ring.ignore(why);
  }

  #held() {
    const { where } = this.#holder;
    const isHere = where === 'here';
    if (isHere !== this.#isHere) {
      this.#isHere = isHere;
      void this.#options.phone.listen(isHere);
      if (isHere) this.presence.start();
      else this.presence.stop();
    }
    this.emit('phonechange', this.phone);
  }

  /** @param {import('./team.js').PresenceState} state */
  async #tell(state) {
    const businessId = this.#businessId;
    const { requests, team } = this.#options;
    if (!businessId) throw new VoiceError(failure('business_required'));
    if (requests.isSignedOut) throw new VoiceError(failure('unauthenticated'));
    this.#accessToken = await requests.session.accessToken(this.#userId);
    const { seconds, role, settings } = await team.setPresence(businessId, state);
    if (businessId !== this.#businessId) return seconds;
    if (role !== undefined) this.learnRole(role);
    if (settings !== undefined) this.#options.news.learn(settings);
    return seconds;
  }

  /** @param {Role | null} role the user's in the business that is open */
  learnRole(role) {
    if (role === this.#role) return;
    this.#holder.tell({ role });
    this.#setRole(role);
  }

  /** @param {Role | null} role */
  #setRole(role) {
    this.#role = role;
    this.emit('membership', { role });
  }

  /** Whether nobody can be rung here when this tab does not listen any more. */
  get #isLastTab() {
    const { where, othersWait } = this.#holder;
    return where === 'here' && !othersWait && this.#accessToken !== '';
  }

  /** The page is left. Nothing may be awaited. */
  #leave() {
    this.ring?.ignore('gone');
    if (!this.#isLastTab || this.#options.requests.isSignedOut) return;
    this.#options.team.leave(this.#businessId, this.#accessToken);
  }

  /**
   * @param {string} conversationId
   * @param {string} callSid
   * @returns {Promise<RingEnd>}
   */
  async #whyOver(conversationId, callSid) {
    let isLate = false;
    /** @type {Promise<RingEnd>} */
    const late = new Promise((resolve) => {
      setTimeout(() => {
        isLate = true;
        resolve('gone');
      }, WHY_WITHIN_MS);
    });
    const look = async () => {
      while (!isLate) {
        const row = await this.#options.endpoints.conversation(conversationId).catch(() => null);
        const leg = this.#legOf(callSid, row?.legs ?? []);
        if (leg && !isAsked(leg)) return whyOf(leg);
        // The phone network tells this tab before it tells the database.
        await new Promise((resolve) => setTimeout(resolve, WHY_AGAIN_AFTER_MS));
      }
      return late;
    };
    return Promise.race([look(), late]);
  }

  /**
   * @param {string} callSid
   * @param {readonly Leg[]} legs
   * @returns {Leg | undefined} the leg that rings this user
   */
  #legOf(callSid, legs) {
    return legOf(legs, callSid) ?? latestLegFor(legs, this.#userId);
  }
}

/**
 * @param {Leg} leg that rang, and does not ring any more
 * @returns {RingEnd}
 */
function whyOf({ declined_at: declinedAt, answered_at: answeredAt }) {
  if (declinedAt) return 'declined';
  return answeredAt ? 'elsewhere' : 'gone';
}
