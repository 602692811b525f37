import { AccessToken } from './access-token.js';
import { AudioDevices } from './audio-devices.js';
import { whyUnsupported } from './browser-support.js';
import { Calls } from './calls.js';
import { control } from './control.js';
import { Endpoints } from './endpoints.js';
import { VoiceError, failure } from './failures.js';
import { Incoming } from './incoming.js';
import { LineCheck } from './line-check.js';
import { LiveStatus } from './live-status.js';
import { NumberReader } from './number-reader.js';
import { Phone } from './phone.js';
import { QualityReports } from './quality-reports.js';
import { Queue } from './queue.js';
import { QueueLeases } from './queue-leases.js';
import { Requests } from './requests.js';
import { RowFinder } from './row-finder.js';
import { SettingsNews } from './settings-news.js';
import { Sql } from './sql.js';
import { Team } from './team.js';
import { Workspace } from './workspace.js';

export * from './exports.js';
export * from './types.js';

/**
 * @typedef {import('./call.js').VoiceCall} VoiceCall
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./conversations.js').Described} Described
 * @typedef {import('./conversations.js').Description} Description
 * @typedef {import('./control.js').ControlWish} ControlWish
 * @typedef {import('./endpoints.js').CallWishes} CallWishes
 * @typedef {import('./endpoints.js').Preview} Preview
 * @typedef {import('./endpoints.js').RecordingAddress} RecordingAddress
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./incoming.js').PhoneState} PhoneState
 * @typedef {import('./legs.js').ConversationWithLegs} ConversationWithLegs
 * @typedef {import('./ring.js').Ring} Ring
 * @typedef {import('./team.js').Colleague} Colleague
 *
 * @typedef {import('./options.js').HenkVoiceEvents} HenkVoiceEvents
 * @typedef {import('./options.js').HenkVoiceOptions} HenkVoiceOptions
 */

/**
 * Browser calling for one business at a time.
 *
 *     const voice = new HenkVoice({ Device, supabase, functionsUrl: '/api/twilio' });
 *     await voice.open(businessId);
 *     const call = voice.dial({ to: '+14155552671', leadId, campaignId });
 *     call.on('change', ({ state, talkSeconds, reason }) => …);
 *     voice.on('incoming', (ring) => …);
 *
 * @extends {Workspace<HenkVoiceEvents>}
 */
export class HenkVoice extends Workspace {
  /** Microphones and speakers. */
  audio = new AudioDevices();
  /** Calls the leads of a campaign one after the other. @type {Queue} */
  queue;
  /** Finds out before a call whether one can be heard. @type {LineCheck} */
  check;
  /** The business's default caller ID. @type {string | null} */
  callerId = null;

  /** Why calls cannot be placed; null if they can. @type {Failure | null} */
  failure = failure('not_ready');

  #options;
  #requests;
  #endpoints;
  /** @type {Phone} */
  #phone;
  #reports;
  /** @type {Calls} */
  #calls;
  #team;
  /** @type {Incoming} */
  #incoming;
  /** @type {AccessToken | null} */
  #token = null;
  #news;
  /** @type {LiveStatus | null} */
  #live = null;
  /** Whether calls can come in, or soon will. */
  #isListening = false;

