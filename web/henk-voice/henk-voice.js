import { AccessToken } from './access-token.js';
import { AudioDevices } from './audio-devices.js';
import { VoiceCall } from './call.js';
import { isOver } from './call-statuses.js';
import { Conversations } from './conversations.js';
import { Emitter } from './emitter.js';
import { Endpoints, twimlParameters } from './endpoints.js';
import { failureOf } from './failure-of.js';
import { VoiceError, failure } from './failures.js';
import { LiveStatus } from './live-status.js';
import { NumberReader } from './number-reader.js';
import { Phone } from './phone.js';
import { Requests } from './requests.js';

export { failureOfSignIn } from './auth-failures.js';
export { blockReasonSentence } from './block-reasons.js';
export { FINAL_STATUSES, LIVE_STATUSES, isOver } from './call-statuses.js';
export { timestamp } from './conversations.js';
export { failureOf } from './failure-of.js';
export { VoiceError, failure } from './failures.js';
export { steadyFetch } from './steady-fetch.js';
export { warningSentence } from './warnings.js';

/**
 * @typedef {import('./call.js').VoiceCall} Call
 * @typedef {import('./call.js').CallState} CallState
 * @typedef {import('./end-reason.js').EndReason} EndReason
 * @typedef {import('./conversations.js').Business} Business
 * @typedef {import('./conversations.js').Campaign} Campaign
 * @typedef {import('./conversations.js').CallerId} CallerId
 * @typedef {import('./conversations.js').Change} Change
 * @typedef {import('./conversations.js').Conflict} Conflict
 * @typedef {import('./conversations.js').Conversation} Conversation
 * @typedef {import('./conversations.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('./call-statuses.js').ConversationStatus} ConversationStatus
 * @typedef {import('./conversations.js').Described} Described
 * @typedef {import('./conversations.js').Description} Description
 * @typedef {import('./conversations.js').HistoryFilter} HistoryFilter
 * @typedef {import('./conversations.js').Lead} Lead
 * @typedef {import('./conversations.js').Member} Member
 * @typedef {import('./endpoints.js').CallWishes} CallWishes
 * @typedef {import('./endpoints.js').NumberReading} NumberReading
 * @typedef {import('./endpoints.js').Preview} Preview
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./warnings.js').Warning} Warning
 *
 * @typedef {object} HenkVoiceOptions
 * @property {typeof import('@twilio/voice-sdk').Device} Device of `@twilio/voice-sdk`
 * @property {import('@supabase/supabase-js').SupabaseClient} supabase a client that is signed in
 * @property {string} functionsUrl the address before `/token`, `/twiml`, `/status` and `/numbers`; for
 *   example `/api/twilio` if the page's own host routes to the functions
 * @property {import('@twilio/voice-sdk').Device.Options & Record<string, unknown>} [deviceOptions]
 *   for the SDK's Device
 * @property {boolean} [realtime] false if the project has no Supabase Realtime
 * @property {boolean} [patient] true if reads wait until the network, or the user's session, is back;
 *   otherwise they fail after a second try
 * @property {number} [connectTimeoutMs] when a call that does not reach the phone network is given up;
 *   15,000 by default
 * @property {number} [progressTimeoutMs] when a call that neither rings nor is answered is given up;
 *   45,000 by default
 *
 * @typedef {object} HenkVoiceEvents
 * @property {{ businessId: string, callerId: string | null }} ready calls can be placed now
 * @property {VoiceCall} call a call begins
 * @property {VoiceCall} callchange anything about the call changed
 * @property {VoiceCall} callend the call is over
 * @property {Partial<Conversation> & { id: string }} conversation a conversation of the business
 *   changed: its id, and all columns or only the changed ones
 * @property {undefined} gap changes of conversations may have been missed: read them again
 * @property {Failure} failure calls cannot be placed, and why; the library keeps trying
 * @property {undefined} recovered calls can be placed again
 * @property {Failure} disconnected reads fail, and why; they are tried again (only with `patient`)
 * @property {undefined} connected requests work again: the network is back, or the user has signed in
 * @property {Failure} signedout the session has ended, and somebody has to sign in. A call goes on
 */

