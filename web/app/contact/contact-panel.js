import { failureOf } from '../../henk-voice/henk-voice.js';
import { filledScript } from '../campaigns/script.js';
import { bdi, create, debounce, element, ltr, nodesOf, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { onSetting } from '../shared/setting-changes.js';
import { earlierCall } from './earlier-call.js';
import { flagsOf } from './flags.js';
import { localTime } from './local-time.js';
import { scriptValues } from './script-values.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').LeadStory} LeadStory
 * @typedef {import('../dialer/dialer.js').Subject} Subject
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const RELOAD_AFTER_MS = 1_000;
/** What changes a lead, in the words of the record of changes. */
const ABOUT_LEADS = ['lead', 'lead_import', 'do_not_call', 'do_not_call_import', 'erasure'];
const TICK_MS = 20_000;
const NOBODY = 'Choose a contact to see what was said and agreed before.';

/** The right column: who is called, what a rep has to know, the script, and earlier calls. */
export class ContactPanel {
  #context;
  #hear;
  #title = element('contact-title', HTMLElement);
  #company = element('contact-company', HTMLElement);
  #status = element('contact-status', HTMLElement);
  #edit = element('contact-edit', HTMLButtonElement);
  #parts = element('contact-parts', HTMLElement);
  #flags = element('contact-flags', HTMLUListElement);
  #facts = element('contact-facts', HTMLElement);
  #script = element('contact-script', HTMLElement);
  #scriptText = element('contact-script-text', HTMLElement);
  #calls = element('contact-calls', HTMLOListElement);
  #noCalls = element('contact-calls-none', HTMLElement);
  /** @type {Subject} */
  #subject = { leadId: null, campaignId: null };
  /** @type {LeadStory | null} */
  #story = null;
  /** The script of the campaign, with its placeholders. @type {string | null} */
  #rawScript = null;
  #loading = new AbortController();
  #reloadSoon = debounce(() => void this.reload(), RELOAD_AFTER_MS);

  /**
   * @param {ViewContext} context
   * @param {object} on
   * @param {(conversation: ConversationInHistory) => void} on.hear
   * @param {(leadId: string) => void} on.edit
   */
  constructor(context, { hear, edit }) {
    this.#context = context;
    this.#hear = hear;
    const { outcomes, signal, team, voice } = context;
    this.#edit.addEventListener('click', () => {
      if (this.#subject.leadId) edit(this.#subject.leadId);
    });
    const ticking = setInterval(() => this.#renderFacts(), TICK_MS);
    signal.addEventListener('abort', () => {
      clearInterval(ticking);
      this.#loading.abort();
    });
    voice.on(
      'conversation',
      (row) => {
        const isIts = row.lead_id && row.lead_id === this.#subject.leadId;
        if (isIts || this.#story?.calls.some(({ id }) => id === row.id)) this.#reloadSoon();
      },
      { signal },
    );
    voice.on('callend', this.#reloadSoon, { signal });
    onSetting(voice, ['campaign'], () => void this.#loadScript(), signal);
    onSetting(voice, ABOUT_LEADS, () => void this.reload(), signal);
    for (const known of [team, outcomes]) known.onLoad(() => this.#render(), signal);
    this.#render();
  }

  /** @param {Subject} subject who is called, or will be */
  show(subject) {
    const { leadId, campaignId } = this.#subject;
    this.#subject = subject;
    if (subject.campaignId !== campaignId) {
      this.#rawScript = null;
      this.#renderScript();
      void this.#loadScript();
    }
    if (subject.leadId === leadId) return;
    this.#story = null;
    this.#render();
    void this.reload();
  }

  /** Reads the story again: a call has ended, or somebody has written about one. */
  async reload() {
    this.#loading.abort();
    const { leadId } = this.#subject;
    if (!leadId || this.#context.signal.aborted) return;
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    try {
      const story = await this.#context.voice.leadStory(leadId, { signal });
      if (signal.aborted) return;
      this.#story = story;
      this.#render();
    } catch (error) {
      if (signal.aborted) return;
      say(this.#status, failureOf(error).message);
    }
  }

  async #loadScript() {
    const { campaignId } = this.#subject;
    if (!campaignId) return;
    const { signal, voice } = this.#context;
    const campaign = await voice.campaigns.byId(campaignId, { signal }).catch(() => null);
    if (signal.aborted || !campaign || campaignId !== this.#subject.campaignId) return;
    this.#rawScript = campaign.script;
    this.#renderScript();
  }

  #render() {
    const { leadId } = this.#subject;
    const story = this.#story;
    this.#parts.hidden = !story;
    this.#edit.hidden = !story || !this.#context.team.isManager;
    sayParts(this.#title, story ? bdi(story.lead.name) : 'Contact');
    sayParts(this.#company, story?.lead.company ? bdi(story.lead.company) : '');
    say(this.#status, story ? '' : leadId ? 'Reading…' : NOBODY);
    this.#renderFacts();
    this.#renderScript();
    if (!story) return;
    const { userId } = this.#context;
    this.#flags.replaceChildren(
      ...flagsOf(story, userId).map(({ kind, sentence }) =>
        create('li', { class: kind }, ...nodesOf(sentence)),
      ),
    );
    const { call: current, inCall } = this.#context.voice;
    const earlier = story.calls.filter(({ id }) => !inCall || id !== current?.conversation?.id);
    this.#noCalls.hidden = earlier.length > 0;
    this.#calls.replaceChildren(
      ...earlier.map((call) => earlierCall(call, { userId, hear: () => void this.#open(call.id) })),
    );
  }

  #renderFacts() {
    if (!this.#story) return;
    const { phone_number: number, email, local_time_zones: zones } = this.#story.lead;
    const time = localTime(zones, new Date());
    /** @type {[string, Node | string][]} */
    const facts = [];
    if (time) facts.push(['Local time', time]);
    facts.push(['Number', number ? ltr(formatNumber(number)) : 'no number']);
    if (email) facts.push(['E-mail', bdi(email)]);
    sayParts(
      this.#facts,
      ...facts.flatMap(([name, value]) => [create('dt', {}, name), create('dd', {}, value)]),
    );
  }

  #renderScript() {
    const { business, team, userId } = this.#context;
    this.#script.hidden = !this.#rawScript;
    const values = scriptValues(this.#story?.lead ?? null, team.realNameOf(userId), business.name);
    say(this.#scriptText, filledScript(this.#rawScript ?? '', values));
  }

  /** @param {string} id of a call */
  async #open(id) {
    const conversation = await this.#context.voice.conversations.byId(id).catch(() => null);
    if (conversation && !this.#context.signal.aborted) this.#hear(conversation);
  }
}
