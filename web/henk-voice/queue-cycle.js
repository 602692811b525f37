import { Emitter } from './emitter.js';
import { failureOf } from './failure-of.js';
import { Countdown } from './queue-countdown.js';
import { QueueGuard } from './queue-guard.js';
import { QueueLead } from './queue-lead.js';
import { isAboutTheLead, queueReason, refusal } from './queue-reasons.js';

/**
 * The queue calls the leads of a campaign one after the other: it has a lead reserved, calls it in this
 * browser, waits for the outcome, and goes on.
 *
 *     state        what there is                      what ends it
 *     off          no campaign                        open() → stopped; looking if a lead is reserved
 *     stopped      perhaps a lead; `why`              start() → looking, preview, countdown; callNow() → calling
 *     looking      the database is asked              a lead → preview, countdown, wrap_up; none → waiting, stopped
 *     preview      a lead                             callNow() → calling; skip() → looking; 5 min → stopped
 *     countdown    a lead, `secondsLeft`; power only  0 → calling; stopCountdown() → preview; skip() → looking
 *     calling      a lead and its call                the call ends → wrap_up; it is refused → looking, stopped;
 *                                                     nobody knows whether it was placed → looking
 *     wrap_up      a lead whose call is over          finish(), or nobody answered → looking, stopped
 *     waiting      no lead; `why`                     its time, or the release() of the last hold → looking
 *
 * pause(), and everything that `queue-guard.js` watches, leads to `stopped` with a `why`; from `calling` and
 * `wrap_up` only when the lead is finished. close() leads to `off` from everywhere.
 *
 * It never calls while there is a hold, and no lead twice: each way to a call goes through dial(), which asks
 * again for everything, and a lease has one call. After a call of which nobody knows whether it was placed,
 * the database is asked. Its new token makes a call impossible that may still be under way. `queue.js` has what an app calls.
 *
 * @typedef {import('./call.js').VoiceCall} VoiceCall
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./queue-leases.js').QueueLeases} QueueLeases
 * @typedef {import('./queue-leases.js').QueueMode} QueueMode
 * @typedef {import('./queue-reasons.js').QueueReason} QueueReason
 * @typedef {import('./queue-search.js').LeadSearch} LeadSearch
 *
 * @typedef {'off' | 'stopped' | 'looking' | 'preview' | 'countdown' | 'calling' | 'wrap_up' | 'waiting'
 *   } QueueState
 * @typedef {object} QueueEvents
 * @property {QueueCycle} change anything about the queue changed
 *
 * @typedef {Pick<HenkVoice, 'on' | 'dial' | 'describe' | 'inCall' | 'ring' | 'failure' | 'audio' | 'businessId'
 *   >} QueueVoice
 */

const IDLE_MS = 5 * 60_000;
const FAILED_CALLS = 3;

/**
 * @internal
 * @extends {Emitter<QueueEvents>}
 */
export class QueueCycle extends Emitter {
  /** @type {QueueState} */
  state = 'off';
  /** Why the queue does not go on; null if it does. @type {Failure | QueueReason | null} */
  why = null;
  /** Whether it goes on by itself when a lead is finished. */
  isRunning = false;
  /** The caller ID of the calls; null: the campaign's. @type {string | null} */
  callerId = null;

  /** @protected */
  voice;
  /** @protected */
  leases;
  /** @protected */
  guard;
  /** @protected */
  countdown;
  /** @protected @type {QueueMode} */
  chosenMode = 'preview';
  /** @protected @type {Set<string>} */
  heldFor = new Set();
  /** null while it is off. @protected @type {LeadSearch | null} */
  search = null;
  /** @protected @type {QueueLead | null} */
  lead = null;
  /** Why it stops, at the latest when this lead is finished. @protected @type {Failure | QueueReason | null} */
  stopsFor = null;
  #failedCalls = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {QueueVoice} voice
   * @param {QueueLeases} leases
   */
  constructor(voice, leases) {
    super();
    this.voice = voice;
    this.leases = leases;
    this.guard = new QueueGuard(voice, (why) => this.#guarded(why));
    this.countdown = new Countdown({
      isHeld: () => this.#isBlocked,
      onTick: () => this.changed(),
      onEnd: () => this.dial(),
      onAsleep: () => this.stop(queueReason('asleep')),
    });
    // Another call has the rep's attention.
    voice.on('call', () => this.stopCountdown());
  }

  /** The call to this lead, of this page. */
  get call() {
    return this.lead?.call ?? null;
  }

  /** The lead stays, and is called only by `callNow()`. */
  stopCountdown() {
    if (this.state !== 'countdown') return;
    this.countdown.stop();
    this.rest('preview', null);
  }

  /** @protected */
  get isBeforeCall() {
    const isShown = ['stopped', 'preview', 'countdown'].includes(this.state);
    return isShown && this.lead !== null && !this.lead.wasCalled;
  }

  get #isBlocked() {
    const { inCall, ring } = this.voice;
    return this.heldFor.size > 0 || inCall || (ring !== null && ring.state !== 'ended');
  }

