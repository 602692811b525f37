import { create, element, say } from './dom.js';
import { DialPad } from './dial-pad.js';
import { duration } from './words.js';

/**
 * @typedef {import('../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../henk-voice/henk-voice.js').EndReason} EndReason
 * @typedef {import('../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 */

const STATES = {
  connecting: 'Connecting…',
  ringing: 'Ringing…',
  talking: 'Talking',
  ended: 'Ended',
};
const TICK_MS = 250;

/** What the call is doing, and what can be done with it. */
export class CallPanel {
  #box = element('call-box', HTMLElement);
  #state = element('call-state', HTMLElement);
  #clock = element('talk-clock', HTMLElement);
  #detail = element('call-detail', HTMLElement);
  #warnings = element('call-warnings', HTMLElement);
  #callButton = element('call-button', HTMLButtonElement);
  #muteButton = element('mute-button', HTMLButtonElement);
  #hangUpButton = element('hang-up-button', HTMLButtonElement);
  #dialPad;
  /** @type {Call | null} */
  #call = null;
  #name = '';
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  #title = document.title;

  /** @param {HenkVoice} voice */
  constructor(voice) {
    voice.on('ready', () => this.#idle('Ready to call'));
    voice.on('failure', () => this.#idle('Not ready to call'));
    this.#dialPad = new DialPad((digit) => this.#call?.sendDigits(digit));
    this.#muteButton.addEventListener('click', () => this.#call?.mute(!this.#call.muted));
    this.#hangUpButton.addEventListener('click', () => this.#call?.hangUp());
  }

  /**
   * @param {Call} call
   * @param {string} name of who is called
   */
  show(call, name) {
    this.#call = call;
    this.#name = name;
    const hadFocus = this.#callButton === document.activeElement;
    this.#render();
    if (hadFocus) this.#hangUpButton.focus();
    call.on('change', () => {
      if (call === this.#call) this.#render();
    });
    call.on('end', () => {
      if (call === this.#call && this.#hangUpButton === document.activeElement) {
        this.#callButton.hidden = false;
        this.#callButton.focus();
      }
    });
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Nothing called yet. */
  reset() {
    clearInterval(this.#ticking);
    this.#call = null;
    this.#box.dataset.state = 'idle';
    this.#clock.hidden = true;
    say(this.#detail, '');
    document.title = this.#title;
    this.#idle('Getting ready…');
  }

  /** @param {string} text */
  #idle(text) {
    if (!this.#call) say(this.#state, text);
  }

  #render() {
    const call = this.#call;
    if (!call) return;
    const { state, over } = call;
    this.#box.dataset.state = call.reconnecting ? 'reconnecting' : state;
    this.#clock.hidden = call.answeredAt === null || state === 'connecting';
    say(this.#state, call.reason ? `Ended: ${inShort(call.reason)}` : this.#goingOn(call));
    say(this.#detail, over ? this.#name : `${this.#name}${call.muted ? ' · Muted' : ''}`);
    this.#tick();
    if (over) clearInterval(this.#ticking);

    this.#callButton.hidden = !over;
    this.#hangUpButton.hidden = over;
    this.#muteButton.hidden = over;
    this.#muteButton.disabled = state === 'connecting';
    this.#muteButton.setAttribute('aria-pressed', String(call.muted));
    this.#dialPad.enable(state === 'talking');
    this.#warnings.replaceChildren(
      ...call.warnings.map(({ message, action }) => create('li', {}, `${message} ${action}`)),
    );
    document.title = over ? this.#title : `${STATES[state]} ${this.#name} · Henk`;
  }

  /** @param {Call} call */
  #goingOn(call) {
    if (call.reconnecting) return 'Connection lost. Reconnecting…';
    if (call.awaitingMicrophone) return 'Connecting… Allow the microphone if your browser asks.';
    return STATES[call.state];
  }

  #tick() {
    if (this.#call) say(this.#clock, duration(this.#call.talkSeconds));
  }
}

/**
 * @param {EndReason} reason
 * @returns {string} a failure by its name: what to do about it is in a notice
 */
function inShort({ message, failure }) {
  return failure ? failure.title : message;
}