/** The pauses between attempts to find the row of a call that has just begun. */
const LOOK_UP_AFTER_MS = [0, 300, 700, 1500, 3000, 6000];

/**
 * Browser calling for one business at a time.
 *
 *     const voice = new HenkVoice({ Device, supabase, functionsUrl: '/api/twilio' });
 *     await voice.open(businessId);
 *     const call = voice.dial({ to: '+14155552671', leadId, campaignId });
 *     call.on('change', ({ state, talkSeconds, reason }) => …);
 *
 * @extends {Emitter<HenkVoiceEvents>}
 */
export class HenkVoice extends Emitter {
  /** Leads, campaigns, history; outcome and notes. @type {Conversations} */
  conversations;
  /** Microphones and speakers. */
  audio = new AudioDevices();
  /** The latest call, over or not. @type {VoiceCall | null} */
  call = null;
  /** @type {string | null} */
  businessId = null;
  /** The business's default caller ID. @type {string | null} */
  callerId = null;

  /** Why calls cannot be placed; null if they can. @type {Failure | null} */
  failure = failure('not_ready');

  #options;
  #requests;
  #endpoints;
  #numbers;
  #phone;
  /** @type {AccessToken | null} */
  #token = null;
  /** @type {LiveStatus | null} */
  #live = null;