  /** @protected */
  run() {
    this.isRunning = true;
    this.stopsFor = null;
    this.#failedCalls = 0;
  }

  /** The next lead, unless something is against it. @protected */
  async goOn() {
    const why = this.stopsFor ?? this.guard.whyNot;
    if (!this.isRunning || why) return this.stop(why ?? queueReason('paused'));
    if (this.lead) return this.present();
    if (this.heldFor.size) return this.become('waiting', queueReason('held'));
    await this.look();
  }

  /** @protected */
  async look() {
    const search = this.search;
    if (!search) return;
    clearTimeout(this.#timer);
    this.become('looking', null);
    const { entry, why = null, waitMs } = await search.next();
    // start() after pause() waits for the same answer.
    if (search !== this.search || (entry && entry === this.lead?.entry)) return;
    if (entry) return this.#reserved(entry);
    if (!this.isRunning || waitMs === undefined) return this.stop(this.stopsFor ?? why);
    this.become('waiting', why);
    this.#after(waitMs, () => void this.goOn());
  }

  /** @param {import('./queue-leases.js').QueueEntry} entry */
  #reserved(entry) {
    const lead = new QueueLead(entry, this.leases, {
      describe: (...given) => this.voice.describe(...given),
      onLost: () => {
        // The call goes on, and so does what the rep writes.
        if (lead === this.lead && this.isBeforeCall) this.#leaseLost();
      },
    });
    this.lead = lead;
    if (lead.wasCalled) this.#wrapUp(lead);
    else void this.goOn();
  }

