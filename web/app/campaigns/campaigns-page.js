import { remembered } from '../frame/view.js';
import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { onSetting } from '../shared/setting-changes.js';
import { tellNotLoaded, tellTrouble } from '../shared/trouble.js';
import { setUpTabs } from '../shared/tabs.js';
import { FillButton } from '../fill/fill-button.js';
import { CallingNow } from './calling-now.js';
import { CampaignForm } from './campaign-form.js';
import { Entries } from './entries.js';
import { NewCampaign } from './new-campaign.js';
import { RulesForm } from './rules-form.js';
import { MODES, countsInShort, counted } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue} CampaignQueue
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** What reps do changes often; nobody has to reload the page to see it. */
const LOOK_AGAIN_AFTER_MS = 10_000;

/** All campaigns of the business with their queues, and one of them with everything about it. */
export class CampaignsPage {
  #context;
  #memory;
  #status = element('campaigns-status', HTMLElement);
  #all = element('campaigns', HTMLElement);
  #empty = element('campaigns-empty', HTMLElement);
  #list = element('campaign-list', HTMLUListElement);
  #new = element('campaign-new', HTMLButtonElement);
  #title = element('campaign-title', HTMLElement);
  #about = element('campaign-about', HTMLElement);
  #pausedNote = element('campaign-paused', HTMLElement);
  #pause = element('campaign-pause', HTMLButtonElement);
  #trouble = element('campaign-trouble', HTMLElement);
  #tabs = setUpTabs(element('campaign-tabs', HTMLElement));
  #calling = new CallingNow();
  #fill;
  #entries;
  #rules;
  #form;
  /** Of the campaigns that were chosen, by id. @type {Map<string, string | null>} */
  #scripts = new Map();
  /** @type {CampaignQueue[]} */
  #queues = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #reading = 0;
  /** The read that knows most. @type {Promise<void>} */
  #newest = Promise.resolve();

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { memory, business, signal, team } = context;
    const key = `campaigns.${business.id}`;
    this.#memory = remembered(memory, key, () => ({ chosen: '' }));
    const onChange = () => void this.#read();
    this.#entries = new Entries(context, { queues: () => this.#queues, onChange });
    this.#rules = new RulesForm(context);
    this.#form = new CampaignForm(context, onChange);
    this.#fill = new FillButton(context, 'campaign-fill', onChange);
    const dialog = new NewCampaign(context, (campaign) => void this.#added(campaign.id));
    this.#new.addEventListener('click', () => dialog.open());
    this.#pause.addEventListener('click', () => void this.#togglePause());
    this.#list.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (button) this.#choose(button.value);
    });
    document.addEventListener('visibilitychange', () => this.#soon(0), { signal });
    team.onLoad(() => this.#show(), signal);
    const { voice } = context;
    onSetting(voice, ['campaign', 'lead_import'], onChange, signal);
    onSetting(voice, ['retry_rule', 'outcome'], () => this.#rules.readAgain(), signal);
    onSetting(voice, ['phone_number'], () => this.#form.readNumbers(), signal);
    signal.addEventListener('abort', () => {
      clearTimeout(this.#timer);
      this.#calling.stop();
    });
    void this.#read();
  }

  get #chosen() {
    return this.#queues.find(({ id }) => id === this.#memory.chosen) ?? this.#queues[0];
  }

  /** @returns {Promise<void>} resolves when what the database has now is shown, also if a later read shows it */
  #read() {
    this.#newest = this.#readOnce();
    return this.#newest;
  }

  /** @returns {Promise<void>} */
  async #readOnce() {
    const { business, signal } = this.#context;
    clearTimeout(this.#timer);
    this.#reading += 1;
    const reading = this.#reading;
    try {
      const queues = await this.#context.voice.campaigns.queues(business.id, { signal });
      if (signal.aborted) return;
      // A later answer knows more.
      if (reading !== this.#reading) return this.#newest;
      this.#queues = queues;
      const chosen = this.#chosen;
      const row = chosen && (await this.#context.voice.campaigns.byId(chosen.id, { signal }));
      if (signal.aborted) return;
      if (reading !== this.#reading) return this.#newest;
      if (row) this.#scripts.set(row.id, row.script);
      say(this.#status, '');
      this.#show();
    } catch (error) {
      if (signal.aborted) return;
      if (reading !== this.#reading) return this.#newest;
      const what = this.#queues.length ? 'The latest numbers' : 'The campaigns';
      tellNotLoaded(this.#status, what, error, () => this.#read());
    }
    this.#soon(LOOK_AGAIN_AFTER_MS);
  }

  /** @param {number} wait milliseconds */
  #soon(wait) {
    clearTimeout(this.#timer);
    if (document.hidden || this.#context.signal.aborted) return;
    this.#timer = setTimeout(() => void this.#read(), wait);
  }

  #show() {
    const { isManager } = this.#context.team;
    const campaign = this.#chosen;
    this.#new.hidden = !isManager;
    this.#all.hidden = !campaign;
    this.#empty.hidden = Boolean(campaign) || Boolean(this.#status.textContent);
    say(
      this.#empty,
      isManager
        ? 'There is no campaign yet. Press New campaign, then add leads to it.'
        : 'There is no campaign yet. Your managers can make one.',
    );
    if (!campaign) return;
    this.#showList(campaign);
    this.#showCampaign(campaign);
    this.#calling.show(campaign.reps);
    this.#entries.show(campaign);
    this.#rules.show(campaign);
    const script = this.#scripts.get(campaign.id);
    if (script === undefined) this.#form.wait();
    else this.#form.show({ ...campaign, script });
    this.#fill.show(campaign);
  }

  /** @param {CampaignQueue} chosen */
  #showList(chosen) {
    const buttons = new Map(
      [...this.#list.querySelectorAll('button')].map((button) => [button.value, button]),
    );
    for (const { id } of this.#queues) {
      if (!buttons.has(id)) {
        const button = create('button', { type: 'button', value: id });
        buttons.set(id, button);
      }
    }
    const wanted = this.#queues.map((campaign) => {
      const button = /** @type {HTMLButtonElement} */ (buttons.get(campaign.id));
      button.setAttribute('aria-pressed', String(campaign.id === chosen.id));
      const { name, is_paused: isPaused, mode, counts, reps } = campaign;
      sayParts(
        button,
        create('strong', { dir: 'auto' }, name),
        create(
          'span',
          { class: isPaused ? 'badge warn' : 'badge' },
          isPaused ? 'Paused' : (MODES[mode] ?? ''),
        ),
        create('span', { class: 'counts' }, countsInShort(counts)),
        reps.length > 0 &&
          create('span', { class: 'counts' }, `${counted(reps.length, 'rep')} at work`),
      );
      return button;
    });
    const shown = [...this.#list.querySelectorAll('button')];
    const isSame =
      shown.length === wanted.length && shown.every((button, index) => button === wanted[index]);
    // Moving a button would take the focus from it.
    if (!isSame) this.#list.replaceChildren(...wanted.map((button) => create('li', {}, button)));
  }

  /** @param {CampaignQueue} campaign */
  #showCampaign(campaign) {
    const { isManager } = this.#context.team;
    const { name, mode, max_attempts: most, max_attempts_per_day: perDay } = campaign;
    sayParts(this.#title, bdi(name));
    const words = [
      MODES[mode] ?? mode,
      `up to ${counted(most, 'attempt')}, ${perDay} a day`,
      campaign.machine_detection ? 'listens for answering machines' : '',
    ];
    say(this.#about, words.filter(Boolean).join(' · '));
    this.#pausedNote.hidden = !campaign.is_paused;
    this.#pause.hidden = !isManager;
    say(this.#pause, campaign.is_paused ? 'Go on with the campaign' : 'Pause the campaign');
  }

  /** @param {string} id */
  #choose(id) {
    if (id === this.#chosen?.id) return this.#title.focus();
    this.#memory.chosen = id;
    sayParts(this.#trouble);
    this.#show();
    this.#title.focus();
    if (!this.#scripts.has(id)) void this.#read();
  }

  /** @param {string} id */
  async #added(id) {
    this.#memory.chosen = id;
    await this.#read();
    // Nobody is led into the form of another campaign.
    if (this.#context.signal.aborted || this.#chosen?.id !== id) return;
    this.#tabs.choose(element('tab-form', HTMLElement));
    this.#title.focus();
  }

  /** It can be taken back, so nobody is asked. */
  async #togglePause() {
    const campaign = this.#chosen;
    if (!campaign || this.#pause.ariaDisabled === 'true') return;
    sayParts(this.#trouble);
    this.#pause.setAttribute('aria-disabled', 'true');
    try {
      await this.#context.voice.campaigns.change(campaign.id, { is_paused: !campaign.is_paused });
      await this.#read();
    } catch (error) {
      if (!this.#context.signal.aborted) tellTrouble(this.#trouble, error);
    } finally {
      this.#pause.removeAttribute('aria-disabled');
    }
  }
}
