import { CallLine } from '../call/call-line.js';
import { peopleOf } from '../call/people-of-call.js';
import { recordingView } from '../call/recording.js';
import { whoHears } from '../call/who-hears.js';
import { element, nodesOf, say, sayParts } from '../shared/dom.js';
import { callState, duration } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../shared/team.js').Team} Team
 * @typedef {import('./current-call.js').CurrentCall} CurrentCall
 */

const TICK_MS = 250;

/** The call that is going on, in a line above each view that does not show it itself. */
export class CallStrip {
  #voice;
  #currentCall;
  #reader;
  #strip = element('call-strip', HTMLElement);
  #state = element('strip-state', HTMLElement);
  #name = element('strip-name', HTMLElement);
  #hears = element('strip-hears', HTMLElement);
  #recording = element('strip-recording', HTMLElement);
  #line = new CallLine(element('strip-line', HTMLElement), { isBrief: true });
  #clock = element('strip-clock', HTMLElement);
  #mute = element('strip-mute', HTMLButtonElement);
  #wanted = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /**
   * @param {HenkVoice} voice
   * @param {CurrentCall} currentCall
   * @param {() => { userId: string, team: Team } | null} reader who is signed in
   */
  constructor(voice, currentCall, reader) {
    this.#voice = voice;
    this.#reader = reader;
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
    const reader = call.stage && this.#reader();
    const isOnCall = call.state === 'talking';
    const people = reader ? peopleOf(call, reader, this.#currentCall.name) : [];
    sayParts(this.#hears, ...nodesOf(whoHears(people, { isOnCall, muted: call.muted })));
    const holds = people.some(({ role, state }) => role === 'lead' && state === 'holds');
    const { sentence } = recordingView(call, this.#currentCall.name, holds);
    sayParts(this.#recording, ...nodesOf(sentence));
    this.#line.show(call);
    this.#mute.disabled = call.state === 'connecting';
    this.#mute.setAttribute('aria-pressed', String(call.muted));
    const tick = () => say(this.#clock, call.answeredAt ? duration(call.talkSeconds) : '');
    tick();
    this.#ticking = setInterval(tick, TICK_MS);
  }
}
