import { bdi, create, element } from '../shared/dom.js';
import { when } from '../shared/words.js';

/**
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('../shared/team.js').Team} Team
 * @typedef {import('../../henk-voice/henk-voice.js').Change} Change
 */

/** Who changed what of a call, and what was there before. */
export class ChangeHistory {
  #context;
  #team;
  #details = element('wrap-up-changes', HTMLDetailsElement);
  #title = element('wrap-up-changes-title', HTMLElement);
  #list = element('wrap-up-changes-list', HTMLOListElement);
  #loading = new AbortController();

  /**
   * @param {ViewContext} context
   * @param {Team} team
   */
  constructor(context, team) {
    this.#context = context;
    this.#team = team;
  }

  /** @param {string} id of the conversation */
  async show(id) {
    this.hide();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const { conversations } = this.#context.voice;
    const changes = await conversations.changes(id, { signal }).catch(() => []);
    if (signal.aborted || !changes.length) return;
    this.#title.textContent = `Changes (${changes.length})`;
    this.#list.replaceChildren(...changes.map((change) => this.#entry(change)));
    this.#details.hidden = false;
  }

  hide() {
    this.#loading.abort();
    this.#details.hidden = true;
    this.#details.open = false;
  }

  /** @param {Change} change */
  #entry({ changed_by: author, changed_at: at, before, after }) {
    const time = when(at);
    return create(
      'li',
      {},
      create(
        'p',
        { class: 'change-author' },
        bdi(this.#team.nameOf(author)),
        ', ',
        create('time', { datetime: time.iso, title: time.exact }, time.short),
      ),
      ...Object.keys({ ...before, ...after }).flatMap((field) => this.#parts(field, before, after)),
    );
  }

  /**
   * @param {string} field
   * @param {Change['before']} before
   * @param {Change['after']} after
   */
  #parts(field, before, after) {
    if (field === 'outcome') {
      const [was, is] = [before, after].map(({ outcome }) =>
        outcome ? this.#context.outcomes.labelOf(outcome) : 'none',
      );
      return [create('p', {}, `Outcome: ${was} → ${is}`)];
    }
    if (field === 'notes') {
      return [
        create('p', {}, before.notes ? 'Notes were:' : 'Notes were empty.'),
        ...(before.notes ? [create('blockquote', { dir: 'auto' }, before.notes)] : []),
      ];
    }
    if (field === 'lead_id') return [create('p', {}, 'The contact was changed.')];
    if (field === 'campaign_id') return [create('p', {}, 'The campaign was changed.')];
    return [];
  }
}
