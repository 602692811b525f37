import { remembered } from '../frame/view.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { markInvalid, tellTrouble } from '../shared/trouble.js';
import { MOST_TIMES, afterWords, choicesWith, ruleChanges, ruleRows, timesIn } from './rules.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue} CampaignQueue
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./rules.js').RuleRow} RuleRow
 *
 * @typedef {{ after: string, times: string }} Typed what the fields of a row have
 */

const NEVER = 'never';

/** After which result of a call a lead is tried again, when, and how often. */
export class RulesForm {
  #context;
  #fields = element('rules-fields', HTMLFieldSetElement);
  #place = element('rules-rows', HTMLElement);
  #save = element('rules-save', HTMLButtonElement);
  #undo = element('rules-undo', HTMLButtonElement);
  #saved = element('rules-saved', HTMLElement);
  #trouble = element('rules-trouble', HTMLElement);
  /** What was typed and not saved, by campaign. @type {Map<string, Map<string, Typed>>} */
  #drafts;
  #campaignId = '';
  /** @type {RuleRow[]} */
  #rows = [];
  /** What the rows were made of. */
  #shown = '';
  #reading = 0;
  /** The read that knows most. @type {Promise<void>} */
  #newest = Promise.resolve();

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#drafts = remembered(context.memory, 'campaigns.rules', () => new Map());
    element('rules-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#place.addEventListener('input', () => this.#typed());
    this.#undo.addEventListener('click', () => {
      this.#drafts.delete(this.#campaignId);
      this.#fill();
      sayParts(this.#trouble);
      this.#save.focus();
    });
  }

  /** @param {CampaignQueue} campaign */
  show({ id }) {
    const { isManager } = this.#context.team;
    this.#fields.disabled = !isManager;
    this.#save.hidden = !isManager;
    if (id === this.#campaignId) return;
    this.#shown = '';
    this.#campaignId = id;
    this.#rows = [];
    this.#place.replaceChildren();
    say(this.#saved, 'Loading…');
    sayParts(this.#trouble);
    void this.#read();
  }

  /** A colleague has changed the rules, or the outcomes that they are for. */
  readAgain() {
    if (this.#campaignId) void this.#read();
  }

  /** @returns {Promise<void>} resolves when what the database has now is shown, also if a later read shows it */
  #read() {
    this.#newest = this.#readOnce();
    return this.#newest;
  }

  /** @returns {Promise<void>} */
  async #readOnce() {
    const { business, signal } = this.#context;
    const id = this.#campaignId;
    this.#reading += 1;
    const reading = this.#reading;
    try {
      const [rules, outcomes] = await Promise.all([
        this.#context.voice.campaigns.rules(id, { signal }),
        this.#context.voice.outcomes.list(business.id, { signal }),
      ]);
      if (signal.aborted) return;
      // A later answer knows more.
      if (reading !== this.#reading) return this.#newest;
      const shown = JSON.stringify([outcomes, rules]);
      if (shown === this.#shown) return;
      this.#shown = shown;
      this.#rows = ruleRows(outcomes, rules);
      this.#fill();
    } catch (error) {
      if (signal.aborted) return;
      if (reading !== this.#reading) return this.#newest;
      say(this.#saved, '');
      tellTrouble(this.#trouble, error, () => this.#read());
    }
  }

  #fill() {
    const draft = this.#drafts.get(this.#campaignId);
    const focused = document.activeElement?.id;
    const hadFocus = this.#place.contains(document.activeElement);
    /** @type {NodeListOf<HTMLInputElement>} */
    const wrong = this.#place.querySelectorAll('input[aria-invalid="true"]');
    this.#place.replaceChildren(...this.#rows.map((row) => rowOf(row, draft?.get(row.result))));
    // What cannot be saved and still stands there stays marked.
    for (const { id, value } of wrong) {
      const field = document.getElementById(id);
      if (field instanceof HTMLInputElement && field.value === value) markInvalid(field, true);
    }
    if (hadFocus && focused) document.getElementById(focused)?.focus();
    this.#showDisabled();
    this.#undo.hidden = !draft;
    say(this.#saved, draft ? 'Not saved yet.' : '');
  }

  /** @returns {Map<string, Typed>} by result */
  get #values() {
    return new Map(
      this.#rows.map(({ result }) => [
        result,
        {
          after: this.#field(result, 'after', HTMLSelectElement).value,
          times: this.#field(result, 'times', HTMLInputElement).value,
        },
      ]),
    );
  }

  /**
   * @template {HTMLElement} T
   * @param {string} result
   * @param {string} name
   * @param {new () => T} type
   */
  #field(result, name, type) {
    return element(`rule-${name}-${result}`, type);
  }

  /** Only what differs is kept: a colleague may change the others meanwhile. */
  #typed() {
    const typed = [...this.#values].filter(([result, { after, times }]) => {
      const row = this.#rows.find((one) => one.result === result);
      const before = row && typedOf(row);
      return after !== before?.after || times !== before.times;
    });
    if (typed.length) this.#drafts.set(this.#campaignId, new Map(typed));
    else this.#drafts.delete(this.#campaignId);
    this.#undo.hidden = !typed.length;
    say(this.#saved, typed.length ? 'Not saved yet.' : '');
    sayParts(this.#trouble);
    this.#showDisabled();
  }

  #showDisabled() {
    for (const { result } of this.#rows) {
      const isNever = this.#field(result, 'after', HTMLSelectElement).value === NEVER;
      this.#field(result, 'times', HTMLInputElement).disabled = isNever;
    }
  }

  /**
   * What was typed while it was saved is not saved yet.
   *
   * @param {string} id
   * @param {Map<string, Typed>} sent
   */
  #forget(id, sent) {
    const unsaved = [...(this.#drafts.get(id) ?? [])].filter(([result, { after, times }]) => {
      const saved = sent.get(result);
      return after !== saved?.after || times !== saved.times;
    });
    if (unsaved.length) this.#drafts.set(id, new Map(unsaved));
    else this.#drafts.delete(id);
  }

  async #send() {
    const { signal } = this.#context;
    const id = this.#campaignId;
    sayParts(this.#trouble);
    const chosen = new Map();
    const sent = this.#values;
    for (const [result, { after, times: typed }] of sent) {
      const times = timesIn(typed);
      const field = this.#field(result, 'times', HTMLInputElement);
      markInvalid(field, times === undefined);
      if (times === undefined) {
        say(
          this.#trouble,
          `Not saved: “${typed}” is not a number of times. Write 1 to ${MOST_TIMES}, or nothing.`,
        );
        return field.focus();
      }
      const minutes = after === NEVER ? null : Number(after);
      chosen.set(result, { after_minutes: minutes, max_times: minutes === null ? null : times });
    }
    const { set, remove } = ruleChanges(this.#rows, chosen);
    say(this.#saved, 'Saving…');
    try {
      for (const rule of set)
        await this.#context.voice.campaigns.setRule(this.#context.business.id, id, rule);
      for (const result of remove) await this.#context.voice.campaigns.removeRule(id, result);
      if (signal.aborted) return;
      this.#forget(id, sent);
      if (id !== this.#campaignId) return;
      this.#shown = '';
      await this.#read();
      if (signal.aborted || id !== this.#campaignId || this.#drafts.has(id)) return;
      say(this.#saved, 'Saved. Leads that wait already keep the time that they have.');
    } catch (error) {
      if (signal.aborted || id !== this.#campaignId) return;
      say(this.#saved, 'Not saved yet.');
      tellTrouble(this.#trouble, error);
    }
  }
}

/**
 * @param {RuleRow} row
 * @param {Typed | undefined} draft
 */
function rowOf(row, draft) {
  const { result, label, after_minutes: after, usual } = row;
  const select = create(
    'select',
    { id: `rule-after-${result}` },
    ...choicesWith(after).map((minutes) => {
      const isUsual = minutes === usual.after_minutes ? ' (usual)' : '';
      return create('option', { value: String(minutes) }, afterWords(minutes) + isUsual);
    }),
    create('option', { value: NEVER }, 'Never: the lead is done'),
  );
  select.value = draft?.after ?? typedOf(row).after;
  const input = create('input', {
    id: `rule-times-${result}`,
    type: 'number',
    min: '1',
    max: String(MOST_TIMES),
    inputmode: 'numeric',
    placeholder: 'no limit',
  });
  input.value = draft?.times ?? typedOf(row).times;
  return create(
    'div',
    { class: 'retry-rule', role: 'group', 'aria-label': `After ${label}` },
    create('strong', {}, label),
    create('label', {}, create('span', {}, 'Try again after'), select),
    create('label', {}, create('span', {}, 'Give up after (calls)'), input),
  );
}

/**
 * @param {RuleRow} row
 * @returns {Typed} what its fields have before anything is typed
 */
function typedOf({ after_minutes: after, max_times: times }) {
  return {
    after: after === null ? NEVER : String(after),
    times: times === null ? '' : String(times),
  };
}
