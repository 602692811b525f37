import { timestamp } from './conversations.js';
import { failureOf } from './failure-of.js';
import { queueReason } from './queue-reasons.js';
import { TabLock } from './tab-lock.js';

/**
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./queue-leases.js').QueueCampaign} QueueCampaign
 * @typedef {import('./queue-leases.js').QueueEntry} QueueEntry
 * @typedef {import('./queue-leases.js').QueueLeases} QueueLeases
 * @typedef {import('./queue-reasons.js').QueueReason} QueueReason
 *
 * @typedef {object} Found
 * @property {QueueEntry} [entry]
 * @property {Failure | QueueReason} [why] there is no entry
 * @property {number} [waitMs] when to look again; missing if a person has to do something
 */

const LOOK_AGAIN_MS = 200;
/** How soon it is looked again at least, if nobody was due. The time doubles, because the clocks may differ. */
const LEAST_MS = 1_000;
/** Others may add leads. */
const MOST_MS = 60_000;

/** A page that is reloaded may still have the lock for a moment. */
const RELOADED_MS = 2_000;

/**
 * Looks for the next lead of a campaign, in one tab of a browser, and once at a time. In a browser that forbids
 * locks each tab may: the tokens of the leases keep them apart.
 */
export class LeadSearch {
  /** @type {QueueCampaign | null} */
  campaign = null;
  /** Whether the campaign is being read. */
  isOpening = false;

  #leases;
  #campaignId;
  #lockName;
  #lock = new TabLock();
  #isOver = false;
  /** @type {Promise<Found> | null} */
  #looking = null;
  /** How often in a row nobody was due. */
  #vain = 0;

  /**
   * @param {QueueLeases} leases
   * @param {string} campaignId
   * @param {string} businessId
   */
  constructor(leases, campaignId, businessId) {
    this.#leases = leases;
    this.#campaignId = campaignId;
    this.#lockName = `henk-voice.queue.${businessId}`;
  }

  /**
   * Reads the campaign.
   *
   * @returns {Promise<Found | null>} why that is not possible; null if it is known now
   */
  async open() {
    this.isOpening = true;
    try {
      this.campaign = await this.#leases.campaign(this.#campaignId);
    } catch (error) {
      return { why: failureOf(error) };
    } finally {
      this.isOpening = false;
    }
    return this.campaign ? null : { why: queueReason('campaign_gone') };
  }

  /** Reads the campaign again: a manager has changed it. The next countdown is as long as it says now. */
  async refresh() {
    const campaign = await this.#leases.campaign(this.#campaignId).catch(() => null);
    this.campaign = campaign ?? this.campaign;
  }

  /** @returns {Promise<boolean>} whether a lead of the campaign is reserved for the user already */
  async hasLead() {
    return this.#leases.hasOne(this.#campaignId);
  }

  /**
   * @returns {Promise<Found>} the next lead, or the one that is reserved already. Who asks while it is
   *   looked for gets the same answer: of two leases of a lead only the newer one is worth something
   */
  next() {
    this.#looking ??= this.#next().finally(() => (this.#looking = null));
    return this.#looking;
  }

  /** Another tab may run the queue. */
  leave() {
    this.#lock.leave();
  }

  /** It is not looked any more. A lead that is found all the same is given back. */
  close() {
    this.#isOver = true;
    this.leave();
  }

  async #next() {
    try {
      if (!(await this.#lock.take(this.#lockName, RELOADED_MS)))
        return { why: queueReason('other_tab') };
      const trouble = this.campaign ? null : await this.open();
      if (trouble) return trouble;
      return await this.#ask();
    } catch (error) {
      const why = failureOf(error);
      return { why: why.code === 'not_found' ? queueReason('campaign_gone') : why };
    }
  }

  /** @returns {Promise<Found>} */
  async #ask() {
    for (;;) {
      const { entry, again_at: at, why } = await this.#leases.next(this.#campaignId);
      if (entry && this.#isOver) await this.#leases.release(entry, 'stopped');
      if (entry) this.#vain = 0;
      if (entry) return { entry };
      if (why === 'campaign_paused') return { why: queueReason(why) };
      if (why === 'empty') return { why: queueReason(why), waitMs: MOST_MS };
      if (why !== 'look_again' || this.#isOver) {
        return { why: queueReason('nothing_due'), waitMs: this.#waitUntil(at) };
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /**
   * @param {string | null} at when the next lead may be due, by the database's clock
   * @returns {number} milliseconds
   */
  #waitUntil(at) {
    const wait = at ? timestamp(at).getTime() - Date.now() : MOST_MS;
    const least = LEAST_MS * 2 ** Math.min(this.#vain, 10);
    this.#vain += 1;
    return Math.min(Math.max(wait, least), MOST_MS);
  }
}
