import { remembered } from '../frame/view.js';
import { create, element, nodesOf, say, sayParts } from '../shared/dom.js';
import { onSetting } from '../shared/setting-changes.js';
import { tellTrouble } from '../shared/trouble.js';
import { CallQualityDialog } from './call-dialog.js';
import { GroupCalls } from './group-calls.js';
import { groupRow } from './group-row.js';
import { LatestChecks } from './latest-checks.js';
import { NetworkName } from './network-name.js';
import { KINDS, groupName, standOutSentence, summary } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').QualityGroup} QualityGroup
 * @typedef {import('../../henk-voice/henk-voice.js').QualityKind} QualityKind
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** What is searched for causes. */
const SUSPECTS = /** @type {const} */ (['device', 'network', 'rep', 'browser']);

/** How good the lines of a time were, put together by what calls have in common. */
export class QualityPage {
  #context;
  #memory;
  #hint = element('quality-hint', HTMLElement);
  #period = element('quality-period', HTMLSelectElement);
  #summary = element('quality-summary', HTMLElement);
  #trouble = element('quality-trouble', HTMLElement);
  #standOuts = element('stand-outs', HTMLElement);
  #standOutsList = element('stand-outs-list', HTMLUListElement);
  #kinds = element('quality-kinds', HTMLElement);
  #kindName = element('quality-kind-name', HTMLElement);
  #order = element('quality-order', HTMLElement);
  #table = element('quality-table', HTMLElement);
  #rows = element('quality-rows', HTMLTableSectionElement);
  #empty = element('quality-empty', HTMLElement);
  #calls;
  #networkName;
  /** Of the chosen time, by kind. @type {Map<QualityKind, QualityGroup[]>} */
  #groups = new Map();
  #loading = new AbortController();

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { memory, signal, team } = context;
    this.#memory = remembered(memory, 'quality', firstChoice);
    this.#calls = new GroupCalls(context, new CallQualityDialog(context));
    this.#networkName = new NetworkName(context, () => void this.#read());
    new LatestChecks(context);
    this.#period.value = this.#memory.days;
    element('quality-filters', HTMLFormElement).addEventListener('submit', (event) =>
      event.preventDefault(),
    );
    this.#period.addEventListener('change', () => {
      this.#memory.days = this.#period.value;
      void this.#read();
    });
    this.#kinds.append(
      ...Object.entries(KINDS).map(([kind, label]) =>
        create('button', { type: 'button', value: kind }, label),
      ),
    );
    this.#kinds.addEventListener('click', ({ target }) => {
      const button = target instanceof Element && target.closest('button');
      if (button) void this.#showKind(/** @type {QualityKind} */ (button.value));
    });
    team.onLoad(() => this.#show(), signal);
    onSetting(context.voice, ['network'], () => void this.#readNetworks(), signal);
    signal.addEventListener('abort', () => this.#loading.abort());
    void this.#read();
  }

  /** @returns {QualityKind} */
  get #kind() {
    return this.#memory.kind;
  }

  /** The chosen time. Its beginning is a midnight of this browser. */
  get #since() {
    const since = new Date();
    since.setHours(0, 0, 0, 0);
    since.setDate(since.getDate() - Number(this.#period.value));
    return since;
  }

  /** Reads everything of the chosen time. */
  async #read() {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#groups.clear();
    this.#calls.close();
    this.#standOuts.hidden = true;
    this.#table.setAttribute('aria-busy', 'true');
    sayParts(this.#trouble);
    const kinds = /** @type {QualityKind[]} */ ([...new Set([...SUSPECTS, this.#kind])]);
    try {
      await Promise.all(kinds.map((kind) => this.#readKind(kind, signal)));
      if (signal.aborted) return;
      this.#show();
      await this.#findCauses(signal);
    } catch (error) {
      this.#tell(error, signal, () => this.#read());
    }
  }

  /**
   * @param {QualityKind} kind
   * @param {AbortSignal} signal
   */
  async #readKind(kind, signal) {
    const { voice, business } = this.#context;
    const period = { since: this.#since, signal };
    const groups = await voice.lineQuality.by(business.id, kind, period);
    if (!signal.aborted) this.#groups.set(kind, groups);
  }

  /** A colleague has named one. What is open stays open. */
  async #readNetworks() {
    const { signal } = this.#loading;
    try {
      await this.#readKind('network', signal);
      if (signal.aborted) return;
      this.#show();
      await this.#findCauses(signal);
    } catch {
      // The table is as it was.
    }
  }

  /** @param {QualityKind} kind */
  async #showKind(kind) {
    this.#memory.kind = kind;
    this.#calls.close();
    this.#show();
    const { signal } = this.#loading;
    try {
      if (!this.#groups.has(kind)) await this.#readKind(kind, signal);
      if (!signal.aborted) this.#show();
    } catch (error) {
      this.#tell(error, signal, () => this.#showKind(kind));
    }
  }

  /**
   * @param {unknown} error
   * @param {AbortSignal} signal
   * @param {() => Promise<void>} again
   */
  #tell(error, signal, again) {
    if (signal.aborted) return;
    this.#table.setAttribute('aria-busy', 'false');
    say(this.#summary, 'Not loaded.');
    tellTrouble(this.#trouble, error, again);
  }

  #show() {
    const { team } = this.#context;
    const kind = this.#kind;
    const groups = this.#groups.get(kind);
    say(
      this.#hint,
      team.isManager
        ? 'The lines of all calls of the business, measured by the browsers of those who talked.'
        : 'The lines of your own calls, measured by your browser.',
    );
    for (const button of this.#kinds.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.value === kind));
    }
    say(this.#kindName, KINDS[kind]);
    const isInTime = kind === 'hour' || kind === 'day';
    say(
      this.#order,
      isInTime
        ? 'In your time zone.'
        : 'The worst first; with few calls a line must be much worse to be there.',
    );
    this.#table.setAttribute('aria-busy', String(!groups));
    if (!groups) return;
    say(this.#summary, summary(groups));
    this.#table.hidden = !groups.length;
    this.#empty.hidden = Boolean(groups.length);
    say(this.#empty, 'No call of this time has been measured.');
    this.#showRows(groups);
  }

  /**
   * A row that is drawn again keeps the focus.
   *
   * @param {QualityGroup[]} groups
   */
  #showRows(groups) {
    const row = document.activeElement?.closest('tr');
    const before = [...this.#rows.rows].find((one) => one === row);
    const at = [...(before?.querySelectorAll('button') ?? [])].findIndex(
      (button) => button === document.activeElement,
    );
    const rows = groups.map((group) => this.#row(group));
    this.#rows.replaceChildren(...rows);
    const again = rows.find(({ dataset }) => before && dataset.group === before.dataset.group);
    again?.querySelectorAll('button')[at]?.focus();
  }

  /** @param {QualityGroup} group */
  #row(group) {
    const kind = this.#kind;
    const { key } = group;
    const mayName = kind === 'network' && key !== null && this.#context.team.isManager;
    const name = groupName(kind, group, this.#nameOf);
    return groupRow(group, {
      name,
      open: () => void this.#calls.open(kind, key, name, this.#since),
      rename: mayName ? () => this.#networkName.open(key, group.label ?? '') : null,
    });
  }

  /** @param {AbortSignal} signal */
  async #findCauses(signal) {
    const { voice, business } = this.#context;
    const groups = Object.fromEntries(SUSPECTS.map((kind) => [kind, this.#groups.get(kind) ?? []]));
    const period = { since: this.#since, signal };
    const found = await voice.lineQuality.standOuts(business.id, groups, period);
    if (signal.aborted) return;
    this.#standOuts.hidden = !found.length;
    this.#standOutsList.replaceChildren(
      ...found.map((standOut) =>
        create('li', {}, ...nodesOf(standOutSentence(standOut, this.#nameOf))),
      ),
    );
  }

  #nameOf = (/** @type {string} */ userId) => this.#context.team.nameOf(userId);
}

/** @returns {{ kind: QualityKind, days: string }} */
function firstChoice() {
  return { kind: 'rep', days: '7' };
}
