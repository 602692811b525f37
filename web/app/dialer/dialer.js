import { failureOf } from '../../henk-voice/henk-voice.js';
import { leadNameOf, leadOf } from '../call/lead-name.js';
import { showChoices } from '../shared/choices.js';
import { debounce, element, say } from '../shared/dom.js';
import { showFailure } from '../shared/notices.js';
import { formatNumber } from '../shared/phone-format.js';
import { onSetting } from '../shared/setting-changes.js';
import { CallPanel } from './call-panel.js';
import { CallerIdChoice } from './caller-id.js';
import { decide } from './decision.js';
import { formKey } from './dialer-form.js';
import { LeadSearch } from './lead-search.js';
import { NumberCheck } from './number-check.js';
import { NumberField } from './number-field.js';
import { Target } from './target.js';
import { WrapUp } from './wrap-up.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').Lead} Lead
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./target.js').TargetState} TargetState
 *
 * @typedef {object} Subject who is called, or will be
 * @property {string | null} leadId
 * @property {string | null} campaignId
 *
 * @typedef {object} DialerEvents
 * @property {(subject: Subject) => void} onSubject somebody else is called, or is about to be
 * @property {() => void} onCall a call or a form of a call has to be seen
 * @property {(isUnsaved: boolean) => void} onWritten whether the database lacks something of what is written
 * @property {(id: string) => void} onSaved the rep is done with a call, and the database has what they wrote
 */

const CHECK_AGAIN_AFTER_MS = 4_000;
/** What decides whether a call is placed, in the words of the record of changes. */
const OF_CALLS = ['business', 'phone_number', 'campaign', 'do_not_call', 'do_not_call_import'];

/** The form for a new call: the person to call, the call itself, and what the rep writes about it. */
export class Dialer {
  #context;
  #events;
  #fields = element('dial-fields', HTMLFieldSetElement);
  #title = element('dialer-title', HTMLElement);
  #campaign = element('campaign', HTMLSelectElement);
  #target = new Target(() => this.#targetChanged());
  #check;
  #leads;
  #number;
  #panel;
  #wrapUp;
  #callerId;
  #campaignsKnown = false;
  /** *Call* was pressed, and the number is being checked. */
  #deciding = false;
  /** A call of this form is being placed. */
  #placing = false;

