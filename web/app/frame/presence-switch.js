import { failureOf } from '../../henk-voice/henk-voice.js';
import { element, say } from '../shared/dom.js';
import { hideNotice, showFailure } from '../shared/notices.js';

/** @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice */

const NOTICE = 'presence';

/** Whether colleagues can ring the rep: a switch, and what is so now. */
export class PresenceSwitch {
  #voice;
  #box = element('presence', HTMLElement);
  #switch = element('presence-switch', HTMLButtonElement);
  #state = element('presence-state', HTMLElement);
  #meaning = element('presence-meaning', HTMLElement);

  /** @param {HenkVoice} voice */
  constructor(voice) {
    this.#voice = voice;
    voice.presence.on('change', () => this.#render());
    voice.on('phonechange', () => this.#render());
    this.#switch.addEventListener('click', () => void this.#toggle());
  }

  /** @param {boolean} isShown */
  show(isShown) {
    this.#box.hidden = !isShown;
    this.#render();
  }

  async #toggle() {
    const { presence } = this.#voice;
    hideNotice(NOTICE);
    try {
      await presence.set(presence.chosen === 'away' ? 'available' : 'away');
    } catch (error) {
      const failure = failureOf(error);
      const action = 'Your colleagues will see it as soon as the connection is back.';
      showFailure({ ...failure, action }, NOTICE);
    }
    this.#render();
  }

  #render() {
    const { presence, phone } = this.#voice;
    const isOff = presence.chosen === 'away';
    const state = isOff ? 'away' : presence.state;
    this.#box.dataset.state = state;
    this.#switch.setAttribute('aria-checked', String(!isOff));
    say(this.#state, { available: 'Available', busy: 'In a call', away: 'Away' }[state]);
    say(this.#meaning, phone.where === 'elsewhere' && !isOff ? 'Rings in another tab' : '');
  }
}
