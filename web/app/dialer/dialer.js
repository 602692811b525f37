import { failureOf } from '../../henk-voice/henk-voice.js';
import { CallPanel } from './call-panel.js';
import { create, element } from '../shared/dom.js';
import { LeadSearch } from './lead-search.js';
import { showFailure } from '../shared/notices.js';
import { NumberField } from './number-field.js';
import { WrapUp } from './wrap-up.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** The form for a new call: the person to call, the call itself, and what the rep writes about it. */
export class Dialer {
  #context;
  #fields = element('dial-fields', HTMLFieldSetElement);
  #campaign = element('campaign', HTMLSelectElement);
  #leads;
  #number;
  #panel;
  #wrapUp;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#panel = new CallPanel(context.voice, context.signal);
    this.#wrapUp = new WrapUp(context);
    this.#number = new NumberField(context, () => this.#wishes);
    this.#leads = new LeadSearch(context, (lead) => {
      if (lead?.phone_number) this.#number.value = lead.phone_number;
      else this.#number.recheck();
    });
    this.#campaign.addEventListener('change', () => this.#number.recheck());
    element('dial-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#dial();
    });
    this.#restore();
    const { call, name } = context.currentCall;
    if (call) this.#follow(call, name);
  }

  /** Fills in the form as it was when the view was left, and keeps it when the view is left again. */
  #restore() {
    const { memory, business, signal } = this.#context;
    /** @type {{ lead: Lead | null, number: string, campaignId: string } | undefined} */
    const form = memory.get(`dialer.form.${business.id}`);
    if (form?.lead) this.#leads.choose(form.lead);
    if (form) this.#number.value = form.number;
    void this.#loadCampaigns(form?.campaignId ?? '');
    signal.addEventListener('abort', () => {
      memory.set(`dialer.form.${business.id}`, {
        lead: this.#leads.chosen,
        number: this.#number.value,
        campaignId: this.#campaign.value,
      });
    });
  }

  /**
   * Fills in the form, to call the same person again.
   *
   * @param {ConversationInHistory} conversation
   */
  prepare(conversation) {
    if (this.#context.voice.inCall) return;
    if (conversation.lead) this.#leads.choose(conversation.lead);
    else this.#leads.clear();
    this.#number.value = conversation.to_number ?? '';
    this.#campaign.value = conversation.campaign_id ?? '';
    element('call-button', HTMLButtonElement).focus();
  }

  /**
   * Opens the form for outcome and notes.
   *
   * @param {ConversationInHistory} conversation
   */
  describe(conversation) {
    const name = conversation.lead?.name ?? conversation.to_number ?? '';
    this.#wrapUp.edit(conversation, name);
  }

  /** @returns {CallWishes} */
  get #wishes() {
    return {
      to: this.#number.value,
      leadId: this.#leads.chosen?.id,
      campaignId: this.#campaign.value || undefined,
    };
  }

  #dial() {
    const wishes = this.#wishes;
    if (!wishes.to) {
      this.#number.complain('Enter a number, or choose a contact.');
      return;
    }
    if (this.#number.blockReason) {
      this.#number.focus();
      return;
    }
    this.#wrapUp.finish();
    const name = this.#leads.chosen?.name ?? wishes.to;
    try {
      this.#follow(this.#context.currentCall.place(wishes, name), name);
    } catch (error) {
      showFailure(failureOf(error), 'call');
    }
  }

  /**
   * @param {Call} call
   * @param {string} name
   */
  #follow(call, name) {
    const { signal } = this.#context;
    this.#panel.show(call, name);
    this.#fields.disabled = !call.over;
    call.on('end', () => (this.#fields.disabled = false), { signal });
    call.on('change', () => this.#offerWrapUp(call, name), { signal });
    this.#offerWrapUp(call, name);
  }

  /**
   * @param {Call} call
   * @param {string} name
   */
  #offerWrapUp(call, name) {
    if (!call.over || call !== this.#context.voice.call || !call.conversation) return;
    if (call.conversation.status !== 'blocked') this.#wrapUp.offer(call.conversation, name);
  }

  /** @param {string} chosen id of the campaign to choose, or empty */
  async #loadCampaigns(chosen) {
    const { voice, business } = this.#context;
    const filter = element('filter-campaign', HTMLSelectElement);
    try {
      for (const { id, name } of await voice.conversations.campaigns(business.id)) {
        for (const select of [this.#campaign, filter]) {
          select.append(create('option', { value: id }, name));
        }
      }
      if (chosen) this.#campaign.value = chosen;
    } catch (error) {
      showFailure(failureOf(error), 'campaigns');
    }
  }
}
