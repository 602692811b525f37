import { QueueCycle } from './queue-cycle.js';
import { queueReason } from './queue-reasons.js';
import { LeadSearch } from './queue-search.js';

/**
 * @typedef {import('./queue-leases.js').FinishWish} FinishWish
 * @typedef {import('./queue-leases.js').QueueMode} QueueMode
 */

/**
 * Calls the leads of a campaign one after the other, in this browser. `queue-cycle.js` has its states.
 *
 *     await voice.queue.open(campaignId, { mode: 'power' });
 *     voice.queue.on('change', ({ state, entry, secondsLeft, why }) => …);
 *     voice.queue.start();
 */
export class Queue extends QueueCycle {
  /**
   * @param {import('./henk-voice.js').HenkVoice} voice
   * @param {import('./queue-leases.js').QueueLeases} leases
   */
  constructor(voice, leases) {
    super(voice, leases);
    voice.on('settings', ({ subject }) => {
      if (subject === null || subject === 'campaign') void this.search?.refresh();
    });
  }

  /** The lead that is reserved. */
  get entry() {
    return this.lead?.entry ?? null;
  }

  /** The conversation of the call to this lead, also after a reload. */
  get conversationId() {
    return this.lead?.conversationId ?? null;
  }

  get campaign() {
    return this.search?.campaign ?? null;
  }

  /** The seconds before the call. */
  get secondsLeft() {
    return this.countdown.secondsLeft;
  }

  /** Why it must not go on, as the page has said. */
  get holds() {
    return [...this.heldFor];
  }

  get mode() {
    return this.chosenMode;
  }

  set mode(mode) {
    this.chosenMode = mode;
    if (mode === 'preview') this.stopCountdown();
    else if (this.state === 'preview' && this.isRunning) this.present();
    this.changed();
  }

  /**
   * Gets ready for a campaign. Nothing is called before `start()`. If a lead of it is reserved for the user,
   * because the page was reloaded or has crashed, it is there again.
   *
   * @param {string} campaignId
   * @param {{ mode?: QueueMode }} [options] the campaign's mode if it is missing
   */
  async open(campaignId, { mode } = {}) {
    void this.close();
    const search = new LeadSearch(this.leases, campaignId, this.voice.businessId ?? '');
    this.search = search;
    this.guard.start();
    this.stop(queueReason('not_started'));
    const trouble = await search.open();
    if (search !== this.search) return;
    this.chosenMode = mode ?? search.campaign?.mode ?? 'preview';
    if (trouble) return this.stop(trouble.why ?? null);
    if (this.isRunning) return this.goOn();
    this.changed();
    const hasLead = await search.hasLead().catch(() => false);
    if (hasLead && search === this.search && this.state === 'stopped') await this.look();
  }

  /** Goes on by itself from now on. While it waits it looks again at once. */
  start() {
    if (!this.search) return;
    this.run();
    // open() goes on when it knows the campaign.
    if (this.search.isOpening) this.changed();
    else if (this.state === 'stopped' || this.state === 'waiting') void this.goOn();
    else if (this.state === 'preview') this.present();
    else if (this.state === 'wrap_up') void this.finish();
    else this.changed();
  }

  /** Stops. A call goes on, and its lead can be finished. */
  pause() {
    this.stop(queueReason('paused'));
  }

  /** Leaves the lead for half an hour, and goes on with the next one. */
  async skip() {
    if (this.isBeforeCall) await this.giveBack('skipped');
  }

  /**
   * Calls the lead that is shown. It does nothing while there is a hold.
   *
   * @returns {boolean} whether a call was begun
   */
  callNow() {
    if (!this.isBeforeCall) return false;
    this.run();
    return this.dial();
  }

  /**
   * The lead is finished. During its call it waits for the end, and with a hold for its release.
   *
   * @param {FinishWish} [wish] nothing if the outcome is written already
   * @returns {Promise<void>} resolves when it is done, or has to wait. If the database refuses it, `why`
   *   says so, and the lead stays
   */
  async finish(wish = {}) {
    const lead = this.lead;
    // Without a call there is something to finish only if there is an outcome.
    const isSensible = this.isBeforeCall ? wish.outcome : this.state !== 'looking';
    if (!lead || lead.isFinishing || !isSensible) return;
    lead.wish = wish;
    await this.finishNow();
  }

  /**
   * The queue must not go on, because of something that the page knows.
   *
   * @param {string} reason for example `typing` or `unsaved`
   */
  hold(reason) {
    if (this.heldFor.has(reason)) return;
    this.heldFor.add(reason);
    if (this.state === 'countdown') this.countdown.restart();
    this.changed();
  }

  /** @param {string} reason of a hold that is over */
  release(reason) {
    if (!this.heldFor.delete(reason)) return;
    this.changed();
    if (this.heldFor.size) return;
    if (this.state === 'waiting' && this.why?.code === 'held') void this.goOn();
    else void this.finishNow();
  }

  /** Gives the lead back if it was not called yet, and forgets the campaign. */
  async close() {
    if (!this.search) return;
    const lead = this.lead;
    this.leave();
    this.guard.stop();
    this.search.close();
    this.search = null;
    this.isRunning = false;
    this.stopsFor = null;
    this.become('off', null);
    // Without this, its lease ends after two minutes.
    if (lead && !lead.wasCalled) await lead.release('stopped').catch(() => {});
  }
}