  /**
   * @param {ViewContext} context
   * @param {DialerEvents} events
   */
  constructor(context, events) {
    this.#context = context;
    this.#events = events;
    const { voice, signal } = context;
    this.#panel = new CallPanel(context, {
      onNotes: (call) => this.#writeAbout(call),
      beforeRing: async ({ conversation }) => {
        if (conversation) await this.#wrapUp.saveSoFar(conversation.id);
      },
      isWritten: ({ conversation }) => conversation?.id === this.#wrapUp.callId,
      afterHangUp: ({ conversation }) => this.#wrapUp.focusOutcome(conversation?.id),
    });
    this.#wrapUp = new WrapUp(context, {
      onChange: (isUnsaved) => {
        this.#panel.showNotesButton();
        events.onWritten(isUnsaved);
      },
      onSaved: events.onSaved,
    });
    this.#number = new NumberField(this.#target);
    this.#check = new NumberCheck({
      ask: (wishes, abort) => voice.preview(wishes, abort),
      onChange: (state) => {
        this.#number.show(state);
        if (state !== 'asking') this.#callerId.showUsual(callerIdIn(state));
        retrySoon();
      },
    });
    // The network may be back. It does nothing if the check did not fail.
    const retry = () => {
      if (!signal.aborted) this.#check.retry();
    };
    const retrySoon = debounce(retry, CHECK_AGAIN_AFTER_MS);
    this.#leads = new LeadSearch(context, this.#target);
    this.#callerId = new CallerIdChoice(context, this.#target);
    this.#campaign.addEventListener('change', () =>
      this.#target.chooseCampaign(this.#campaign.value),
    );
    element('dial-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#dial();
    });
    voice.on('ready', retry, { signal });
    voice.on('connected', retry, { signal });
    window.addEventListener('online', retry, { signal });
    voice.on('call', (call) => this.#takeUp(call), { signal });
    voice.queue.on('change', () => this.#showIsNext(), { signal });
    this.#keepForm();
    onSetting(voice, ['campaign'], () => void this.#loadCampaigns(), signal);
    onSetting(voice, OF_CALLS, () => void (voice.inCall || this.#check.again()), signal);
    void this.#loadCampaigns();
    const { call, placedAs } = context.currentCall;
    if (call) this.#follow(call, placedAs);
  }

  /** Fills in the form as it was when the view was left, and keeps it when the view is left again. */
  #keepForm() {
    const { memory, business, signal } = this.#context;
    const key = formKey(business);
    /** @type {TargetState | undefined} */
    const state = memory.get(key);
    if (state) this.#target.set(state);
    signal.addEventListener('abort', () => {
      this.#check.stop();
      memory.set(key, this.#target.state);
    });
  }

  #targetChanged() {
    this.#leads.show();
    this.#showCampaign();
    this.#callerId.show();
    this.#showIsNext();
    this.#tellSubject();
    this.#check.update(this.#target.wishes);
    this.#number.show(this.#check.state);
  }

  /** What is written about somebody who is not a contact yet. */
  get written() {
    const { search, text } = this.#target;
    const isNumber = /^[\p{Nd}\s+().\-/]+$/u.test(search);
    return isNumber ? { phone_number: text || search } : { name: search, phone_number: text };
  }

  /**
   * A contact was made, or changed.
   *
   * @param {Lead} lead
   */
  learn(lead) {
    const { lead: chosen } = this.#target;
    if (!chosen || chosen.id === lead.id) this.#target.choose(lead);
  }

  /** The form for the outcome and the notes. */
  get wrapUp() {
    return this.#wrapUp;
  }

  #tellSubject() {
    const { voice, currentCall } = this.#context;
    const call = voice.inCall ? currentCall.call : null;
    const { lead, campaignId } = this.#target;
    const { lead_id: leadId, campaign_id: ofCall } = call?.conversation ?? {};
    this.#events.onSubject(
      call
        ? {
            leadId: leadId ?? call.wishes.leadId ?? null,
            campaignId: ofCall ?? call.wishes.campaignId ?? null,
          }
        : { leadId: lead?.id ?? null, campaignId: campaignId || null },
    );
  }

  /**
   * Fills in the form with the lead of the queue.
   *
   * @param {import('../../henk-voice/henk-voice.js').Lead} lead
   * @param {string} campaignId
   * @param {boolean} isNext they are called next; if not, they were called already
   */
  show(lead, campaignId, isNext) {
    if (isNext) {
      this.#wrapUp.goOn();
      this.#panel.leavePast();
    }
    this.#target.set({
      lead,
      text: formatNumber(lead.phone_number ?? ''),
      fromLead: lead.phone_number !== null,
      campaignId,
    });
  }

  /**
   * Fills in the form, to call the same person again.
   *
   * @param {Pick<ConversationInHistory, 'lead' | 'to_number' | 'extension' | 'campaign_id'>} conversation
   */
  prepare({ lead, to_number: number, extension, campaign_id: campaignId }) {
    if (this.#context.voice.inCall) return;
    const then = extension ? ` ext. ${extension}` : '';
    this.#target.set({
      lead,
      text: formatNumber(number ?? '') + then,
      fromLead: number !== null && number === lead?.phone_number && !then,
      campaignId: campaignId ?? '',
    });
    this.#events.onCall();
    element('call-button', HTMLButtonElement).focus();
  }

  /**
   * Opens the form for outcome and notes.
   *
   * @param {ConversationInHistory} conversation
   */
  describe(conversation) {
    this.#events.onCall();
    this.#wrapUp.edit(conversation, leadOf(conversation));
  }

  /** @param {Call} call that goes on */
  #writeAbout(call) {
    const { placedAs } = this.#context.currentCall;
    if (call.conversation) this.#wrapUp.edit(call.conversation, leadNameOf(call, placedAs));
  }

  async #dial() {
    const { voice, currentCall, signal } = this.#context;
    if (this.#deciding || voice.inCall || this.#isOfQueue()) return;
    if (!voice.ready) {
      this.#panel.refuse(voice.failure);
      return;
    }
    this.#deciding = true;
    this.#panel.check(true);
    const { call, refusal } = await decide(this.#target, this.#check);
    this.#deciding = false;
    this.#panel.check(false);
    if (signal.aborted) return;
    if (!call) {
      this.#number.refuse(refusal ?? '', this.#check.state);
      if (this.#target.search.trim()) this.#leads.focus();
      else this.#number.focus();
      return;
    }
    this.#placing = true;
    try {
      const placed = currentCall.place(call.wishes, call.name);
      this.#wrapUp.finish();
      this.#follow(placed, call.name);
    } catch (error) {
      showFailure(failureOf(error), 'call');
    }
    this.#placing = false;
  }

  /**
   * A lead whom the queue has reserved is called by the queue, so that it goes on after the call.
   *
   * @returns {boolean} whether the form does not call, because the queue does, or has not found a lead yet
   */
  #isOfQueue() {
    const { queue } = this.#context.voice;
    const { isRunning, state } = queue;
    if (isRunning && state === 'looking') return true;
    const isIts = this.#isNext;
    if (isIts && !queue.callNow()) {
      this.#number.refuse(`Not called yet. ${queue.why?.message ?? ''}`.trim(), this.#check.state);
    }
    return isIts;
  }

  /** Whether the form shows whom the queue calls next. */
  get #isNext() {
    const { entry, state } = this.#context.voice.queue;
    return (
      entry !== null &&
      ['stopped', 'preview', 'countdown'].includes(state) &&
      entry.lead_id === this.#target.lead?.id &&
      entry.campaign_id === this.#target.campaignId &&
      entry.lead.phone_number === this.#target.number
    );
  }

  /** One button for one call: the queue hides its own where both can be seen. */
  #showIsNext() {
    const ofQueue = element('queue-call', HTMLButtonElement);
    const hadFocus = document.activeElement === ofQueue;
    element('workspace', HTMLElement).toggleAttribute('data-is-next', this.#isNext);
    if (hadFocus && !ofQueue.getClientRects().length) {
      element('call-button', HTMLButtonElement).focus();
    }
  }

  /**
   * A call that the rep has accepted, or that the queue has placed.
   *
   * @param {Call} call
   */
  #takeUp(call) {
    if (this.#placing) return;
    // A rep whose transfer comes back goes on writing.
    this.#wrapUp.makeRoomFor(call.conversation?.id);
    this.#follow(call, this.#context.currentCall.placedAs);
  }

  /**
   * @param {Call} call
   * @param {string} name
   */
  #follow(call, name) {
    const { signal } = this.#context;
    this.#panel.show(call, name);
    this.#show(call);
    this.#events.onCall();
    call.on(
      'end',
      () => {
        this.#show(call);
        this.#tellSubject();
        if (call.conversation) this.#wrapUp.callEnded(call.conversation);
      },
      { signal },
    );
    call.on(
      'change',
      () => {
        this.#tellSubject();
        this.#offerWrapUp(call, name);
      },
      { signal },
    );
    this.#tellSubject();
    this.#offerWrapUp(call, name);
  }

  /**
   * During a call there is nothing to fill in: the call has the place, also on a narrow screen.
   *
   * @param {Call} call
   */
  #show({ over }) {
    this.#fields.disabled = !over;
    this.#fields.hidden = !over;
    say(this.#title, over ? 'New call' : 'Call');
  }

  /**
   * @param {Call} call
   * @param {string} name
   */
  #offerWrapUp(call, name) {
    const { conversation } = call;
    if (call !== this.#context.voice.call || !conversation) return;
    if (conversation.status === 'blocked' || call.state === 'connecting') return;
    if (!this.#context.team.mayDescribe(conversation)) return;
    if (call.over) this.#wrapUp.offer(conversation, leadNameOf(call, name));
    else this.#wrapUp.begin(conversation, leadNameOf(call, name));
  }

  async #loadCampaigns() {
    const { voice, business, signal } = this.#context;
    const filter = element('filter-campaign', HTMLSelectElement);
    try {
      const campaigns = await voice.conversations.campaigns(business.id, { signal });
      if (signal.aborted) return;
      for (const select of [this.#campaign, filter]) showChoices(select, campaigns);
    } catch (error) {
      const again = { label: 'Try again', run: () => void this.#loadCampaigns() };
      if (!signal.aborted) showFailure(failureOf(error), 'campaigns', [again]);
    }
    this.#campaignsKnown = true;
    this.#showCampaign();
  }

  /** A campaign that is not there any more is not chosen. */
  #showCampaign() {
    this.#campaign.value = this.#target.campaignId;
    if (this.#campaignsKnown && this.#campaign.selectedIndex < 0) this.#target.chooseCampaign('');
  }
}

/** @param {import('./number-check.js').CheckState} state */
function callerIdIn(state) {
  return typeof state === 'object' ? state.preview?.callerId : null;
}
