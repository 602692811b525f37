import { create, element, say } from '../shared/dom.js';
import { callState, duration } from '../shared/words.js';
import { DialPad } from './dial-pad.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').EndReason} EndReason
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 */

const TICK_MS = 250;

/** Shows what the call is doing, with its buttons and its keypad. */
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
  #signal;
  /** @type {Call | null} */
  #call = null;
  #name = '';
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /**
   * @param {HenkVoice} voice
   * @param {AbortSignal} signal
   */
  constructor(voice, signal) {
    this.#signal = signal;
    if (voice.ready) this.#idle('Ready to call');
    voice.on('ready', () => this.#idle('Ready to call'), { signal });
    voice.on('failure', () => this.#idle('Not ready to call'), { signal });
    signal.addEventListener('abort', () => clearInterval(this.#ticking));
    this.#dialPad = new DialPad((digit) => this.#call?.sendDigits(digit), signal);
    this.#muteButton.addEventListener('click', () => this.#call?.mute(!this.#call.muted));
    this.#hangUpButton.addEventListener('click', () => this.#call?.hangUp());
  }

  /**
   * @param {Call} call
   * @param {string} name of the person who is called
   */
  show(call, name) {
    this.#call = call;
    this.#name = name;
    const hadFocus = this.#callButton === document.activeElement;
    this.#render();
    if (hadFocus) this.#hangUpButton.focus();
    call.on('change', () => call === this.#call && this.#render(), { signal: this.#signal });
    call.on('end', () => call === this.#call && this.#moveFocus(), { signal: this.#signal });
    clearInterval(this.#ticking);
    if (!call.over) this.#ticking = setInterval(() => this.#tick(), TICK_MS);
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
    say(this.#state, call.reason ? `Ended: ${inShort(call.reason)}` : callState(call));
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
  }

  /** Moves the focus away from the button that is about to be hidden. */
  #moveFocus() {
    if (this.#hangUpButton !== document.activeElement) return;
    this.#callButton.hidden = false;
    this.#callButton.focus();
  }

  #tick() {
    if (this.#call) say(this.#clock, duration(this.#call.talkSeconds));
  }
}

/**
 * @param {EndReason} reason
 * @returns {string} for a failure only its title, because a notice has the rest
 */
function inShort({ message, failure }) {
  return failure ? failure.title : message;
}