  /** @param {HenkVoiceOptions} options */
  constructor(options) {
    const requests = new Requests(options.supabase, options.patient ?? false);
    const endpoints = new Endpoints(requests, options.functionsUrl);
    const numbers = new NumberReader(endpoints, () => this.conversations.businesses());
    super(options.supabase, requests, numbers, endpoints);
    this.#requests = requests;
    this.#endpoints = endpoints;
    this.#options = { connectTimeoutMs: 15_000, progressTimeoutMs: 45_000, ...options };
    this.pass(this.#requests, ['disconnected', 'connected', 'signedout']);
    this.#requests.on('connected', () => {
      this.#token?.lookNow();
      this.#live?.lookNow();
      void this.#news.look();
      this.#phone.listenNow();
      void this.#reports.sendRest();
    });
    const sql = new Sql(options.supabase, requests);
    this.#news = new SettingsNews({ sql, isListening: () => this.#live?.isListening ?? false });
    this.#news.on('settings', (detail) => {
      numbers.forget();
      this.emit('settings', detail);
    });
    this.#news.on('role', ({ role }) => this.#incoming.learnRole(role));
    this.#requests.on('written', (what) => this.#news.wrote(what));
    const reports = new QualityReports({
      sql,
      session: requests.session,
      voice: this,
      edge: () => this.#phone.edge,
      publishes: options.deviceOptions?.publishEvents !== false,
      onStored: (row) => this.emit('conversation', row),
    });
    this.#reports = reports;
    this.#phone = new Phone({
      Device: options.Device,
      deviceOptions: options.deviceOptions ?? {},
      line: reports.line,
      audio: this.audio,
      token: async () => (await this.#accessToken().get()).token,
      freshToken: async () => (await this.#accessToken().renew()).token,
      onIncoming: (sdk) => void this.#incoming.rung(sdk),
      onRegistered: () => this.#incoming.registered(),
      onMicrophone: (waiting) => this.call?.setAwaitingMicrophone(waiting),
      connectTimeoutMs: this.#options.connectTimeoutMs,
    });
    this.#team = new Team(options.supabase, this.#requests);
    this.#incoming = new Incoming({
      phone: this.#phone,
      team: this.#team,
      news: this.#news,
      conversations: this.conversations,
      endpoints: this.#endpoints,
      requests: this.#requests,
      live: () => this.#live,
      inCall: () => this.inCall,
      isCall: (id) => this.call?.conversation?.id === id,
      answer: (ring, sdk) => this.#calls.answer(ring, sdk),
    });
    this.#calls = new Calls({
      phone: this.#phone,
      incoming: this.#incoming,
      conversations: this.conversations,
      finder: new RowFinder(this.conversations, this.#requests, () => this.businessId),
      token: async () => (await this.#accessToken().get()).token,
      control: (id, wish) => control(this.#endpoints, id, wish),
      live: () => this.#live,
      reports,
      progressTimeoutMs: this.#options.progressTimeoutMs,
    });
    this.pass(this.#calls, ['call', 'callchange', 'callend', 'conversation']);
    this.pass(this.#incoming, ['incoming', 'phonechange', 'membership']);
    this.check = new LineCheck({
      voice: this,
      Device: options.Device,
      deviceOptions: options.deviceOptions ?? {},
      token: () => this.#token,
      sql,
    });
    this.queue = new Queue(this, new QueueLeases(options.supabase, this.#requests));
  }

  /** What rings in this tab. */
  get ring() {
    return this.#incoming.ring;
  }

  /** Which tab of this browser has the phone, and what rings there. */
  get phone() {
    return this.#incoming.phone;
  }

  /** Whether the user can be rung. */
  get presence() {
    return this.#incoming.presence;
  }

  /** The latest call, over or not. @returns {VoiceCall | null} */
  get call() {
    return this.#calls.call;
  }

  /** Whether a call is going on. */
  get inCall() {
    return this.#calls.inCall;
  }

  /** Whether calls can be placed: an access token was granted and did not fail since. */
  get ready() {
    return this.failure === null;
  }

  /**
   * Gets ready to call for a business.
   *
   * @param {string} [businessId] needed if the user belongs to several
   * @throws {VoiceError} if it fails. The library keeps trying until `close()`, and emits `ready`
   *   and `recovered` when it works.
   */
  async open(businessId) {
    if (this.inCall) throw new VoiceError(failure('call_in_progress'));
    void this.#shut();
    // Numbers are checked for this business before calls can be placed.
    this.businessId = businessId ?? null;
    if (businessId) this.#follow(businessId);
    const unsupported = whyUnsupported(this.#options.Device);
    this.failure = unsupported ?? failure('not_ready');
    if (unsupported) {
      this.emit('failure', unsupported);
      throw new VoiceError(unsupported);
    }
    this.audio.start();

    this.#token = new AccessToken({
      fetch: async () => {
        const grant = await this.#endpoints.grantToken(businessId);
        this.#granted(grant.businessId, grant.callerId);
        return grant;
      },
      onToken: (token) => this.#phone.updateToken(token),
      onFailure: (cause) => {
        this.failure = cause;
        this.emit('failure', cause);
      },
      onRecovered: () => this.emit('recovered', undefined),
    });
    await this.#token.start();
  }

  /**
   * Hangs up, and stops everything. Sign out afterwards, so that the database hears that the user is away.
   *
   * @returns {Promise<void>} resolves when it knows, after a second at most
   */
  async close() {
    this.call?.hangUpNow();
    const told = this.#shut();
    this.audio.stop();
    await told;
  }

  /**
   * Places a call. If something goes wrong later (token, microphone, network), the call ends with a
   * reason.
   *
   * @param {CallWishes} wishes
   * @returns {VoiceCall} in the state `connecting`
   * @throws {VoiceError} if another call is going on, or if no call can be placed now
   */
  dial(wishes) {
    if (this.inCall) throw new VoiceError(failure('call_in_progress'));
    if (this.failure) {
      this.#token?.lookNow();
      throw new VoiceError(this.failure);
    }
    return this.#calls.dial(wishes);
  }

  /**
   * Changes a call of the business that is going on, as the methods of a `Call` do: managers can change
   * calls that they are not on.
   *
   * @param {string} conversationId
   * @param {ControlWish} wish
   * @returns {Promise<ConversationWithLegs>} as it is afterwards
   * @throws {VoiceError}
   */
  async control(conversationId, wish) {
    const row = await control(this.#endpoints, conversationId, wish);
    this.#calls.learn(row);
    this.emit('conversation', row);
    return row;
  }

  /**
   * Asks for addresses at which the recordings of a call can be played for five minutes. It is on record.
   *
   * @param {string} conversationId
   * @param {{ recordingId?: string, download?: boolean, signal?: AbortSignal }} [options] `recordingId`:
   *   only this one. `download`: to keep them; managers only
   * @returns {Promise<RecordingAddress[]>} in their order
   * @throws {VoiceError} `not_allowed`, `recording_gone`, `storage_unavailable`, or another
   */
  recordings(conversationId, options) {
    return this.#endpoints.recordings(conversationId, options);
  }

  /**
   * @param {AbortSignal} [signal]
   * @returns {Promise<Colleague[]>} the other people of the business: who can be rung first, then by name
   */
  async colleagues(signal) {
    if (!this.businessId) throw new VoiceError(failure('business_required'));
    return this.#team.colleagues(this.businessId, signal);
  }

  /**
   * Asks what would happen to a call, without placing it.
   *
   * @param {CallWishes} wishes
   * @param {AbortSignal} [signal]
   * @returns {Promise<Preview>}
   */
  preview(wishes, signal) {
    return this.#endpoints.previewCall(wishes, this.businessId ?? undefined, signal);
  }

  /**
   * Saves what the rep writes about a call: the fields that nobody else has changed meanwhile.
   *
   * @param {string} conversationId
   * @param {Description} changes
   * @param {Description} before what the same fields had when the rep began to write
   * @param {{ userId?: string }} [options] who wrote it; if somebody else has signed in since, in another
   *   tab for example, it fails and writes nothing
   * @returns {Promise<Described>}
   */
  async describe(conversationId, changes, before, options) {
    const described = await this.conversations.describe(conversationId, changes, before, options);
    // What was written during the call is part of the call.
    this.#calls.learn(described.conversation);
    this.emit('conversation', described.conversation);
    return described;
  }

  /**
   * @param {string} businessId
   * @param {string | null} callerId
   */
  #granted(businessId, callerId) {
    this.businessId = businessId;
    this.callerId = callerId;
    if (!this.#live) this.#follow(businessId);
    if (!this.#isListening) {
      this.#isListening = true;
      void this.#listen(businessId);
      void this.#reports.sendRest();
    }
    if (!this.failure) return;
    this.failure = null;
    this.emit('ready', { businessId, callerId });
  }

  /** @param {string} businessId */
  async #listen(businessId) {
    const userId = await this.#requests.session.userId().catch(() => null);
    if (userId && this.businessId === businessId) this.#incoming.open(userId, businessId);
  }

  /** @param {string} businessId */
  #follow(businessId) {
    this.#live = new LiveStatus({
      supabase: this.#options.supabase,
      realtime: this.#options.realtime ?? true,
      fetch: (id) => this.#endpoints.conversation(id),
      onChange: (row) => {
        this.#calls.learn(row);
        this.#incoming.learn(row);
        this.emit('conversation', row);
      },
      isStillOn: (id) => this.#calls.isStillOn(id),
      onSetting: (change) => this.#news.changed(change),
      onGap: () => this.emit('gap', undefined),
    });
    this.#live.start(businessId).catch(() => {
      // Without Realtime, the rows of this page's calls are polled.
    });
    this.#news.start(businessId);
  }

  #accessToken() {
    if (!this.#token) throw new VoiceError(failure('business_required'));
    return this.#token;
  }

  /** @returns {Promise<void>} */
  #shut() {
    void this.queue.close();
    this.check.stop('closed');
    const told = this.#incoming.close();
    this.#token?.stop();
    this.#token = null;
    this.#live?.stop();
    this.#live = null;
    this.#news.stop();
    this.#isListening = false;
    this.#phone.discard();
    this.failure = failure('not_ready');
    this.businessId = null;
    this.callerId = null;
    return told;
  }
}
