import { remembered } from '../frame/view.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { markInvalid, tellTrouble } from '../shared/trouble.js';
import { draftAfter } from './drafts.js';
import { PLACEHOLDERS, filledScript, unknownPlaceholders } from './script.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignSettings} CampaignSettings
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignRow} CampaignRow
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 *
 * @typedef {Omit<CampaignSettings, 'is_paused'>} Columns
 * @typedef {Record<keyof Columns, string | boolean>} Typed what the fields have
 * @typedef {import('./drafts.js').Draft} Draft
 */

/** The numbers, with the least and the most that they can be. */
const NUMBERS = /** @type {const} */ ({
  wrap_up_seconds: [3, 600, 'seconds'],
  max_attempts: [1, 100, 'attempts'],
  max_attempts_per_day: [1, 100, 'attempts'],
});

/** The script of a campaign, and how it is called. */
export class CampaignForm {
  #context;
  #onSaved;
  #fieldset = element('campaign-fields', HTMLFieldSetElement);
  #fields = {
    script: element('campaign-script', HTMLTextAreaElement),
    name: element('campaign-name', HTMLInputElement),
    caller_id: element('campaign-caller-id', HTMLSelectElement),
    mode: element('campaign-mode', HTMLSelectElement),
    wrap_up_seconds: element('campaign-wrap-up', HTMLInputElement),
    max_attempts: element('campaign-attempts', HTMLInputElement),
    max_attempts_per_day: element('campaign-attempts-per-day', HTMLInputElement),
    machine_detection: element('campaign-machine', HTMLInputElement),
  };
  #save = element('campaign-save', HTMLButtonElement);
  #undo = element('campaign-undo', HTMLButtonElement);
  #saved = element('campaign-saved', HTMLElement);
  #trouble = element('campaign-form-trouble', HTMLElement);
  #preview = element('script-preview', HTMLDetailsElement);
  /** What was typed and not saved, by campaign. @type {Map<string, Draft>} */
  #drafts;
  /** @type {CampaignRow | null} */
  #campaign = null;
  /** The caller IDs of the business, when they are known. @type {readonly HTMLOptionElement[]} */
  #numbers = [];

  /**
   * @param {ViewContext} context
   * @param {() => void} onSaved
   */
  constructor(context, onSaved) {
    this.#context = context;
    this.#onSaved = onSaved;
    this.#drafts = remembered(context.memory, 'campaigns.form', () => new Map());
    const placeholders = PLACEHOLDERS.map((name) => `{{${name}}}`).join(' ');
    say(
      element('script-hint', HTMLElement),
      `What reps have before them in a call. ${placeholders} stand for the names.`,
    );
    element('campaign-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#fieldset.addEventListener('input', () => this.#typed());
    this.#undo.addEventListener('click', () => {
      if (this.#campaign) this.#drafts.delete(this.#campaign.id);
      this.#fill();
      sayParts(this.#trouble);
      this.#save.focus();
    });
    window.addEventListener(
      'beforeunload',
      (event) => {
        if (this.#drafts.size) event.preventDefault();
      },
      { signal: context.signal },
    );
    void this.readNumbers();
  }

  /** @param {CampaignRow} campaign */
  show(campaign) {
    const { isManager } = this.#context.team;
    const isOther = campaign.id !== this.#campaign?.id;
    this.#campaign = campaign;
    this.#fieldset.disabled = !isManager;
    this.#save.hidden = !isManager;
    // What somebody types is not overwritten by what others have saved, nor does it undo that.
    const draft = this.#drafts.get(campaign.id);
    const after = draft && draftAfter(draft, typedOf(campaign));
    if (!isOther && after && isSame(after, draft)) return;
    if (after) this.#keep(campaign, after);
    this.#fill();
    if (!isOther) return;
    say(this.#saved, this.#drafts.has(campaign.id) ? 'Not saved yet.' : '');
    sayParts(this.#trouble);
  }

  /** Another campaign is shown, and its script is not here yet: nobody writes into the one before. */
  wait() {
    this.#fieldset.disabled = true;
  }

  #fill() {
    const campaign = this.#campaign;
    if (!campaign) return;
    const draft = this.#drafts.get(campaign.id);
    const values = draft?.typed ?? typedOf(campaign);
    this.#showNumbers(String(values.caller_id));
    for (const [name, field] of Object.entries(this.#fields)) {
      const value = values[/** @type {keyof Columns} */ (name)];
      if (typeof value === 'boolean') /** @type {HTMLInputElement} */ (field).checked = value;
      else if (field.value !== value) {
        field.value = value;
        // What cannot be saved and still stands there stays marked.
        markInvalid(field, false);
      }
    }
    this.#undo.hidden = !draft;
    if (!draft && this.#saved.textContent === 'Not saved yet.') say(this.#saved, '');
    this.#showScript();
  }

  /** @returns {Typed} */
  get #values() {
    const { machine_detection: machine, ...others } = this.#fields;
    const texts = Object.entries(others).map(([name, field]) => [name, field.value]);
    return { ...Object.fromEntries(texts), machine_detection: machine.checked };
  }

  #typed() {
    const campaign = this.#campaign;
    if (!campaign) return;
    this.#keep(campaign, { typed: this.#values, before: typedOf(campaign) });
    const isUnsaved = this.#drafts.has(campaign.id);
    this.#undo.hidden = !isUnsaved;
    say(this.#saved, isUnsaved ? 'Not saved yet.' : '');
    this.#showScript();
  }

  /**
   * @param {CampaignRow} campaign
   * @param {Draft} draft
   */
  #keep({ id }, draft) {
    if (isSame(draft.typed, draft.before)) this.#drafts.delete(id);
    else this.#drafts.set(id, draft);
  }

  #showScript() {
    const script = this.#fields.script.value;
    const unknown = unknownPlaceholders(script);
    say(
      element('script-unknown', HTMLElement),
      unknown.length
        ? `${unknown.join(', ')} is not a name that Henk knows. It stays as it is.`
        : '',
    );
    this.#preview.hidden = !script.trim();
    const { business } = this.#context;
    say(
      element('script-example', HTMLElement),
      filledScript(script, {
        'lead.name': 'Ada Answers',
        'lead.first_name': 'Ada',
        'lead.company': 'Sunny Homes',
        'rep.name': 'Dana Demo',
        'business.name': business.name,
      }),
    );
  }

  /** The caller IDs that can be chosen. */
  async readNumbers() {
    const { voice, business, signal } = this.#context;
    try {
      const numbers = await voice.callerIds.list(business.id, { signal });
      if (signal.aborted) return;
      this.#numbers = numbers.map(({ phone_number: number, label }) =>
        create(
          'option',
          { value: number },
          [formatNumber(number), label].filter(Boolean).join(' · '),
        ),
      );
      this.#fill();
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error, () => this.readNumbers());
    }
  }

  /** @param {string} present is offered, also while the numbers of the business are not known */
  #showNumbers(present) {
    const select = this.#fields.caller_id;
    const known = this.#numbers.some(({ value }) => value === present) || !present;
    select.replaceChildren(
      create('option', { value: '' }, 'The business’s usual one'),
      ...this.#numbers,
      ...(known ? [] : [create('option', { value: present }, formatNumber(present))]),
    );
  }

  async #send() {
    const campaign = this.#campaign;
    const { signal } = this.#context;
    if (!campaign) return;
    sayParts(this.#trouble);
    const changes = this.#changes(campaign);
    if (!changes) return;
    const sent = this.#values;
    say(this.#saved, 'Saving…');
    try {
      const saved = Object.keys(changes).length
        ? await this.#context.voice.campaigns.change(campaign.id, changes)
        : campaign;
      if (signal.aborted) return;
      const shown = campaign.id === this.#campaign?.id ? this.#campaign : null;
      const now = { ...(shown ?? campaign), ...saved };
      // What was typed while it was saved is not saved yet.
      const typed = shown ? this.#values : (this.#drafts.get(campaign.id)?.typed ?? sent);
      this.#keep(now, draftAfter({ typed, before: sent }, typedOf(now)));
      this.#onSaved();
      if (!shown) return;
      this.#campaign = now;
      this.#fill();
      const isUnsaved = this.#drafts.has(campaign.id);
      say(
        this.#saved,
        isUnsaved ? 'Not saved yet.' : 'Saved. It applies to calls that begin after it.',
      );
    } catch (error) {
      if (signal.aborted || campaign.id !== this.#campaign?.id) return;
      say(this.#saved, 'Not saved yet.');
      tellTrouble(this.#trouble, error);
    }
  }

  /**
   * @param {CampaignRow} campaign as it is
   * @returns {Partial<Columns> | null} only what differs, so that two managers can change different
   *   things; null if something cannot be saved
   */
  #changes(campaign) {
    const typed = this.#values;
    for (const field of Object.values(this.#fields)) markInvalid(field, false);
    if (!String(typed.name).trim()) {
      return this.#refuse('name', 'the name is missing. Write one.');
    }
    for (const [name, [least, most, what]] of Object.entries(NUMBERS)) {
      const column = /** @type {keyof typeof NUMBERS} */ (name);
      const number = Number(typed[column]);
      if (Number.isInteger(number) && number >= least && number <= most) continue;
      const why = `“${typed[column]}” is not a number of ${what}. Write ${least} to ${most}.`;
      return this.#refuse(column, why);
    }
    const wanted = /** @type {Columns} */ ({
      ...typed,
      name: String(typed.name).trim(),
      script: String(typed.script).trim() ? typed.script : null,
      caller_id: typed.caller_id || null,
      wrap_up_seconds: Number(typed.wrap_up_seconds),
      max_attempts: Number(typed.max_attempts),
      max_attempts_per_day: Number(typed.max_attempts_per_day),
    });
    return Object.fromEntries(
      Object.entries(wanted).filter(
        ([name, value]) => campaign[/** @type {keyof Columns} */ (name)] !== value,
      ),
    );
  }

  /**
   * @param {keyof Columns} name
   * @param {string} why
   */
  #refuse(name, why) {
    const field = this.#fields[name];
    say(this.#trouble, `Not saved: ${why}`);
    markInvalid(field, true);
    field.focus();
    return null;
  }
}

/**
 * @param {CampaignRow} campaign
 * @returns {Typed}
 */
function typedOf(campaign) {
  return {
    script: campaign.script ?? '',
    name: campaign.name,
    caller_id: campaign.caller_id ?? '',
    mode: campaign.mode,
    wrap_up_seconds: String(campaign.wrap_up_seconds),
    max_attempts: String(campaign.max_attempts),
    max_attempts_per_day: String(campaign.max_attempts_per_day),
    machine_detection: campaign.machine_detection,
  };
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
function isSame(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}
