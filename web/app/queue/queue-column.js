import { failureOf } from '../../henk-voice/henk-voice.js';
import { bdi, element, say, sayParts } from '../shared/dom.js';
import { FillButton } from '../fill/fill-button.js';
import { showChoices } from '../shared/choices.js';
import { showFailure } from '../shared/notices.js';
import { onSetting } from '../shared/setting-changes.js';
import { QueueLists } from './queue-lists.js';
import { aboutEntry, stateLine } from './queue-words.js';
import { RememberedQueue } from './remembered-queue.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').QueueEntry} QueueEntry
 * @typedef {import('../../henk-voice/henk-voice.js').QueueMode} QueueMode
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {Pick<ConversationInHistory, 'lead' | 'to_number' | 'extension' | 'campaign_id'>} Prepared
 *
 * @typedef {object} QueueColumnOptions
 * @property {{ add: (binding: { key: string, label: string, when: () => boolean, run: () => void },
 *   signal: AbortSignal) => void }} keys
 * @property {(key: string) => string} outcomeWord
 * @property {(entry: QueueEntry, isNext: boolean) => void} show this lead is next, or was called already
 * @property {(conversationId: string) => boolean} isOpen whether the form about this call is open
 * @property {(call: Prepared) => void} prepare the rep has chosen somebody to call, outside of the queue
 * @property {(conversation: ConversationInHistory) => void} describe this call still needs its outcome
 */

