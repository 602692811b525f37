import { timestamp } from '../../henk-voice/henk-voice.js';
import { bdi, create, element, say } from '../shared/dom.js';
import { when } from '../shared/words.js';
import { aboutNext, restOf } from './queue-words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CallBack} CallBack
 * @typedef {import('../../henk-voice/campaigns.js').CampaignQueueWithNext} CampaignQueueWithNext
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {object} QueueListsOptions
 * @property {(key: string) => string} outcomeWord
 * @property {(callBack: CallBack) => void} prepare puts a call-back into the form for a call
 */

const AGAIN_MS = 30_000;
const SHOWN_CALL_BACKS = 5;

/** Who comes next, whom somebody promised a call, and what the others wait for. */
export class QueueLists {
  #context;
  #options;
  #box = element('queue-lists', HTMLElement);
  #due = element('queue-due', HTMLElement);
  #none = element('queue-none', HTMLElement);
  #rest = element('queue-rest', HTMLElement);
  #callBacks = element('queue-call-backs', HTMLElement);
  #campaignId = '';
  /** Ends the reads that are under way. @type {AbortController | null} */
  #reading = null;

  /**
   * @param {ViewContext} context
   * @param {QueueListsOptions} options
   */
  constructor(context, options) {
    this.#context = context;
    this.#options = options;
    const { signal } = context;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') this.read();
    }, AGAIN_MS);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      this.#reading?.abort();
    });
  }

  /** @param {string} campaignId empty: none is chosen */
  show(campaignId) {
    this.#campaignId = campaignId;
    this.#box.hidden = true;
    this.read();
  }

  /** Reads everything again. What is shown stays until there is something newer. */
  read() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    void Promise.all([this.#readQueue(signal), this.#readCallBacks(signal)]).catch(() => {
      // It is read again, and the queue itself says what is wrong.
    });
  }

  /** @param {AbortSignal} signal */
  async #readQueue(signal) {
    if (!this.#campaignId) return;
    const queue = await this.#context.voice.campaigns.queue(this.#campaignId, { signal });
    if (signal.aborted) return;
    this.#box.hidden = false;
    this.#showQueue(queue);
  }

  /** @param {CampaignQueueWithNext} queue */
  #showQueue({ next, counts, next_at: at }) {
    this.#due.replaceChildren(
      ...next.map((one) =>
        create(
          'li',
          {},
          bdi(one.lead_name),
          create('span', { class: 'aside' }, aboutNext(one, this.#options.outcomeWord)),
        ),
      ),
    );
    say(element('queue-due-title', HTMLElement), `Next (${counts.due})`);
    // What has just become due is listed when somebody asks for the next lead.
    this.#none.hidden = next.length > 0 || counts.due > 0;
    say(this.#none, at ? `Nobody is due before ${when(at).short}.` : 'Nobody is due.');
    const rest = restOf(counts);
    element('queue-rest-title', HTMLElement).hidden = rest.length === 0;
    this.#rest.replaceChildren(...rest.map((line) => create('li', {}, line)));
  }

  /** @param {AbortSignal} signal */
  async #readCallBacks(signal) {
    const { voice, business } = this.#context;
    const all = await voice.callBacks.list(business.id, { whose: 'mine', signal });
    if (signal.aborted) return;
    const title = element('queue-call-backs-title', HTMLElement);
    title.hidden = all.length === 0;
    say(title, `Call-backs (${all.length})`);
    this.#callBacks.replaceChildren(
      ...all.slice(0, SHOWN_CALL_BACKS).map((one) => this.#callBack(one)),
    );
    if (all.length) this.#box.hidden = false;
  }

  /** @param {CallBack} callBack */
  #callBack(callBack) {
    const { due_at: at, lead_name: name, phone_number: number, conversation_id: id } = callBack;
    const isDue = timestamp(at).getTime() <= Date.now();
    const open = create('button', { type: 'button', class: 'quiet' }, bdi(name ?? number ?? ''));
    open.addEventListener('click', () => this.#options.prepare(callBack));
    const time = create('span', { class: isDue ? 'overdue' : 'aside' }, when(at).short);
    if (!id) return create('li', {}, open, time);
    const label = `Take ${name ?? number} off the call-backs`;
    const off = create('button', { type: 'button', class: 'quiet', 'aria-label': label }, '×');
    off.addEventListener('click', () => void this.#dismiss(id));
    return create('li', {}, open, time, off);
  }

  /** @param {string} id */
  async #dismiss(id) {
    await this.#context.voice.callBacks.dismiss(id).catch(() => {
      // The list says whether it is still there.
    });
    this.read();
  }
}
