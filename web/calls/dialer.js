import { failureOf } from '../henk-voice/henk-voice.js';
import { CallPanel } from './call-panel.js';
import { create, element } from './dom.js';
import { LeadSearch } from './lead-search.js';
import { hideNotice, showFailure } from './notices.js';
import { NumberField } from './number-field.js';
import { WrapUp } from './wrap-up.js';

/**
 * @typedef {import('../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../henk-voice/henk-voice.js').CallWishes} CallWishes
 * @typedef {import('../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('./workspace.js').Workspace} Workspace
 */

/** From whom to call to what came of it. */
export class Dialer {
  #workspace;
  #fields = element('dial-fields', HTMLFieldSetElement);
  #campaign = element('campaign', HTMLSelectElement);
  #leads;
  #number;
  #panel;
  #wrapUp;

  /** @param {Workspace} workspace */
  constructor(workspace) {
    this.#workspace = workspace;
    this.#panel = new CallPanel(workspace.voice);
    this.#wrapUp = new WrapUp(workspace);
    this.#number = new NumberField(workspace, () => this.#wishes);
    this.#leads = new LeadSearch(workspace, (lead) => {
      if (lead?.phone_number) this.#number.value = lead.phone_number;
      else this.#number.recheck();
    });
    this.#campaign.addEventListener('change', () => this.#number.recheck());
    element('dial-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#dial();
    });
  }

  /** Whether leaving the page would lose something that was written. */
  get unsaved() {
    return this.#wrapUp.unsaved;
  }

  /** Another business. */
  async reset() {
    this.#leads.clear();
    this.#number.value = '';
    this.#panel.reset();
    void this.#wrapUp.flush();
    this.#wrapUp.hide();
    await this.#loadCampaigns();
  }

  /** @param {ConversationInHistory} conversation */
  prepare(conversation) {
    if (this.#workspace.voice.inCall) return;
    if (conversation.lead) this.#leads.choose(conversation.lead);
    else this.#leads.clear();
    this.#number.value = conversation.to_number ?? '';
    this.#campaign.value = conversation.campaign_id ?? '';
    element('call-button', HTMLButtonElement).focus();
  }

  /** @param {ConversationInHistory} conversation */
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
    void this.#wrapUp.flush();
    this.#wrapUp.hide();
    hideNotice('call');
    const name = this.#leads.chosen?.name ?? wishes.to;
    try {
      this.#follow(this.#workspace.voice.dial(wishes), name);
    } catch (error) {
      showFailure(failureOf(error), 'call');
    }
  }

  /**
   * @param {Call} call
   * @param {string} name
   */
  #follow(call, name) {
    this.#panel.show(call, name);
    this.#fields.disabled = true;
    call.on('end', () => {
      this.#fields.disabled = false;
      if (call.reason?.failure) showFailure(call.reason.failure, 'call');
    });
    call.on('change', () => {
      if (!call.over || call !== this.#workspace.voice.call || !call.conversation) return;
      if (call.conversation.status !== 'blocked') {
        this.#wrapUp.offer(call.conversation, name);
      }
    });
  }

  async #loadCampaigns() {
    const { voice, business } = this.#workspace;
    const filter = element('filter-campaign', HTMLSelectElement);
    for (const select of [this.#campaign, filter]) select.length = 1;
    try {
      for (const { id, name } of await voice.conversations.campaigns(business.id)) {
        for (const select of [this.#campaign, filter]) {
          select.append(create('option', { value: id }, name));
        }
      }
    } catch (error) {
      showFailure(failureOf(error), 'campaigns');
    }
  }
}
