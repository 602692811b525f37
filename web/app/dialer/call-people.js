import { bdi, create, element, say, sayParts } from '../shared/dom.js';
import { duration } from '../shared/words.js';

/**
 * @typedef {import('../call/parties.js').Party} Party
 *
 * @typedef {object} Row
 * @property {HTMLLIElement} item
 * @property {HTMLElement} name
 * @property {HTMLElement} state
 * @property {HTMLElement} time
 * @property {HTMLButtonElement} remove
 * @property {HTMLElement} verb what the button does
 * @property {HTMLElement} whom to whom, for screen readers
 */

const STATES = { rings: 'Ringing', talks: 'Talking', holds: 'On hold' };
const ENDINGS = {
  declined: 'Declined',
  no_answer: 'No answer',
  busy: 'Busy',
  not_reached: 'Not reached',
  canceled: 'Not rung any more',
  left: 'Left',
};

/** The list of who is on the call and who was, each with their state and its time. */
export class CallPeople {
  #box = element('call-people', HTMLElement);
  #list = element('call-people-list', HTMLUListElement);
  #onRemove;
  /** By the leg's id. @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {readonly Party[]} */
  #parties = [];

  /** @param {(party: Party) => void} onRemove */
  constructor(onRemove) {
    this.#onRemove = onRemove;
  }

  /**
   * @param {readonly Party[]} parties nobody: the list is not shown
   * @param {readonly Party[]} removable who can be taken off the call
   * @param {boolean} leadWaits whether somebody is rung for the lead
   */
  render(parties, removable, leadWaits) {
    this.#parties = parties;
    this.#box.hidden = !parties.length;
    for (const [id, { item }] of this.#rows) {
      if (parties.some(({ legId }) => legId === id)) continue;
      item.remove();
      this.#rows.delete(id);
    }
    for (const [index, party] of parties.entries()) {
      const row = this.#rows.get(party.legId) ?? this.#make(party.legId);
      // Moving an element that is in its place would take the focus from its button.
      if (this.#list.children[index] !== row.item) {
        this.#list.insertBefore(row.item, this.#list.children[index] ?? null);
      }
      row.item.dataset.state = party.state;
      sayParts(row.name, bdi(party.name));
      const waits = leadWaits && party.role === 'lead' && party.state === 'talks';
      say(row.state, waits ? 'Hears it ring' : wordsOf(party));
      row.remove.hidden = !removable.includes(party);
      say(row.verb, party.state === 'rings' ? 'Stop ringing' : 'Remove');
      sayParts(row.whom, ' ', bdi(party.name));
    }
    this.tick();
  }

  /** Shows how long each state has lasted. */
  tick() {
    const now = Date.now();
    for (const { legId, since, state, talkSeconds } of this.#parties) {
      const row = this.#rows.get(legId);
      if (!row) continue;
      const ago = since && Math.max(0, Math.floor((now - since.getTime()) / 1000));
      const seconds = state === 'left' ? talkSeconds : ago;
      say(row.time, seconds === null ? '' : duration(seconds));
    }
  }

  /**
   * @param {string} legId
   * @returns {Row}
   */
  #make(legId) {
    const name = create('span', { class: 'person-name' });
    const state = create('span', { class: 'person-state' });
    const time = create('span', { class: 'person-time' });
    const verb = create('span');
    const whom = create('span', { class: 'visually-hidden' });
    const remove = create('button', { type: 'button', class: 'quiet' }, verb, whom);
    remove.addEventListener('click', () => {
      const party = this.#parties.find((one) => one.legId === legId);
      if (party) this.#onRemove(party);
    });
    const item = create('li', {}, name, state, time, remove);
    const row = { item, name, state, time, remove, verb, whom };
    this.#rows.set(legId, row);
    return row;
  }
}

/** @param {Party} party */
function wordsOf({ state, ending, isYou }) {
  // Whether anybody hears the reader is said above.
  if (isYou && state === 'talks') return 'On the call';
  return state === 'left' ? ENDINGS[ending ?? 'left'] : STATES[state];
}