  /** @param {HenkVoiceOptions} options */
  constructor(options) {
    super();
    this.#options = { connectTimeoutMs: 15_000, progressTimeoutMs: 45_000, ...options };
    this.#requests = new Requests(options.supabase, options.patient ?? false);
    for (const name of /** @type {const} */ (['disconnected', 'connected', 'signedout'])) {
      this.#requests.on(name, (detail) => this.emit(name, detail));
    }
    this.#requests.on('connected', () => {
      this.#token?.lookNow();
      this.#live?.lookNow();
    });
    this.#endpoints = new Endpoints(this.#requests, options.functionsUrl);
    this.#numbers = new NumberReader(this.#endpoints, () => this.conversations.businesses());
    this.conversations = new Conversations(options.supabase, this.#requests, this.#numbers);
    this.#phone = new Phone({
      Device: options.Device,
      deviceOptions: options.deviceOptions ?? {},
      audio: this.audio,
      freshToken: async () => (await this.#accessToken().renew()).token,
      onMicrophone: (waiting) => this.call?.setAwaitingMicrophone(waiting),
      connectTimeoutMs: this.#options.connectTimeoutMs,
    });
  }

  /** Whether a call is going on. */
  get inCall() {
    return this.call !== null && this.call.state !== 'ended';
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
    this.#shut();
    // Numbers are checked for this business before calls can be placed.
    this.businessId = businessId ?? null;
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

  /** Hangs up, and stops everything. */
  close() {
    this.call?.hangUp();
    this.#shut();
    this.audio.stop();
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
    const call = new VoiceCall(wishes, {
      progressTimeoutMs: this.#options.progressTimeoutMs,
      microphoneFailure: () => this.#phone.microphoneFailure,
      onCallSid: (callSid) => void this.#lookUp(call, () => this.conversations.byCallSid(callSid)),
      onReconnecting: () => this.#phone.reconnecting(),
      onBroken: () => this.#phone.discard(),
    });
    this.call = call;
    call.on('change', () => this.emit('callchange', call));
    call.on('end', () => this.#ended(call));
    this.emit('call', call);
    void this.#place(call);
    return call;
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
   * Reads texts as phone numbers, as a call would, for the business that is open.
   *
   * @param {string[]} texts
   * @param {AbortSignal} [signal]
   * @returns {Promise<NumberReading[]>} one for each text, in the same order
   */
  async readNumbers(texts, signal) {
    if (!this.businessId) throw new VoiceError(failure('business_required'));
    return this.#numbers.read(this.businessId, texts, { signal });
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
    this.emit('conversation', described.conversation);
    return described;
  }

  /** @param {VoiceCall} call */
  async #place(call) {
    try {
      const before = this.#latestIds();
      const { token } = await this.#accessToken().get();
      if (call.over) return;
      const sdk = await this.#phone.connect(token, twimlParameters(call.wishes));
      call.on('end', () => void this.#lookUpWithoutSid(call, before));
      call.attach(sdk);
    } catch (error) {
      call.fail(failureOf(error));
    }
  }

  /** @param {VoiceCall} call */
  #ended(call) {
    void this.#phone.hungUp();
    this.emit('callend', call);
    if (call.conversation) this.#live?.watch(call.conversation.id);
  }

  /**
   * Finds the row of a call whose SID the browser never learned, because the line was busy at once:
   * it is the new row with this number.
   *
   * @param {VoiceCall} call
   * @param {Promise<Set<string>>} before the ids of the latest rows before the call
   */
  async #lookUpWithoutSid(call, before) {
    if (call.callSid) return;
    const known = await before;
    await this.#lookUp(call, async () => {
      const latest = await this.#latest();
      const [number = ''] = call.wishes.to.split(';');
      const digits = number.replace(/\D/g, '').slice(-6);
      return (
        latest.find(({ id, to_number }) => !known.has(id) && to_number?.endsWith(digits)) ?? null
      );
    });
  }

  /**
   * Finds the row of a call, and watches it until the call is over.
   *
   * @param {VoiceCall} call
   * @param {() => Promise<Conversation | null>} find
   */
  async #lookUp(call, find) {
    for (const wait of LOOK_UP_AFTER_MS) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (call !== this.call || call.conversation) return;
      const row = await find().catch(() => null);
      if (!row) continue;
      call.update(row);
      this.emit('conversation', row);
      if (!isOver(row.status)) this.#live?.watch(row.id);
      return;
    }
  }

  async #latest() {
    if (!this.businessId) return [];
    return this.conversations.latest(this.businessId, await this.#requests.session.userId());
  }

  async #latestIds() {
    const latest = await this.#latest().catch(() => []);
    return new Set(latest.map(({ id }) => id));
  }

  /**
   * @param {string} businessId
   * @param {string | null} callerId
   */
  #granted(businessId, callerId) {
    const first = !this.#live;
    this.businessId = businessId;
    this.callerId = callerId;
    if (first) this.#follow(businessId);
    if (!this.failure) return;
    this.failure = null;
    this.emit('ready', { businessId, callerId });
  }

  /** @param {string} businessId */
  #follow(businessId) {
    this.#live = new LiveStatus({
      supabase: this.#options.supabase,
      realtime: this.#options.realtime ?? true,
      fetch: (id) => this.#endpoints.conversation(id),
      onChange: (row) => {
        const { call } = this;
        if (call?.conversation?.id === row.id) call.update({ ...call.conversation, ...row });
        this.emit('conversation', row);
      },
      onGap: () => this.emit('gap', undefined),
    });
    this.#live.start(businessId).catch(() => {
      // Without Realtime, the rows of this page's calls are polled.
    });
  }

  #accessToken() {
    if (!this.#token) throw new VoiceError(failure('business_required'));
    return this.#token;
  }

  #shut() {
    this.#token?.stop();
    this.#token = null;
    this.#live?.stop();
    this.#live = null;
    this.#phone.discard();
    this.failure = failure('not_ready');
    this.businessId = null;
    this.callerId = null;
  }
}

/**
 * @param {typeof import('@twilio/voice-sdk').Device} Device
 * @returns {Failure | null}
 */
function whyUnsupported(Device) {
  if (!window.isSecureContext) return failure('insecure_page');
  if (!Device.isSupported || !navigator.mediaDevices) return failure('browser_unsupported');
  return null;
}
