import { remembered } from '../frame/view.js';
import { create, element, nodesOf, say, sayParts } from '../shared/dom.js';
import { onSetting } from '../shared/setting-changes.js';
import { tellTrouble } from '../shared/trouble.js';
import { when } from '../shared/words.js';
import { changedColumns } from './columns.js';
import { sentenceOf } from './sentence.js';
import { FILTERS, SUBJECTS } from './subjects.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').BusinessChange} BusinessChange
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const OPERATOR = 'operator';
/** More columns than these are opened on demand. */
const MOST_COLUMNS = 4;

/** The record of changes of the business, the latest first. */
export class ChangesPage {
  #context;
  #memory;
  #hint = element('changes-hint', HTMLElement);
  #filters = element('changes-filters', HTMLFormElement);
  #what = element('changes-what', HTMLSelectElement);
  #who = element('changes-who', HTMLSelectElement);
  #status = element('changes-status', HTMLElement);
  #trouble = element('changes-trouble', HTMLElement);
  #card = element('changes-card', HTMLElement);
  #list = element('changes-list', HTMLOListElement);
  #empty = element('changes-empty', HTMLElement);
  #more = element('changes-more', HTMLButtonElement);
  /** @type {BusinessChange[]} */
  #changes = [];
  #loading = new AbortController();
  #isStarted = false;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    const { memory, signal, team } = context;
    this.#memory = remembered(memory, 'changes', () => ({ what: 'all', who: '' }));
    this.#what.append(
      ...Object.entries(FILTERS).map(([value, { label }]) => create('option', { value }, label)),
    );
    this.#what.value = this.#memory.what;
    this.#filters.addEventListener('submit', (event) => event.preventDefault());
    this.#filters.addEventListener('change', () => {
      this.#memory.what = this.#what.value;
      this.#memory.who = this.#who.value;
      void this.#read();
    });
    this.#more.addEventListener('click', () => void this.#readOlder());
    signal.addEventListener('abort', () => this.#loading.abort());
    team.onLoad(() => this.#start(), signal);
    onSetting(context.voice, Object.keys(SUBJECTS), () => void this.#readNews(), signal);
    this.#start();
  }

  /** Agents do not read the record. Until the members are known, everybody counts as an agent. */
  #start() {
    const { team } = this.#context;
    const { isManager } = team;
    this.#filters.hidden = !isManager;
    this.#card.hidden = !isManager;
    say(
      this.#hint,
      isManager
        ? 'Who changed what in the business, from what to what. Nobody can change this record.'
        : 'The owners and managers of the business see here who changed what.',
    );
    this.#list.setAttribute('aria-busy', String(isManager && !this.#isStarted));
    if (!isManager || this.#isStarted) return;
    this.#isStarted = true;
    this.#who.append(
      ...team.all.map(({ user_id: id }) => create('option', { value: id }, team.nameOf(id))),
      create('option', { value: OPERATOR }, 'The operator'),
    );
    this.#who.value = this.#memory.who;
    // Somebody who left since.
    if (this.#who.selectedIndex < 0) this.#who.value = '';
    void this.#read();
  }

  /** Reads the latest changes. */
  async #read() {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#list.setAttribute('aria-busy', 'true');
    sayParts(this.#trouble);
    say(this.#status, 'Loading…');
    try {
      const { changes, more } = await this.#ask(signal);
      if (signal.aborted) return;
      this.#changes = changes;
      this.#list.replaceChildren(...changes.map((change) => this.#itemOf(change)));
      this.#empty.hidden = changes.length > 0;
      say(this.#empty, 'Nothing of this kind has been changed.');
      this.#said(more);
    } catch (error) {
      this.#tell(error, signal, () => this.#read());
    }
  }

  /** Adds what was changed since above the others, which stay as they are: somebody may be reading there. */
  async #readNews() {
    const { signal } = this.#loading;
    if (!this.#isStarted || this.#list.getAttribute('aria-busy') === 'true') return;
    try {
      const { changes, more } = await this.#ask(signal);
      if (signal.aborted) return;
      const latest = this.#changes[0]?.id ?? 0;
      const news = changes.filter(({ id }) => id > latest);
      // So many that some are missing between them and the others.
      if (more && news.length === changes.length) return await this.#read();
      this.#changes.unshift(...news);
      this.#list.prepend(...news.map((change) => this.#itemOf(change)));
      this.#empty.hidden = this.#changes.length > 0;
      this.#said(!this.#more.hidden);
    } catch {
      // The list is as it was; the next change reads it again.
    }
  }

  async #readOlder() {
    const { signal } = this.#loading;
    this.#more.disabled = true;
    sayParts(this.#trouble);
    try {
      const { changes, more } = await this.#ask(signal, this.#changes.at(-1));
      if (signal.aborted) return;
      this.#changes.push(...changes);
      const items = changes.map((change) => this.#itemOf(change));
      const hadFocus =
        document.activeElement === this.#more || document.activeElement === document.body;
      this.#list.append(...items);
      this.#said(more);
      if (hadFocus) {
        if (more) this.#more.focus();
        else items[0]?.focus();
      }
    } catch (error) {
      this.#tell(error, signal, () => this.#readOlder());
    } finally {
      this.#more.disabled = false;
    }
  }

  /**
   * @param {AbortSignal} signal
   * @param {BusinessChange} [before]
   */
  #ask(signal, before) {
    const { voice, business } = this.#context;
    const who = this.#who.value;
    return voice.changes.list(business.id, {
      subjects: FILTERS[this.#what.value]?.subjects ?? [],
      ...(who && { changedBy: who === OPERATOR ? null : who }),
      ...(before && { before }),
      signal,
    });
  }

  /** @param {boolean} more */
  #said(more) {
    const count = this.#changes.length;
    this.#list.setAttribute('aria-busy', 'false');
    this.#more.hidden = !more;
    say(
      this.#status,
      count
        ? `${count} ${count === 1 ? 'change' : 'changes'}${more ? ', and older ones' : ''}`
        : '',
    );
  }

  /**
   * @param {unknown} error
   * @param {AbortSignal} signal
   * @param {() => Promise<void>} again
   */
  #tell(error, signal, again) {
    if (signal.aborted) return;
    this.#list.setAttribute('aria-busy', 'false');
    say(this.#status, 'Not loaded.');
    tellTrouble(this.#trouble, error, again);
  }

  /** @param {BusinessChange} change */
  #itemOf(change) {
    const time = when(change.changed_at);
    const columns = changedColumns(change);
    const values = create(
      'dl',
      {},
      ...columns.flatMap(({ label, from, to }) => [
        create('dt', {}, label),
        create(
          'dd',
          {},
          from !== null && to !== null && valueIn('del', from, 'was'),
          from !== null && to !== null && create('span', { 'aria-hidden': 'true' }, ' → '),
          valueIn(
            to === null ? 'del' : 'ins',
            to ?? from ?? '',
            from !== null && to !== null ? 'now' : '',
          ),
        ),
      ]),
    );
    return create(
      'li',
      { tabindex: '-1', 'data-subject': change.subject },
      create(
        'p',
        { class: 'change-head' },
        create('span', {}, ...nodesOf(sentenceOf(change, this.#context.userId))),
        create('time', { datetime: time.iso, title: time.exact }, time.short),
      ),
      columns.length > MOST_COLUMNS
        ? create('details', {}, create('summary', {}, `${columns.length} values`), values)
        : columns.length > 0 && values,
    );
  }
}

/**
 * @param {'del' | 'ins'} tag
 * @param {string} text
 * @param {string} spoken what a screen reader says before it
 */
function valueIn(tag, text, spoken) {
  return create(
    tag,
    { dir: 'auto' },
    spoken && create('span', { class: 'visually-hidden' }, `${spoken} `),
    text,
  );
}
