/** A phone and a database with one campaign, for the unit tests of the queue. It has no tests of its own. */

import { mock } from 'node:test';
import { Emitter } from './emitter.js';
import { VoiceError, failure } from './failures.js';
import { settle } from './fake-tabs.test.js';
import { Queue } from './queue.js';

export const CAMPAIGN = {
  id: 'campaign',
  name: 'Solar autumn',
  mode: 'power',
  wrap_up_seconds: 5,
  is_paused: false,
};

/** A call of this page. */
export class FakeCall extends Emitter {
  state = 'connecting';
  reason = null;
  answeredAt = null;
  conversation = null;

  constructor(wishes) {
    super();
    this.wishes = wishes;
  }

  get over() {
    return this.state === 'ended';
  }

  /** The lead answers. */
  answer() {
    this.answeredAt = new Date();
    this.become('talking');
  }

  /** @param {object} reason */
  end(reason) {
    this.reason = reason;
    if (this.reason.failure) this.answeredAt = null;
    this.become('ended');
  }

  become(state) {
    this.state = state;
    this.emit('change', this);
  }
}

/** Stands in for HenkVoice. */
export class FakeVoice extends Emitter {
  businessId = 'business';
  failure = null;
  ring = null;
  audio = new Emitter();
  /** @type {FakeCall[]} */
  calls = [];
  /** What was written without a lease. */
  described = [];
  /** Called for each call that is placed. @type {(call: FakeCall) => void} */
  onDial = () => {};
  /** What `dial()` throws. @type {Error | null} */
  refusal = null;

  get inCall() {
    return this.calls.some((call) => !call.over);
  }

  dial(wishes) {
    if (this.inCall) throw new VoiceError(failure('call_in_progress'));
    if (this.refusal) throw this.refusal;
    const call = new FakeCall(wishes);
    this.calls.push(call);
    this.onDial(call);
    this.emit('call', call);
    return call;
  }

  async describe(id, changes) {
    this.described.push([id, changes]);
    return {};
  }

  /** The latest call. */
  get call() {
    return this.calls.at(-1);
  }
}

/** Stands in for the SQL functions of the queue, for one rep. */
export class FakeLeases {
  /** What was asked, in order. @type {string[]} */
  asked = [];
  campaignRow = CAMPAIGN;
  isReachable = true;
  /** What `next()` answers if no lead is left. */
  none = { entry: null, again_at: null, why: 'empty' };
  /** What `finish()` answers next. @type {(string | null)[]} */
  refusals = [];
  /** The names of those who may be called, in order. */
  waiting;
  /** @type {import('./queue-leases.js').QueueEntry | null} */
  leased = null;
  /** @type {Record<string, object>} */
  finished = {};
  #tokens = 0;

  constructor(names) {
    this.waiting = names;
  }

  async userId() {
    return 'user';
  }

  async campaign() {
    await this.#ask('campaign');
    return this.campaignRow;
  }

  async hasOne() {
    return this.leased !== null;
  }

  async next() {
    await this.#ask('next');
    if (!this.leased && !this.waiting.length) return this.none;
    const name = this.leased?.lead.name ?? this.waiting.shift();
    const conversation = this.leased?.conversation_id ?? null;
    this.leased = entryOf(name, `token-${(this.#tokens += 1)}`, conversation);
    return { entry: this.leased, again_at: null, why: null };
  }

  async extend(entry) {
    await this.#ask('extend');
    return this.#isLeased(entry);
  }

  async finish(entry, wish) {
    await this.#ask(`finish ${entry.lead.name}`);
    if (!this.#isLeased(entry)) return 'lease_lost';
    const refusal = this.refusals.shift();
    if (refusal) return refusal;
    this.finished[entry.lead.name] = wish;
    this.leased = null;
    return null;
  }

  async release(entry, reason) {
    await this.#ask(`${reason} ${entry.lead.name}`);
    if (!this.#isLeased(entry)) return;
    if (reason === 'stopped') this.waiting.unshift(entry.lead.name);
    this.leased = null;
  }

  /** What `begin_call` does: the call belongs to the lease of this token, if there is one. */
  begin({ leaseToken }) {
    if (this.leased?.lease_token !== leaseToken) return null;
    const id = `call to ${this.leased.lead.name}`;
    this.leased = { ...this.leased, conversation_id: id };
    return id;
  }

  #isLeased({ lease_token: token }) {
    return this.leased?.lease_token === token;
  }

  async #ask(what) {
    this.asked.push(what);
    await null;
    if (!this.isReachable) throw new VoiceError(failure('unreachable'));
  }
}

function entryOf(name, token, conversationId) {
  return {
    id: `entry of ${name}`,
    campaign_id: CAMPAIGN.id,
    lead_id: `lead ${name}`,
    lease_token: token,
    lease_until: '',
    attempts: 0,
    why_now: 'new',
    call_back_at: null,
    priority: 0,
    conversation_id: conversationId,
    lead: { id: `lead ${name}`, name, company: null, phone_number: `+1500 ${name}` },
  };
}

/** A page with a queue. `page` is its window, `document` whether it can be seen. */
export class QueueLab {
  voice = new FakeVoice();
  leases;
  /** @type {Queue} */
  queue;
  page = new EventTarget();
  document = Object.assign(new EventTarget(), { visibilityState: 'visible' });

  constructor(...names) {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 31) });
    this.leases = new FakeLeases(names);
    this.queue = new Queue(this.voice, this.leases);
    globalThis.document = this.document;
    globalThis.addEventListener = this.page.addEventListener.bind(this.page);
    globalThis.removeEventListener = this.page.removeEventListener.bind(this.page);
    this.online(true);
    // Each call reaches the database when it is placed.
    this.voice.onDial = (call) => this.begin(call);
  }

  close() {
    mock.timers.reset();
    for (const name of ['document', 'addEventListener', 'removeEventListener']) {
      delete globalThis[name];
    }
  }

  /** Opens the campaign, and starts. */
  async run(mode = 'power') {
    await this.queue.open(CAMPAIGN.id, { mode });
    this.queue.start();
    await settle();
  }

  /** The call is written down, or refused because of its lease. */
  begin(call) {
    const id = this.leases.begin(call.wishes);
    if (id) call.conversation = { id, status: 'initiated', outcome: null };
    else call.end({ code: 'refused', blockReason: 'lease_lost' });
  }

  /** The next seconds pass. */
  async pass(seconds) {
    for (let second = 0; second < seconds; second += 1) {
      mock.timers.tick(1000);
      await settle();
    }
  }

  /** The device sleeps. */
  sleep(seconds) {
    mock.timers.setTime(Date.now() + seconds * 1000);
  }

  async end(code, more = {}) {
    this.voice.call.end({ code, ...more });
    await settle();
  }

  async talk() {
    this.voice.call.answer();
    await this.end('lead_hung_up');
  }

  /** The tab comes into sight, or leaves it. */
  show(isVisible) {
    this.document.visibilityState = isVisible ? 'visible' : 'hidden';
    this.document.dispatchEvent(new Event('visibilitychange'));
  }

  online(isOnline) {
    const value = { onLine: isOnline, locks: this.locks };
    Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
    if (!isOnline) this.page.dispatchEvent(new Event('offline'));
  }

  /** In short: the state, the lead, and why. */
  get now() {
    const { state, entry, why, secondsLeft } = this.queue;
    const parts = [state, entry?.lead.name, why?.code, secondsLeft || ''];
    return parts.filter(Boolean).join(' ');
  }

  /** Whom this page has called. */
  get called() {
    return this.voice.calls.map(({ wishes }) => wishes.to.slice(6));
  }
}