/** How long after the last key a text is being written. */
const TYPING_MS = 3_000;
/** Keys that only change what another one means. */
const MODIFIERS = ['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'AltGraph', 'Fn'];

/** The left column: the queue of a campaign, whom it calls next, and what it waits for. */
export class QueueColumn {
  #context;
  #options;
  #queue;
  #lists;
  #remembered;
  #fill;
  #campaign = element('queue-campaign', HTMLSelectElement);
  #mode = element('queue-mode', HTMLSelectElement);
  #now = element('queue-now', HTMLElement);
  #buttons = {
    start: element('queue-start', HTMLButtonElement),
    call: element('queue-call', HTMLButtonElement),
    next: element('queue-next', HTMLButtonElement),
    skip: element('queue-skip', HTMLButtonElement),
    pause: element('queue-pause', HTMLButtonElement),
  };
  /** What the rest of the page shows of the queue. */
  #shown = '';
  /** It goes on by itself in a moment. */
  #isFinishing = false;
  /** The page has given the focus to *Pause*, because the button that had it is gone. */
  #isFocusMoved = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /**
   * @param {ViewContext} context
   * @param {QueueColumnOptions} options
   */
  constructor(context, options) {
    this.#context = context;
    this.#options = options;
    this.#queue = context.voice.queue;
    this.#lists = new QueueLists(context, {
      outcomeWord: options.outcomeWord,
      prepare: (callBack) => this.#prepare(callBack),
    });
    this.#remembered = new RememberedQueue(context.userId, context.business.id);
    this.#fill = new FillButton(context, 'queue-fill', () => this.#added());
    this.#listen();
    this.#addKeys();
    this.#render();
    void this.#load();
    const { voice, signal } = context;
    onSetting(voice, ['campaign'], () => void this.#readCampaigns(), signal);
    onSetting(voice, ['campaign', 'lead_import', 'lead'], () => this.#lists.read(), signal);
  }

  /** @param {string} conversationId of a call whose outcome and notes are in the database */
  saved(conversationId) {
    if (conversationId === this.#queue.conversationId) {
      this.#isFinishing = true;
      void this.#queue.finish().finally(() => {
        this.#isFinishing = false;
        this.#renderButtons();
      });
    } else this.#showAgain(conversationId);
    this.#lists.read();
  }

  /**
   * The rep has called somebody else meanwhile: the form is for the lead of the queue again.
   *
   * @param {string} conversationId of a call that is described now
   */
  #showAgain(conversationId) {
    const { entry, state } = this.#queue;
    const { call, inCall } = this.#context.voice;
    const isBeforeCall = ['stopped', 'preview', 'countdown'].includes(state);
    if (!entry || !isBeforeCall || inCall || call?.conversation?.id !== conversationId) return;
    this.#options.show(entry, true);
  }

  /** The queue has more leads. */
  #added() {
    this.#lists.read();
    if (this.#queue.state === 'waiting') this.#queue.start();
  }

  /** @param {boolean} isUnsaved what the rep wrote of a call is not in the database */
  written(isUnsaved) {
    if (isUnsaved) this.#queue.hold('unsaved');
    else this.#queue.release('unsaved');
    this.#renderButtons();
  }

  /** The lead is finished. If its call needs an outcome, there is the form for it. */
  async #next() {
    await this.#queue.finish();
    const { conversationId, why } = this.#queue;
    if (conversationId && why?.code === 'outcome_missing') await this.#describe(conversationId);
  }

  #listen() {
    const { signal } = this.#context;
    const { start, call, next, skip, pause } = this.#buttons;
    this.#queue.on('change', () => this.#render(), { signal });
    for (const name of /** @type {const} */ (['call', 'callend'])) {
      this.#context.voice.on(name, () => this.#renderButtons(), { signal });
    }
    this.#campaign.addEventListener('change', () => this.#choose(this.#campaign.value));
    this.#mode.addEventListener('change', () => {
      this.#queue.mode = /** @type {QueueMode} */ (this.#mode.value);
      this.#remembered.mode = this.#queue.mode;
    });
    start.addEventListener('click', () => this.#queue.start());
    call.addEventListener('click', () => this.#queue.callNow());
    next.addEventListener('click', () => void this.#next());
    skip.addEventListener('click', () => void this.#queue.skip());
    pause.addEventListener('click', () => this.#queue.pause());

    const stop = () => this.#queue.stopCountdown();
    const options = { capture: true, signal };
    document.addEventListener('pointerdown', stop, options);
    document.addEventListener(
      'keydown',
      ({ key, repeat }) => {
        if (!repeat && !MODIFIERS.includes(key)) stop();
      },
      options,
    );
    element('wrap-up', HTMLFormElement).addEventListener('input', ({ target }) => {
      if (target instanceof HTMLTextAreaElement) this.#typed();
    });
    signal.addEventListener('abort', () => {
      clearTimeout(this.#typing);
      // Nobody would see whom it calls.
      this.#queue.pause();
      for (const reason of ['typing', 'unsaved']) this.#queue.release(reason);
    });
  }

  #addKeys() {
    const { keys } = this.#options;
    const { signal } = this.#context;
    const { start, call, skip, pause } = this.#buttons;
    const all = /** @type {const} */ ([
      ['s', 'Skip this lead', () => [skip]],
      ['p', 'Pause or start the queue', () => [pause, start]],
      ['d', 'Dial', () => [call]],
    ]);
    for (const [key, label, buttons] of all) {
      const find = () => buttons().find(({ hidden, disabled }) => !hidden && !disabled);
      for (const button of buttons()) button.dataset.key = key.toUpperCase();
      keys.add(
        { key, label, when: () => find() !== undefined, run: () => find()?.click() },
        signal,
      );
    }
  }

  /** The rep types: it goes on a moment after the last key. */
  #typed() {
    this.#queue.hold('typing');
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#queue.release('typing'), TYPING_MS);
  }

  /** @returns {Promise<boolean>} whether they are known */
  async #readCampaigns() {
    const { voice, business, signal } = this.#context;
    try {
      const campaigns = await voice.conversations.campaigns(business.id, { signal });
      if (signal.aborted) return false;
      showChoices(this.#campaign, campaigns);
      return true;
    } catch {
      // The form for a call says that they could not be read.
      return false;
    }
  }

  async #load() {
    if (!(await this.#readCampaigns())) return;
    const { campaign } = this.#queue;
    if (campaign) this.#campaign.value = campaign.id;
    else this.#campaign.value = this.#remembered.campaignId;
    if (this.#campaign.selectedIndex < 0) this.#campaign.value = '';
    if (!campaign && this.#campaign.value) this.#open(this.#campaign.value);
    else this.#lists.show(this.#campaign.value);
    this.#render();
  }

  /** @param {string} campaignId empty: none */
  #choose(campaignId) {
    this.#remembered.campaignId = campaignId;
    if (campaignId) return this.#open(campaignId);
    void this.#queue.close();
    this.#lists.show('');
    this.#fill.show(null);
  }

  /** @param {string} campaignId */
  #open(campaignId) {
    const { mode } = this.#remembered;
    this.#queue.open(campaignId, mode ? { mode } : {}).catch((error) => {
      showFailure(failureOf(error), 'queue');
    });
    this.#lists.show(campaignId);
  }

  #render() {
    const queue = this.#queue;
    const { state, entry, secondsLeft } = queue;
    const [chosen] = this.#campaign.selectedOptions;
    this.#fill.show(chosen?.value ? { id: chosen.value, name: chosen.text } : null);
    this.#now.dataset.state = state;
    sayParts(element('queue-lead', HTMLElement), entry && bdi(entry.lead.name));
    say(element('queue-about', HTMLElement), entry ? aboutEntry(entry) : '');
    say(element('queue-state', HTMLElement), stateLine(queue));
    const seconds = element('queue-seconds', HTMLElement);
    seconds.hidden = state !== 'countdown';
    say(seconds, `Calls in ${secondsLeft} s`);
    this.#mode.value = queue.mode;
    this.#mode.disabled = state === 'off';
    // Its lead would be left in the middle.
    this.#campaign.disabled = state === 'calling' || state === 'wrap_up';
    this.#renderButtons();
    this.#finishIfSaid();
    this.#tell();
  }

  /** In power mode an outcome that was chosen during the call is enough. */
  #finishIfSaid() {
    const { state, call, mode, why, holds } = this.#queue;
    const isSaid = state === 'wrap_up' && Boolean(call?.conversation?.outcome);
    if (isSaid && mode === 'power' && !why && !holds.length) void this.#queue.finish();
  }

  #renderButtons() {
    const { state, entry, isRunning, call, conversationId, why } = this.#queue;
    const isShown = entry !== null && ['stopped', 'preview', 'countdown'].includes(state);
    const { start, call: callNow, next, skip, pause } = this.#buttons;
    const hadFocus = Object.values(this.#buttons).find((one) => one === document.activeElement);
    start.hidden = isRunning && state !== 'off';
    start.disabled = state === 'off';
    callNow.hidden = !isShown;
    callNow.disabled = this.#context.voice.inCall;
    // After a reload nobody knows whether the call was answered: the database does.
    // Otherwise the form about the call is how to go on. It opens as soon as the call is known.
    const hasForm = conversationId ? this.#options.isOpen(conversationId) : !why;
    const isNeeded = state === 'wrap_up' && !this.#isFinishing;
    next.hidden = !isNeeded || (call !== null && hasForm);
    skip.hidden = !isShown;
    pause.hidden = !isRunning;
    this.#keepFocus(hadFocus);
  }

  /**
   * The focus stands on what the rep does next, also if it had to go to *Pause* while there was nothing else.
   *
   * @param {HTMLButtonElement | undefined} hadFocus
   */
  #keepFocus(hadFocus) {
    const { call, next, start, pause } = this.#buttons;
    const isMoved = hadFocus === pause && this.#isFocusMoved;
    this.#isFocusMoved = isMoved;
    if (!hadFocus || !(hadFocus.hidden || isMoved)) return;
    const [first] = [call, element('call-button', HTMLButtonElement)].filter(isSeen);
    const buttons = [...(call.hidden ? [] : [first]), next, start, pause];
    const target = buttons.find((button) => button && isSeen(button));
    this.#isFocusMoved = target === pause;
    target?.focus();
  }

  /** Tells the rest of the page about a lead, once. */
  #tell() {
    const { state, entry, conversationId, call } = this.#queue;
    const isCalled = conversationId !== null || state === 'calling' || state === 'wrap_up';
    const shown = entry ? `${entry.id} ${isCalled}` : '';
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#lists.read();
    if (!entry) return;
    if (!isCalled) this.#options.show(entry, true);
    else if (!call && conversationId) {
      this.#options.show(entry, false);
      void this.#describe(conversationId);
    }
  }

  /** @param {string} conversationId of a call that this page did not place: it was reloaded */
  async #describe(conversationId) {
    const { voice } = this.#context;
    const row = await voice.conversations.byId(conversationId).catch(() => null);
    if (row && conversationId === this.#queue.conversationId && !row.outcome) {
      this.#options.describe(row);
    }
  }

  /** @param {import('../../henk-voice/henk-voice.js').CallBack} callBack */
  #prepare({ lead_id: id, lead_name: name, lead_company: company, phone_number, campaign_id }) {
    this.#options.prepare({
      lead: id ? { id, name: name ?? '', company, phone_number } : null,
      to_number: phone_number,
      extension: null,
      campaign_id,
    });
  }
}

/** @param {HTMLElement} button */
function isSeen(button) {
  return button.getClientRects().length > 0;
}
