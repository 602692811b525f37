import { bdi, create, element } from '../shared/dom.js';
import { when } from '../shared/words.js';

/**
 * @typedef {import('../shared/drafts.js').Conflict} Conflict
 * @typedef {import('../shared/drafts.js').Draft} Draft
 * @typedef {'outcome' | 'notes'} Field
 * @typedef {'mine' | 'theirs' | 'both'} Choice
 */

/** As the labels of the form do not have them, so that each label is of one field. */
const NAMES = { outcome: 'result', notes: 'text' };

/** Shows what somebody else wrote meanwhile, beside what the rep wrote, and asks what to keep. */
export class ConflictChoice {
  #box = element('wrap-up-conflicts', HTMLElement);
  #outcomes;
  #onChoice;

  /**
   * @param {import('../shared/outcomes.js').Outcomes} outcomes
   * @param {(field: Field, choice: Choice) => void} onChoice
   */
  constructor(outcomes, onChoice) {
    this.#outcomes = outcomes;
    this.#onChoice = onChoice;
  }

  /** @param {Draft['conflicts']} conflicts */
  show(conflicts) {
    const fields = /** @type {const} */ (['outcome', 'notes']);
    const asked = fields.flatMap((field) => {
      const conflict = conflicts[field];
      return conflict ? [this.#question(field, conflict)] : [];
    });
    this.#box.replaceChildren(...asked);
    this.#box.hidden = !asked.length;
  }

  /**
   * @param {Field} field
   * @param {Conflict} conflict
   */
  #question(field, { current, changed_by_name: name, changed_at: at }) {
    const theirs = field === 'outcome' && current ? this.#outcomes.labelOf(current) : current;
    /** @type {[Choice, string][]} */
    const choices = [
      ['mine', 'Keep mine'],
      ['theirs', 'Keep theirs'],
    ];
    if (field === 'notes' && current) choices.push(['both', 'Keep both']);
    return create(
      'div',
      { class: 'conflict', role: 'group', 'aria-label': `Two versions of the ${NAMES[field]}` },
      create(
        'p',
        {},
        bdi(name ?? 'Somebody else'),
        ` changed the ${field} while you wrote${at ? ` (${when(at).short})` : ''}. Theirs:`,
      ),
      create('blockquote', { dir: 'auto' }, theirs ?? `No ${field}.`),
      create('p', {}, `Yours is in the form above. Nothing is lost until you choose.`),
      create(
        'div',
        { class: 'conflict-choices' },
        ...choices.map(([choice, label]) => {
          const button = create('button', { type: 'button' }, label);
          button.addEventListener('click', () => this.#onChoice(field, choice));
          return button;
        }),
      ),
    );
  }
}

/**
 * The draft after the rep's choice.
 *
 * @param {Draft} draft
 * @param {Field} field
 * @param {Choice} choice
 * @returns {Draft}
 */
export function resolved(draft, field, choice) {
  const current = draft.conflicts[field]?.current ?? null;
  const mine = draft.written[field];
  const both = [current, mine].filter(Boolean).join('\n\n');
  const kept = { mine, theirs: current, both }[choice];
  const { [field]: _done, ...conflicts } = draft.conflicts;
  return {
    ...draft,
    before: { ...draft.before, [field]: current },
    written: { ...draft.written, [field]: kept },
    conflicts,
    state: Object.keys(conflicts).length ? 'conflict' : 'saving',
  };
}