  /** Shows the lead before the call. @protected */
  present() {
    if (this.chosenMode !== 'power') return this.rest('preview', null);
    clearTimeout(this.#timer);
    this.countdown.start(this.search?.campaign?.wrap_up_seconds ?? 0);
    this.become('countdown', null);
  }

  /**
   * A lead is shown, and nothing happens by itself, except that it is given back if nobody is there.
   *
   * @param {'preview' | 'stopped'} state
   * @param {Failure | QueueReason | null} why
   * @protected
   */
  rest(state, why) {
    this.become(state, why);
    this.#after(IDLE_MS, () => void this.giveBack('stopped', queueReason('idle')));
  }

  /** The only way to a call. @returns {boolean} whether it was begun @protected */
  dial() {
    const lead = this.lead;
    this.countdown.stop();
    if (!lead || lead.wasCalled) return false;
    if (this.#isBlocked) {
      this.rest('preview', queueReason('held'));
      return false;
    }
    const why = this.guard.whyNot;
    if (why) {
      this.stop(why);
      return false;
    }
    clearTimeout(this.#timer);
    const { entry } = lead;
    const { callerId } = this;
    this.state = 'calling';
    this.why = null;
    try {
      lead.call = this.voice.dial({
        to: entry.lead.phone_number,
        leadId: entry.lead_id,
        campaignId: entry.campaign_id,
        leaseToken: entry.lease_token,
        ...(callerId && { callerId }),
      });
    } catch (error) {
      this.stop(failureOf(error), true);
      return false;
    }
    const { call } = lead;
    call.on('change', () => call === this.call && this.#callChanged(lead, call));
    this.changed();
    return true;
  }

  /**
   * @param {QueueLead} lead
   * @param {VoiceCall} call
   */
  #callChanged(lead, call) {
    // It may turn out late that a call was refused.
    if (call.over && call.reason?.blockReason) this.#refused(lead, call.reason.blockReason);
    else if (call.over && this.state === 'calling') this.#callEnded(lead, call);
    else this.changed();
  }

  /**
   * @param {QueueLead} lead
   * @param {VoiceCall} call that is over
   */
  #callEnded(lead, { reason, conversation, answeredAt }) {
    const hasFailed = reason?.code === 'failure' || reason?.code === 'not_reached';
    this.#failedCalls = hasFailed ? this.#failedCalls + 1 : 0;
    const { failure } = reason ?? {};
    if (failure && !failure.temporary) this.stopsFor ??= failure;
    if (this.#failedCalls >= FAILED_CALLS) this.stopsFor ??= queueReason('calls_failed');
    if (failure && !conversation) {
      // Was it placed? The lead is still reserved, so the answer is this lead, with its call if there is one.
      this.leave();
      void this.look();
      return;
    }
    this.#wrapUp(lead);
    // Nobody answered: the rep has nothing to say.
    if (answeredAt === null) lead.wish ??= {};
    if (lead.wish) void lead.endIsKnown().then(() => this.finishNow());
  }

  /**
   * @param {QueueLead} lead
   * @param {string} blockReason
   */
  #refused(lead, blockReason) {
    if (lead.isFinishing) return;
    this.#failedCalls = 0;
    if (isAboutTheLead(blockReason)) {
      const isTooEarly = blockReason === 'outside_calling_hours';
      void this.giveBack(isTooEarly ? blockReason : 'blocked');
    } else if (blockReason === 'lease_lost') this.#leaseLost();
    else void this.giveBack('stopped', refusal(blockReason));
  }

  /** @param {QueueLead} lead whose call is over */
  #wrapUp(lead) {
    clearTimeout(this.#timer);
    lead.wrapUp();
    this.become('wrap_up', null);
  }

  /** Finishes the lead, if that is wanted, and nothing is against it. @protected */
  async finishNow() {
    const lead = this.lead;
    const isOver = this.state === 'wrap_up' || this.isBeforeCall;
    if (!lead?.wish || !isOver || lead.isFinishing || this.heldFor.size) return;
    this.countdown.stop();
    clearTimeout(this.#timer);
    lead.isFinishing = true;
    this.become('wrap_up', null);
    const isMine = () => lead === this.lead;
    const onSlow = () => isMine() && this.become('wrap_up', queueReason('call_open'));
    try {
      const refused = await lead.finish(lead.wish, onSlow);
      if (!isMine()) return;
      if (refused === 'lease_lost') return this.#leaseLost();
      if (!refused) {
        this.leave();
        return await this.goOn();
      }
      lead.wish = null;
      if (lead.wasCalled) this.become('wrap_up', queueReason(refused));
      else this.rest('preview', queueReason(refused));
    } catch (error) {
      if (isMine()) this.become('wrap_up', failureOf(error));
    } finally {
      lead.isFinishing = false;
    }
  }

  /**
   * @param {import('./queue-leases.js').ReleaseReason} reason
   * @param {Failure | QueueReason} [stopsFor] why it does not go on
   * @protected
   */
  async giveBack(reason, stopsFor) {
    const lead = this.lead;
    const search = this.search;
    if (!lead) return;
    this.stopsFor ??= stopsFor ?? null;
    this.leave();
    this.become('looking', null);
    try {
      await lead.release(reason);
    } catch (error) {
      this.stopsFor = failureOf(error);
    }
    if (search === this.search && this.state === 'looking') await this.goOn();
  }

  #leaseLost() {
    this.leave();
    this.stop(queueReason('lease_lost'));
  }

  /** The lead is not this page's any more. @protected */
  leave() {
    this.lead?.leave();
    this.lead = null;
    this.countdown.stop();
    clearTimeout(this.#timer);
  }

  /**
   * Something around the queue must stop it.
   *
   * @param {Failure | QueueReason} why
   */
  #guarded(why) {
    // A call and its wrap-up survive it, and it is asked again before the next call.
    const isBusy = this.state === 'calling' || this.state === 'wrap_up';
    if (this.isRunning && (!isBusy || why.code === 'device_lost')) this.stop(why);
  }

  /**
   * @param {Failure | QueueReason | null} why
   * @param {boolean} [isNotPlaced] there was to be a call, and there is none
   * @protected
   */
  stop(why, isNotPlaced = false) {
    if (!this.search) return;
    this.isRunning = false;
    this.stopsFor = why;
    this.countdown.stop();
    const isBusy = this.state === 'calling' || this.state === 'wrap_up';
    if (this.lead && isBusy && !isNotPlaced) return this.changed();
    if (this.lead) return this.rest('stopped', why);
    clearTimeout(this.#timer);
    this.search.leave();
    this.become('stopped', why);
  }

  /**
   * @param {number} ms
   * @param {() => void} action unless something else happens before
   */
  #after(ms, action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }

  /**
   * @param {QueueState} state
   * @param {Failure | QueueReason | null} why
   * @protected
   */
  become(state, why) {
    this.state = state;
    this.why = why;
    this.changed();
  }

  /** @protected */
  changed() {
    this.emit('change', this);
  }
}
