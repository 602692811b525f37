import { formatNumber, isE164 } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 *
 * @typedef {object} TargetState what is kept while the view is away
 * @property {Lead | null} lead
 * @property {string} text
 * @property {boolean} fromLead
 * @property {string} campaignId
 * @property {string} callerId
 */

/**
 * The person to call, as the form shows them: contact, number and campaign. Only this class sets them,
 * so a number never stays beside a contact that it does not belong to.
 */
export class Target {
  /** @type {Lead | null} */
  lead = null;
  /** What the contact field shows while no contact is chosen. */
  search = '';
  /** The text of the number field, exactly as it is shown. */
  text = '';
  campaignId = '';
  /** Empty: the campaign's, or the business's default. */
  callerId = '';
  /** Grows with each change. */
  version = 0;

  /** The text is the number of the chosen contact; nobody typed it. */
  #fromLead = false;
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * Chooses a contact, or none. A contact's number replaces the text; so does "no number". Without a
   * contact, a text that came from a contact goes, and one that was typed stays.
   *
   * @param {Lead | null} lead
   */
  choose(lead) {
    if (!lead && !this.lead && !this.search) return;
    this.#choose(lead, '');
  }

  /**
   * A contact is searched for, so none is chosen.
   *
   * @param {string} text
   */
  searchFor(text) {
    this.#choose(null, text);
  }

  /**
   * @param {Lead | null} lead
   * @param {string} search
   */
  #choose(lead, search) {
    if (lead || this.#fromLead) this.text = formatNumber(lead?.phone_number ?? '');
    Object.assign(this, { lead, search });
    this.#fromLead = Boolean(lead?.phone_number);
    this.#changed();
  }

  /** @param {string} text typed or pasted */
  write(text) {
    if (text === this.text) return;
    this.text = text;
    this.#fromLead = text !== '' && text === formatNumber(this.lead?.phone_number ?? '');
    this.#changed();
  }

  /** @param {string} id empty for no campaign */
  chooseCampaign(id) {
    if (id === this.campaignId) return;
    this.campaignId = id;
    this.#changed();
  }

  /** @param {string} number in E.164; empty for the usual one */
  chooseCallerId(number) {
    if (number === this.callerId) return;
    this.callerId = number;
    this.#changed();
  }

  /**
   * Sets everything at once.
   *
   * @param {Omit<TargetState, 'callerId'> & { callerId?: string }} state without a caller ID it stays
   */
  set({ lead, text, fromLead, campaignId, callerId = this.callerId }) {
    Object.assign(this, { lead, text, campaignId, callerId, search: '' });
    this.#fromLead = fromLead;
    this.#changed();
  }

  /** @returns {TargetState} */
  get state() {
    const { lead, text, campaignId, callerId } = this;
    return { lead, text, fromLead: this.#fromLead, campaignId, callerId };
  }

  /** @returns {CallWishes} what the server is asked about */
  get wishes() {
    return {
      to: this.text.trim(),
      leadId: this.lead?.id,
      campaignId: this.campaignId || undefined,
      callerId: this.callerId || undefined,
    };
  }

  /**
   * The number in E.164 if it is known without the server: the text is plain E.164, or it is the
   * number that the database has for the contact.
   *
   * @returns {string | null}
   */
  get number() {
    const text = this.text.trim();
    if (isE164(text)) return text;
    return this.#fromLead ? (this.lead?.phone_number ?? null) : null;
  }

  /** @returns {string} why the number field is empty, if the contact is the reason */
  get note() {
    if (!this.lead || this.lead.phone_number || this.text.trim()) return '';
    return `${this.lead.name} has no number. Enter one, or choose another contact.`;
  }

  #changed() {
    this.version += 1;
    this.#onChange();
  }
}
