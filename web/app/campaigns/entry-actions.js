import { bdi, create, element, say } from '../shared/dom.js';
import { ask } from '../shared/question.js';
import { tellTrouble } from '../shared/trouble.js';
import { counted } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue} CampaignQueue
 * @typedef {import('../../henk-voice/henk-voice.js').EntryChange} EntryChange
 * @typedef {import('../../henk-voice/henk-voice.js').EntryGroup} EntryGroup
 * @typedef {import('../../henk-voice/henk-voice.js').Entry} Entry
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {object} Told
 * @property {() => readonly CampaignQueue[]} queues all campaigns
 * @property {() => readonly Entry[]} chosen
 * @property {() => void} onDone entries have changed
 * @property {() => void} onNone nothing is to be chosen any more
 */

/** What managers do with the leads that they have chosen. */
export class EntryActions {
  #context;
  #told;
  #box = element('entry-actions', HTMLElement);
  #count = element('entries-chosen', HTMLElement);
  #pause = element('entries-pause', HTMLButtonElement);
  #resume = element('entries-resume', HTMLButtonElement);
  #again = element('entries-again', HTMLButtonElement);
  #priority = element('entries-priority', HTMLSelectElement);
  #move = element('entries-move', HTMLSelectElement);
  #remove = element('entries-remove', HTMLButtonElement);
  #done = element('entries-done', HTMLElement);
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
    this.#pause.addEventListener('click', () => void this.#act({ paused: true }, 'paused'));
    this.#resume.addEventListener('click', () => void this.#act({ paused: false }, 'resumed'));
    this.#again.addEventListener('click', () => void this.#callAgain());
    this.#remove.addEventListener('click', () => void this.#removeThem());
    this.#priority.addEventListener('change', () => {
      const priority = Number(this.#priority.value);
      this.#priority.value = '';
      void this.#act({ priority }, 'put in their new place');
    });
    this.#move.addEventListener('change', () => {
      const { value } = this.#move;
      this.#move.value = '';
      void this.#moveThem(value);
    });
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
   * @param {number} chosen how many
   */
  show(campaign, state, chosen) {
    this.#campaign = campaign;
    this.#box.hidden = chosen === 0 || !this.#context.team.isManager;
    say(this.#count, `${counted(chosen, 'lead')} chosen`);
    this.#pause.hidden = state === 'paused' || state === 'done';
    this.#resume.hidden = state !== 'paused';
    this.#again.hidden = state !== 'done';
    this.#priority.hidden = state === 'done';
    this.#remove.hidden = state === 'done';
    this.#showCampaigns(campaign.id);
  }

  /** @param {string} present */
  #showCampaigns(present) {
    const others = this.#told.queues().filter(({ id }) => id !== present);
    const text = others.map(({ id, name }) => `${id} ${name}`).join();
    this.#move.hidden = !others.length;
    if (this.#move.dataset.shows === text) return;
    this.#move.dataset.shows = text;
    this.#move.replaceChildren(
      create('option', { value: '' }, 'Move to…'),
      ...others.map(({ id, name }) => create('option', { value: id }, name)),
    );
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

  /** @param {string} id of a campaign */
  async #moveThem(id) {
    const chosen = this.#told.chosen();
    const other = this.#told.queues().find((campaign) => campaign.id === id);
    if (!other) return;
    const answer = await ask({
      title: `Move ${counted(chosen.length, 'lead')}?`,
      text: [
        'From now on they are called for ',
        bdi(other.name),
        ', by its rules and with its script, and not for this one. Who is in that queue already stays as they are.',
      ],
      yes: 'Move them',
    });
    if (answer) await this.#act({ campaign_id: id }, 'moved', chosen);
  }

  /**
   * @param {EntryChange} change
   * @param {string} done what has become of them
   * @param {readonly Entry[]} [chosen] those that were asked about
   */
  async #act(change, done, chosen = this.#told.chosen()) {
    const { signal } = this.#context;
    const campaign = this.#campaign;
    if (!campaign || !chosen.length || this.#isActing || signal.aborted) return;
    this.#isActing = true;
    say(this.#trouble, '');
    const ids = chosen.map(({ id }) => id);
    try {
      const { changed, unchanged } = await this.#context.voice.campaigns.changeEntries(
        campaign.id,
        ids,
        change,
      );
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
