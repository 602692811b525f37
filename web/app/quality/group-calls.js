import { bdi, create, element, ltr, nodesOf, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { tellTrouble } from '../shared/trouble.js';
import { duration, when } from '../shared/words.js';
import { gradeBadge } from './grade.js';
import { counted, faultWord } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').QualityCall} QualityCall
 * @typedef {import('../../henk-voice/henk-voice.js').QualityKind} QualityKind
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./call-dialog.js').CallQualityDialog} CallQualityDialog
 * @typedef {import('./words.js').Part} Part
 */

/** The calls behind a line of the table. */
export class GroupCalls {
  #context;
  #dialog;
  #section = element('group-calls', HTMLElement);
  #title = element('group-calls-title', HTMLElement);
  #said = element('group-calls-said', HTMLElement);
  #table = element('group-calls-table', HTMLElement);
  #rows = element('group-calls-rows', HTMLTableSectionElement);
  #empty = element('group-calls-empty', HTMLElement);
  #trouble = element('group-calls-trouble', HTMLElement);
  #more = element('group-calls-more', HTMLButtonElement);
  /** @type {{ kind: QualityKind, key: string | null, since: Date } | null} */
  #group = null;
  /** @type {QualityCall[]} */
  #calls = [];
  #loading = new AbortController();

  /**
   * @param {ViewContext} context
   * @param {CallQualityDialog} dialog
   */
  constructor(context, dialog) {
    this.#context = context;
    this.#dialog = dialog;
    this.#more.addEventListener('click', () => void this.#read());
    context.signal.addEventListener('abort', () => this.#loading.abort());
  }

  /**
   * @param {QualityKind} kind
   * @param {string | null} key of the group
   * @param {Part} name
   * @param {Date} since
   */
  async open(kind, key, name, since) {
    this.#group = { kind, key, since };
    this.#calls = [];
    sayParts(this.#title, 'Calls: ', ...nodesOf([name]));
    this.#rows.replaceChildren();
    this.#empty.hidden = true;
    this.#table.hidden = false;
    this.#section.hidden = false;
    this.#title.focus();
    this.#section.scrollIntoView({ block: 'nearest' });
    await this.#read();
  }

  close() {
    this.#loading.abort();
    this.#section.hidden = true;
  }

  async #read() {
    const group = this.#group;
    if (!group) return;
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const { voice, business } = this.#context;
    this.#table.setAttribute('aria-busy', 'true');
    sayParts(this.#trouble);
    try {
      const { kind, key, since } = group;
      const after = this.#calls.at(-1);
      const page = await voice.lineQuality.calls(business.id, kind, key, { since, after, signal });
      if (signal.aborted) return;
      this.#calls.push(...page.calls);
      this.#rows.append(...page.calls.map((call) => this.#row(call)));
      if (!page.more && after)
        this.#rows.children[this.#calls.indexOf(after)]?.querySelector('button')?.focus();
      this.#more.hidden = !page.more;
      this.#table.hidden = !this.#calls.length;
      this.#empty.hidden = Boolean(this.#calls.length);
      say(this.#empty, 'No call.');
      say(
        this.#said,
        `${counted(this.#calls.length, 'call')}${page.more ? '. There are older ones.' : ''}`,
      );
    } catch (error) {
      if (!signal.aborted) tellTrouble(this.#trouble, error, () => this.#read());
    } finally {
      if (!signal.aborted) this.#table.setAttribute('aria-busy', 'false');
    }
  }

  /** @param {QualityCall} call */
  #row(call) {
    const { id, at, lead_name: lead, to_number: number, grade, fault, rating, seconds } = call;
    const { user_id: userId, user_name: user, microphone, browser } = call;
    const name = lead ?? number ?? 'Forgotten person';
    const time = when(at);
    const details = create(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-haspopup': 'dialog',
        'aria-label': `Details: ${formatNumber(name)}, ${time.short}`,
      },
      'Details',
    );
    details.addEventListener('click', () => this.#dialog.open({ id, name, at }));
    return create(
      'tr',
      { 'data-conversation': id },
      create('th', { scope: 'row' }, lead || !number ? bdi(name) : ltr(formatNumber(number))),
      create(
        'td',
        { 'data-label': 'Line' },
        gradeBadge(grade),
        faultWord(fault) && create('span', { class: 'aside' }, faultWord(fault)),
        rating !== null && create('span', { class: 'aside' }, `rated ${rating} of 5`),
      ),
      create('td', { 'data-label': 'Person' }, bdi(user ?? this.#context.team.nameOf(userId))),
      create(
        'td',
        { 'data-label': 'Microphone, browser' },
        bdi(microphone ?? '–'),
        browser && create('span', { class: 'aside' }, browser),
      ),
      create(
        'td',
        { 'data-label': 'When' },
        create('time', { datetime: time.iso, title: time.exact }, time.short),
        seconds !== null && create('span', { class: 'aside' }, duration(Math.round(seconds))),
        details,
      ),
    );
  }
}
