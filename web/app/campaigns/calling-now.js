import { bdi, create, element, say } from '../shared/dom.js';
import { DOINGS, lasting } from './words.js';

/** @typedef {import('../../henk-voice/henk-voice.js').CampaignQueue['reps'][number]} RepInQueue */

const TICK_MS = 1_000;

/** Which rep calls which lead of the campaign, and since when. */
export class CallingNow {
  #list = element('reps', HTMLUListElement);
  /** @type {{ since: string, clock: HTMLElement }[]} */
  #clocks = [];
  #ticking = setInterval(() => this.#tick(), TICK_MS);

  /** @param {readonly RepInQueue[]} reps */
  show(reps) {
    const items = reps.map((rep) => {
      const clock = create('span', { class: 'rep-clock' });
      const name = bdi(rep.name ?? 'A colleague');
      const does = create('span', {}, name, ` ${DOINGS[rep.doing] ?? rep.doing} `);
      does.append(bdi(rep.lead_name ?? 'somebody'));
      return {
        since: rep.since,
        clock,
        item: create('li', { 'data-doing': rep.doing }, does, clock),
      };
    });
    this.#clocks = items;
    this.#list.replaceChildren(...items.map(({ item }) => item));
    if (!items.length) this.#list.append(create('li', { class: 'nobody' }, 'Nobody.'));
    this.#tick();
  }

  stop() {
    clearInterval(this.#ticking);
  }

  #tick() {
    for (const { since, clock } of this.#clocks) say(clock, lasting(since, Date.now()));
  }
}
