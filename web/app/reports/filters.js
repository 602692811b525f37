import { closeByItself } from '../shared/popover.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { tellTrouble } from '../shared/trouble.js';
import { groupName } from './group-names.js';
import { count } from './numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ReportGroup} ReportGroup
 * @typedef {import('../../henk-voice/henk-voice.js').ReportQuestion} ReportQuestion
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {'campaignIds' | 'userIds' | 'countries'} FilterField
 */

const KINDS = /** @type {const} */ ({
  campaignIds: { kind: 'campaign', all: 'All campaigns', some: 'campaign' },
  userIds: { kind: 'rep', all: 'All people', some: 'person' },
  countries: { kind: 'country', all: 'All countries', some: 'country' },
});
const PLURALS = { campaign: 'campaigns', person: 'people', country: 'countries' };

/** One of the filters: a list of what has calls in the period, of which some can be chosen. */
export class Filter {
  #context;
  #field;
  #onChange;
  #details;
  #summary;
  #list = create('div', { class: 'filter-list' });
  #said = create('p', { class: 'hint', role: 'status' });
  #trouble = create('p', { class: 'field-error', role: 'alert' });
  #all = create('button', { type: 'button', class: 'quiet' });
  /** @type {ReportQuestion | null} */
  #question = null;
  #loading = new AbortController();

  /**
   * @param {ViewContext} context
   * @param {FilterField} field
   * @param {(values: (string | null)[]) => void} onChange
   */
  constructor(context, field, onChange) {
    this.#context = context;
    this.#field = field;
    this.#onChange = onChange;
    this.#details = element(`filter-${KINDS[field].kind}`, HTMLDetailsElement);
    this.#summary = create('span');
    this.#details.querySelector('summary')?.append(this.#summary);
    say(this.#all, KINDS[field].all);
    this.#details.append(
      create('div', { class: 'filter-panel' }, this.#list, this.#said, this.#trouble, this.#all),
    );
    closeByItself(this.#details, context.signal);
    this.#details.addEventListener('toggle', () => {
      if (this.#details.open) void this.#read();
    });
    this.#all.addEventListener('click', () => this.#choose([]));
    this.#list.addEventListener('change', () => {
      const boxes = [...this.#list.querySelectorAll('input')];
      this.#choose(boxes.filter(({ checked }) => checked).map(({ value }) => value || null));
    });
    context.signal.addEventListener('abort', () => this.#loading.abort());
  }

  /** @param {ReportQuestion} question what the page shows now */
  show(question) {
    const chosen = question.filters?.[this.#field] ?? [];
    const { all, some } = KINDS[this.#field];
    this.#question = question;
    say(
      this.#summary,
      chosen.length ? `${count(chosen.length)} ${chosen.length === 1 ? some : PLURALS[some]}` : all,
    );
    this.#details.dataset.chosen = String(chosen.length > 0);
    if (!this.#details.open) return;
    const boxes = [...this.#list.querySelectorAll('input')];
    for (const box of boxes) box.checked = chosen.includes(box.value || null);
  }

  /** @param {(string | null)[]} values */
  #choose(values) {
    this.#onChange(values);
  }

  async #read() {
    const question = this.#question;
    if (!question) return;
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    say(this.#said, 'Loading…');
    sayParts(this.#trouble);
    const { kind, some } = KINDS[this.#field];
    try {
      const filters = { ...question.filters, [this.#field]: [] };
      const groups = await this.#context.voice.reports.by({ ...question, filters, signal }, kind);
      if (signal.aborted) return;
      const chosen = question.filters?.[this.#field] ?? [];
      const known = new Set(groups.map(({ key }) => key));
      const others = chosen
        .filter((key) => !known.has(key))
        .map((key) => ({ key, label: null, calls: 0 }));
      this.#list.replaceChildren(
        ...[...groups, ...others].map((group) => this.#option(group, chosen)),
      );
      say(this.#said, known.size ? '' : `No ${some} has calls in this time.`);
    } catch (error) {
      if (signal.aborted) return;
      say(this.#said, '');
      tellTrouble(this.#trouble, error, () => this.#read());
    }
  }

  /**
   * @param {Pick<ReportGroup, 'key' | 'label' | 'calls'>} group
   * @param {readonly (string | null)[]} chosen
   */
  #option(group, chosen) {
    const { team, outcomes } = this.#context;
    const name = groupName(KINDS[this.#field].kind, group, {
      personName: (id) => team.nameOf(id),
      outcomeWord: (key) => outcomes.labelOf(key),
    });
    const box = create('input', { type: 'checkbox', value: group.key ?? '' });
    box.checked = chosen.includes(group.key);
    return create(
      'label',
      {},
      box,
      create('bdi', {}, typeof name === 'string' ? name : name.name),
      create('span', { class: 'aside' }, count(group.calls)),
    );
  }
}
