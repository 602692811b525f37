import { create, debounce, element } from '../shared/dom.js';
import { duration } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../../henk-voice/henk-voice.js').MyDay} MyDay
 * @typedef {{ count: number, word: string, meaning: string, isUrgent?: boolean }} Figure
 */

const READ_AFTER_MS = 1_500;
/** Call-backs become due, and midnight comes, without any news. */
const READ_AGAIN_MS = 300_000;

/** The rep's numbers of today, in the bar at the top. */
export class Today {
  #voice;
  #list = element('today', HTMLUListElement);
  #reading = new AbortController();
  #readSoon = debounce(() => void this.#read(), READ_AFTER_MS);
  /** Whose numbers are shown. @type {string | null} */
  #userId = null;

  /** @param {HenkVoice} voice */
  constructor(voice) {
    this.#voice = voice;
    voice.on('ready', () => void this.#read());
    voice.on('callend', this.#readSoon);
    voice.on('conversation', (row) => {
      if (row.user_id === this.#userId) this.#readSoon();
    });
    setInterval(this.#readSoon, READ_AGAIN_MS);
  }

  /** @param {string | null} userId who is signed in; null: nothing is shown */
  show(userId) {
    this.#userId = userId;
    this.#reading.abort();
    this.#list.hidden = true;
  }

  async #read() {
    this.#reading.abort();
    if (!this.#userId || !this.#voice.businessId) return;
    const { signal } = (this.#reading = new AbortController());
    // Without the numbers the page works. They are read again after the next call.
    const day = await this.#voice.myDay({ signal }).catch(() => null);
    if (!day || signal.aborted) return;
    this.#list.replaceChildren(...figuresOf(day).map(figure));
    this.#list.hidden = false;
  }
}

/**
 * @param {MyDay} day
 * @returns {Figure[]} what there is none of, and need not be there, is left out
 */
export function figuresOf(day) {
  const { calls, conversations, successes, call_backs_due: due, talk_seconds: talked } = day;
  const figures = [
    { count: calls, word: calls === 1 ? 'call' : 'calls', meaning: 'Calls that you placed today' },
    {
      count: conversations,
      word: conversations === 1 ? 'conversation' : 'conversations',
      meaning: `Calls that reached a person and lasted as long as the business asks of a conversation. You talked for ${duration(talked)} today`,
    },
    {
      count: successes,
      word: successes === 1 ? 'success' : 'successes',
      meaning: 'Calls of today with an outcome that counts as a success',
    },
  ];
  const dueNow = {
    count: due,
    word: due === 1 ? 'call-back due' : 'call-backs due',
    meaning: 'Somebody was promised a call by now',
    isUrgent: true,
  };
  return due ? [...figures, dueNow] : figures;
}

/** @param {Figure} figure */
function figure({ count, word, meaning, isUrgent = false }) {
  return create(
    'li',
    { title: meaning, class: isUrgent ? 'urgent' : '' },
    create('strong', {}, String(count)),
    ` ${word}`,
  );
}
