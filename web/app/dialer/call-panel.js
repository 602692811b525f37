import { CallLine } from '../call/call-line.js';
import { leadNameOf } from '../call/lead-name.js';
import { bdi, element, ltr, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { callState, duration } from '../shared/words.js';
import { CallLegs } from './call-legs.js';
import { DialPad } from './dial-pad.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').EndReason} EndReason
 * @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

const TICK_MS = 250;

/** Shows what the call is doing, with its buttons and its keypad. */
export class CallPanel {
  #box = element('call-box', HTMLElement);
  #state = element('call-state', HTMLElement);
  #clock = element('talk-clock', HTMLElement);
  #detail = element('call-detail', HTMLElement);
  #number = element('call-number', HTMLElement);
  #line = new CallLine(element('call-quality', HTMLElement));
  #callButton = element('call-button', HTMLButtonElement);
  #muteButton = element('mute-button', HTMLButtonElement);
  #hangUpButton = element('hang-up-button', HTMLButtonElement);
  #queueButtons = element('queue-buttons', HTMLElement);
  #extensionButton = element('extension-button', HTMLButtonElement);
  #dialPad;
  #legs;
  #team;
  #notesButton = element('notes-button', HTMLButtonElement);
  #barLine = element('bar-line', HTMLElement);
  #options;
  #signal;
  #ready;
  /** @type {Call | null} */
  #call = null;
  #name = '';
  /** Somebody else is about to be called: of the last call only its result is shown. */
  #isPast = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /**
   * @param {ViewContext} context
   * @param {object} options
   * @param {(call: Call) => void} options.onNotes the rep wants to write about the call
   * @param {(call: Call) => Promise<void>} options.beforeRing somebody else is about to be rung
   * @param {(call: Call) => boolean} options.isWritten whether the form about the call is open
   * @param {(call: Call) => boolean} options.afterHangUp gives the focus to what comes after the call, if
   *   there is something
   */
  constructor(context, options) {
    const { voice, signal } = context;
    const { onNotes, beforeRing } = options;
    this.#options = options;
    this.#signal = signal;
    this.#team = context.team;
    this.#legs = new CallLegs(context, { beforeRing });
    this.#notesButton.addEventListener('click', () => this.#call && onNotes(this.#call));
    this.#ready = voice.ready ? 'Ready to call' : 'Getting ready…';
    const become = (/** @type {string} */ text) => {
      this.#ready = text;
      this.#idle();
      // A refusal may be out of date.
      if (this.#call?.over) this.#render();
    };
    voice.on('ready', () => become('Ready to call'), { signal });
    voice.on('recovered', () => become('Ready to call'), { signal });
    voice.on('failure', () => become('Not ready to call'), { signal });
    this.#idle();
    signal.addEventListener('abort', () => clearInterval(this.#ticking));
    this.#dialPad = new DialPad((digit) => this.#call?.sendDigits(digit), signal);
    this.#hangUpButton.addEventListener('keydown', (event) => {
      // The key that placed the call is still held.
      if (event.repeat) event.preventDefault();
    });
    this.#muteButton.addEventListener('click', () => this.#call?.mute(!this.#call.muted));
    this.#extensionButton.addEventListener('click', () => {
      this.#dialPad.send(extensionOf(this.#call));
    });
  }

  /** @param {boolean} isChecking *Call* was pressed, and the number is checked before the call */
  check(isChecking) {
    this.#callButton.setAttribute('aria-disabled', String(isChecking));
    if (isChecking) {
      say(this.#state, 'Checking the number…');
      sayParts(this.#detail);
    } else if (this.#call) this.#render();
    else this.#idle();
  }

  /**
   * Says why no call can be placed now. Nothing else changes.
   *
   * @param {Failure | null} failure
   */
  refuse(failure) {
    say(this.#state, failure ? `Not called: ${failure.title}` : 'Not called');
    sayParts(this.#detail, failure ? `${failure.message} ${failure.action}` : '');
    sayParts(this.#number);
  }

  /**
   * @param {Call} call
   * @param {string} name of the person who is called
   */
  show(call, name) {
    this.#call = call;
    this.#name = name;
    this.#isPast = false;
    const places = [this.#callButton.form, this.#queueButtons];
    const hadFocus = places.some((place) => place?.contains(document.activeElement));
    this.#render();
    // A queue may begin the call by itself: a key that was meant to stop it must not hang up.
    const place = call.wishes.leaseToken ? this.#state : this.#hangUpButton;
    if (hadFocus && !call.over) place.focus();
    call.on('change', () => call === this.#call && this.#render(), { signal: this.#signal });
    call.on('end', () => call === this.#call && this.#moveFocus(), { signal: this.#signal });
    clearInterval(this.#ticking);
    if (!call.over) this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  /** The queue shows whom it calls next: the last call must not look like theirs. */
  leavePast() {
    this.#isPast = true;
    if (this.#call?.over) this.#render();
  }

  /** The form about the call was opened or closed. */
  showNotesButton() {
    const call = this.#call;
    const canWrite =
      call?.state === 'talking' &&
      call.conversation !== null &&
      this.#team.mayDescribe(call.conversation);
    this.#notesButton.hidden = !call || !canWrite || this.#options.isWritten(call);
  }

  #idle() {
    if (this.#call) return;
    say(this.#state, this.#ready);
    sayParts(this.#detail);
  }

  #render() {
    const call = this.#call;
    if (!call) return;
    const { state, over } = call;
    this.#box.dataset.state = call.reconnecting ? 'reconnecting' : state;
    const isPast = over && this.#isPast;
    this.#clock.hidden = isPast || call.answeredAt === null || state === 'connecting';
    const ended = call.reason && inShort(call.reason);
    const name = leadNameOf(call, this.#name);
    if (isPast) {
      say(this.#state, this.#ready);
      sayParts(this.#detail, 'Last call: ', bdi(name), ended ? ` · ${ended}` : '');
      sayParts(this.#number);
    } else {
      say(this.#state, ended ? `Ended: ${ended}` : callState(call));
      sayParts(this.#detail, bdi(name), !over && call.muted ? ' · Muted' : '');
      this.#showNumber(call);
    }
    this.#tick();
    if (over) clearInterval(this.#ticking);

    this.#callButton.hidden = !over;
    this.#hangUpButton.hidden = over;
    this.#muteButton.hidden = over;
    this.#muteButton.disabled = state === 'connecting';
    this.#muteButton.setAttribute('aria-pressed', String(call.muted));
    this.#dialPad.enable(state === 'talking');
    const extension = extensionOf(call);
    this.#extensionButton.hidden = !extension || state !== 'talking';
    say(this.#extensionButton, `Send extension ${extension}`);
    this.#line.show(call);
    this.showNotesButton();
    this.#legs.show(call, name);
  }

  /** @param {Call} call */
  #showNumber(call) {
    const placed = call.wishes.to.replace(/;ext=\d+$/, '');
    const number = placed || (call.conversation?.to_number ?? '');
    const extension = extensionOf(call);
    const isSaid = leadNameOf(call, this.#name).replaceAll(' ', '').includes(number);
    sayParts(
      this.#number,
      ...(isSaid ? [] : [ltr(formatNumber(number))]),
      extension ? ` extension ${extension}` : '',
    );
  }

  /** Moves the focus away from a button of the call, which is hidden now, to what comes next. */
  #moveFocus() {
    if (!this.#box.contains(document.activeElement)) return;
    if (this.#call && this.#options.afterHangUp(this.#call)) return;
    this.#callButton.hidden = false;
    this.#callButton.focus();
  }

  #tick() {
    if (!this.#call) return;
    const talked = duration(this.#call.talkSeconds);
    say(this.#clock, talked);
    const parts = [callState(this.#call), !this.#clock.hidden && talked, this.#detail.textContent];
    say(this.#barLine, parts.filter(Boolean).join(' · '));
    this.#legs.tick();
  }
}

/**
 * @param {EndReason} reason
 * @returns {string} for a failure only its title, because a notice has the rest
 */
function inShort({ message, failure }) {
  return failure ? failure.title : message;
}

/**
 * @param {Call | null} call
 * @returns {string} its digits, or empty
 */
function extensionOf(call) {
  return call?.wishes.to.match(/;ext=(\d+)$/)?.[1] ?? '';
}
