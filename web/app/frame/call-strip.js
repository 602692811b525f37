import { element, say } from '../shared/dom.js';
import { callState, duration } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./current-call.js').CurrentCall} CurrentCall
 */

const TICK_MS = 250;

/** The call that is going on, in a line above each view that does not show it itself. */
export class CallStrip {
  #voice;
  #currentCall;
  #strip = element('call-strip', HTMLElement);
  #state = element('strip-state', HTMLElement);
  #name = element('strip-name', HTMLElement);
  #clock = element('strip-clock', HTMLElement);
  #mute = element('strip-mute', HTMLButtonElement);
  #wanted = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /**
   * @param {HenkVoice} voice
   * @param {CurrentCall} currentCall
   */
  constructor(voice, currentCall) {
    this.#voice = voice;
    this.#currentCall = currentCall;
    voice.on('callchange', () => this.#render());
    this.#mute.addEventListener('click', () => voice.call?.mute(!voice.call.muted));
    element('strip-hang-up', HTMLButtonElement).addEventListener('click', () => {
      // The view of the call asks what becomes of the lead.
      if (voice.call?.asksBeforeHangUp) location.hash = '#/';
      else void voice.call?.hangUp();
      element('main', HTMLElement).focus();
    });
  }

  /** @param {boolean} wanted whether the view does not show the call itself */
  show(wanted) {
    this.#wanted = wanted;
    this.#render();
  }

  #render() {
    const { call, inCall } = this.#voice;
    this.#strip.hidden = !(call && inCall && this.#wanted);
    clearInterval(this.#ticking);
    if (!call || this.#strip.hidden) return;
    say(this.#state, callState(call));
    say(this.#name, this.#currentCall.name);
    this.#mute.disabled = call.state === 'connecting';
    this.#mute.setAttribute('aria-pressed', String(call.muted));
    const tick = () => say(this.#clock, call.answeredAt ? duration(call.talkSeconds) : '');
    tick();
    this.#ticking = setInterval(tick, TICK_MS);
  }
}
