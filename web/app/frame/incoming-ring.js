import { failureOf } from '../../henk-voice/henk-voice.js';
import { ringWords } from '../call/ring-words.js';
import { plainText } from '../call/who-hears.js';
import { element, ltr, nodesOf, say, sayParts } from '../shared/dom.js';
import { hideNotice, showNote } from '../shared/notices.js';
import { formatNumber } from '../shared/phone-format.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').ConversationInHistory} ConversationInHistory
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('../../henk-voice/henk-voice.js').Ring} Ring
 * @typedef {import('../../henk-voice/henk-voice.js').RingEnd} RingEnd
 */

const NOTICE = 'ring';
const ELSEWHERE = 'ring-elsewhere';

/** What is said when it stops ringing, and the rep did not stop it. @type {Partial<Record<RingEnd, string>>} */
const ENDS = {
  elsewhere: 'The call was answered on another device.',
  gone: 'It does not ring any more: whoever rang has given up, or it rang for too long.',
};

/** The phone that rings, above every view: who rings, for which lead, and what was written so far. */
export class IncomingRing {
  #voice;
  #nameOf;
  #onAccept;
  #box = element('ring', HTMLElement);
  #title = element('ring-title', HTMLElement);
  #lead = element('ring-lead', HTMLElement);
  #meaning = element('ring-meaning', HTMLElement);
  #notes = element('ring-notes', HTMLElement);
  #notesText = element('ring-notes-text', HTMLElement);
  #announcement = element('ring-announcement', HTMLElement);
  #trouble = element('ring-trouble', HTMLElement);
  #accept = element('ring-accept', HTMLButtonElement);
  /** @type {Ring | null} */
  #ring = null;
  /** What a screen reader says because the keyboard is there. */
  #spoken = '';

  /**
   * @param {HenkVoice} voice
   * @param {object} options
   * @param {(userId: string | null) => string} options.nameOf
   * @param {() => void} options.onAccept shows the call
   * @param {() => void} options.onChange it rings, or does not any more
   */
  constructor(voice, { nameOf, onAccept, onChange }) {
    this.#voice = voice;
    this.#nameOf = nameOf;
    this.#onAccept = onAccept;
    voice.on('incoming', (ring) => {
      this.#begin(ring);
      ring.on('change', () => onChange());
      onChange();
    });
    voice.on('phonechange', () => this.#showElsewhere());
    this.#accept.addEventListener('click', () => this.#take());
    element('ring-decline', HTMLButtonElement).addEventListener('click', () => this.#decline());
    document.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** What the title of the browser's tab says while it rings; empty if it does not. */
  get title() {
    const ring = this.#ring;
    return ring && ring.state !== 'ended' ? `Rings: ${this.#wordsOf(ring).lead}` : '';
  }

  /** @param {Ring} ring */
  #wordsOf(ring) {
    const { reason, by } = ring;
    return ringWords({ reason, by, conversation: this.#conversationOf(ring) }, this.#nameOf);
  }

  /**
   * The lead of a call that comes back is known before the call is read again.
   *
   * @param {Ring} ring
   * @returns {ConversationInHistory | null}
   */
  #conversationOf({ conversation, conversationId }) {
    const before = this.#voice.call?.conversation;
    if (conversation || before?.id !== conversationId) return conversation;
    return /** @type {ConversationInHistory} */ (before);
  }

  /** @param {Ring} ring */
  #begin(ring) {
    this.#ring = ring;
    hideNotice(NOTICE);
    say(this.#trouble, '');
    ring.on('change', () => this.#render());
    ring.on('end', ({ why }) => this.#ended(ring, why));
    const types = isTyping(document.activeElement);
    // A screen reader reads the title aloud as soon as the keyboard is there.
    this.#spoken = types ? '' : plainText(this.#wordsOf(ring).title);
    this.#render();
    // Whoever types must not press Accept by accident, and must not lose their place.
    if (!types) this.#title.focus({ preventScroll: true });
  }

  #render() {
    const ring = this.#ring;
    if (!ring) return;
    const hadFocus = this.#box.contains(document.activeElement);
    this.#box.hidden = ring.state === 'ended';
    if (ring.state === 'ended') {
      if (hadFocus) element('main', HTMLElement).focus({ preventScroll: true });
      return;
    }
    const words = this.#wordsOf(ring);
    const conversation = this.#conversationOf(ring);
    sayParts(this.#title, ...nodesOf(words.title));
    const company = conversation?.lead?.company;
    const number = conversation?.to_number;
    sayParts(
      this.#lead,
      ...nodesOf(company ? [{ name: company }, ' · '] : []),
      number ? ltr(formatNumber(number)) : '',
    );
    sayParts(this.#meaning, ...nodesOf(words.meaning));
    const notes = conversation?.notes?.trim() ?? '';
    this.#notes.hidden = !notes;
    say(this.#notesText, notes);
    const isAnswering = ring.state === 'answering';
    say(this.#accept, isAnswering ? 'Connecting…' : 'Accept');
    this.#accept.setAttribute('aria-disabled', String(isAnswering));
    if (plainText(words.title) === this.#spoken) return;
    sayParts(this.#announcement, 'Your phone rings. ', ...nodesOf(words.title));
  }

  #take() {
    const ring = this.#ring;
    if (!ring || ring.state !== 'ringing') return;
    say(this.#trouble, '');
    try {
      const call = ring.accept();
      call.on('end', ({ reason }) => {
        // Without a microphone, for example, the phone goes on ringing.
        if (reason?.failure && ring.state !== 'ended') this.#tell(reason.failure);
      });
      this.#onAccept();
    } catch (error) {
      this.#tell(failureOf(error));
    }
  }

  #decline() {
    void this.#ring?.decline();
  }

  /** @param {{ message: string, action: string }} failure */
  #tell({ message, action }) {
    // The texts are about calls that a rep places.
    const then = action.replace('call again', 'accept again').replace('Call again', 'Accept again');
    say(this.#trouble, `${message} ${then}`);
  }

  /**
   * @param {Ring} ring
   * @param {RingEnd} why
   */
  #ended(ring, why) {
    if (ring !== this.#ring) return;
    const text = ENDS[why];
    if (text) showNote(NOTICE, text);
    say(this.#announcement, '');
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (this.#box.hidden || !event.altKey || event.ctrlKey || event.metaKey) return;
    // With Alt, some keyboards type another character than R.
    if (event.code !== 'KeyR') return;
    event.preventDefault();
    this.#accept.focus();
  }

  #showElsewhere() {
    const { where, ring } = this.#voice.phone;
    if (where !== 'elsewhere' || !ring) return hideNotice(ELSEWHERE);
    const by = ring.by ? this.#nameOf(ring.by) : 'A colleague';
    const what = {
      transfer: `${by} transfers a call to you.`,
      add: `${by} asks you to join a call.`,
      return: 'A call comes back to you.',
    }[ring.reason];
    showNote(
      ELSEWHERE,
      `${what} It rings in another tab of this browser: the one whose title begins with “Rings”.`,
    );
  }
}

/** @param {Element | null} focused */
function isTyping(focused) {
  if (focused instanceof HTMLInputElement) return focused.type !== 'radio';
  return focused instanceof HTMLTextAreaElement || focused instanceof HTMLSelectElement;
}
