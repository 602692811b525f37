import { element, say } from '../shared/dom.js';
import { ask } from '../shared/question.js';
import { tellTrouble } from '../shared/trouble.js';
import { ChooseDialog } from './choose-dialog.js';
import { counted } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue} CampaignQueue
 * @typedef {import('../../henk-voice/henk-voice.js').EntryChange} EntryChange
 * @typedef {import('../../henk-voice/henk-voice.js').EntryGroup} EntryGroup
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {object} Told
 * @property {() => readonly CampaignQueue[]} queues all campaigns
 * @property {() => readonly string[]} chosen the ids of the entries
 * @property {() => void} onDone entries have changed
 * @property {() => void} onNone nothing is to be chosen any more
 * @property {() => void} onAll all that match are to be chosen, also those that are not shown
 */

/** @type {readonly (readonly [string, string])[]} */
const PRIORITIES = [
  ['10', 'High'],
  ['0', 'Usual'],
  ['-10', 'Low'],
];
/** More cannot be changed in one request. */
const AT_ONCE = 1000;

/** What managers do with the leads that they have chosen. */
export class EntryActions {
  #context;
  #told;
  #box = element('entry-actions', HTMLElement);
  #count = element('entries-chosen', HTMLElement);
  #all = element('entries-everything', HTMLButtonElement);
  #pause = element('entries-pause', HTMLButtonElement);
  #resume = element('entries-resume', HTMLButtonElement);
  #again = element('entries-again', HTMLButtonElement);
  #priority = element('entries-priority', HTMLButtonElement);
  #move = element('entries-move', HTMLButtonElement);
  #remove = element('entries-remove', HTMLButtonElement);
  #done = element('entries-done', HTMLElement);
  #choose;
  #trouble = element('entries-trouble', HTMLElement);
  /** @type {CampaignQueue | null} */
  #campaign = null;
  #isActing = false;

  /**
   * @param {ViewContext} context
   * @param {Told} told
   */
  constructor(context, told) {
    this.#context = context;
    this.#told = told;
    this.#choose = new ChooseDialog(context.signal);
    this.#pause.addEventListener('click', () => void this.#act({ paused: true }, 'paused'));
    this.#resume.addEventListener('click', () => void this.#act({ paused: false }, 'resumed'));
    this.#again.addEventListener('click', () => void this.#callAgain());
    this.#remove.addEventListener('click', () => void this.#removeThem());
    this.#priority.addEventListener('click', () => void this.#setPriority());
    this.#move.addEventListener('click', () => void this.#moveThem());
    this.#all.addEventListener('click', () => told.onAll());
    element('entries-none', HTMLButtonElement).addEventListener('click', () => {
      told.onNone();
      element('entries-all', HTMLInputElement).focus();
    });
  }

  /** What was done before is not about what is shown now. */
  forget() {
    say(this.#done, '');
  }

  /**
   * @param {CampaignQueue} campaign
   * @param {EntryGroup} state of the entries that are shown
   * @param {{ chosen: number, areMore: boolean }} choice how many are chosen, and whether they are all that
   *   are shown and there are more
   */
  show(campaign, state, { chosen, areMore }) {
    this.#campaign = campaign;
    this.#box.hidden = chosen === 0 || !this.#context.team.isManager;
    say(this.#count, `${counted(chosen, 'lead')} chosen`);
    this.#all.hidden = !areMore;
    this.#pause.hidden = state === 'paused' || state === 'done';
    this.#resume.hidden = state !== 'paused';
    this.#again.hidden = state !== 'done';
    this.#priority.hidden = state === 'done';
    this.#remove.hidden = state === 'done';
    this.#move.hidden = !this.#others.length;
  }

  /** The other campaigns. */
  get #others() {
    return this.#told.queues().filter(({ id }) => id !== this.#campaign?.id);
  }

  async #setPriority() {
    const chosen = this.#told.chosen();
    const value = await this.#choose.ask({
      title: `Priority of ${counted(chosen.length, 'lead')}`,
      text: 'Leads of a higher priority come before all others that are due. Call-backs come first in any case.',
      label: 'Priority',
      options: PRIORITIES,
      yes: 'Set the priority',
    });
    if (value !== null)
      await this.#act({ priority: Number(value) }, 'put in their new place', chosen);
  }

  async #callAgain() {
    const chosen = this.#told.chosen();
    const answer = await ask({
      title: `Call ${counted(chosen.length, 'lead')} again?`,
      text: [
        'Their attempts are counted from zero again, and they are due as if they were new. Who is on the do-not-call list, or has a wrong number, is not called.',
      ],
      yes: 'Call again',
    });
    if (answer) await this.#act({ again: true }, 'back in the queue', chosen);
  }

  async #removeThem() {
    const chosen = this.#told.chosen();
    const answer = await ask({
      title: `Remove ${counted(chosen.length, 'lead')} from this queue?`,
      text: [
        'Nobody calls them for this campaign any more, and their place in the queue is lost. The contacts and their calls stay.',
      ],
      yes: 'Remove from the queue',
      isDestructive: true,
    });
    if (answer) await this.#act({ remove: true }, 'removed', chosen);
  }

  async #moveThem() {
    const chosen = this.#told.chosen();
    const id = await this.#choose.ask({
      title: `Move ${counted(chosen.length, 'lead')}?`,
      text: 'From now on they are called for the other campaign, by its rules and with its script, and not for this one. Who is in that queue already stays as they are.',
      label: 'To campaign',
      options: this.#others.map((campaign) => [campaign.id, campaign.name]),
      yes: 'Move them',
    });
    if (id) await this.#act({ campaign_id: id }, 'moved', chosen);
  }

  /**
   * @param {EntryChange} change
   * @param {string} done what has become of them
   * @param {readonly string[]} [chosen] those that were asked about
   */
  async #act(change, done, chosen = this.#told.chosen()) {
    const { signal } = this.#context;
    const campaign = this.#campaign;
    if (!campaign || !chosen.length || this.#isActing || signal.aborted) return;
    this.#isActing = true;
    say(this.#trouble, '');
    let [changed, unchanged] = [0, 0];
    try {
      for (let from = 0; from < chosen.length; from += AT_ONCE) {
        const ids = chosen.slice(from, from + AT_ONCE);
        const part = await this.#context.voice.campaigns.changeEntries(campaign.id, ids, change);
        changed += part.changed;
        unchanged += part.unchanged;
      }
      if (signal.aborted) return;
      const stay = unchanged
        ? ` ${counted(unchanged, 'lead')} stayed: nothing to change, or a rep has them now.`
        : '';
      say(this.#done, `${counted(changed, 'lead')} ${done}.${stay}`);
      this.#told.onDone();
      // The buttons go away with the choice.
      element('entry-search', HTMLInputElement).focus({ preventScroll: true });
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#isActing = false;
    }
  }
}
