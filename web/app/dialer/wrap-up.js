import { remembered } from '../frame/view.js';
import { element } from '../shared/dom.js';
import { CallRating } from './call-rating.js';
import { OpenForm } from './open-form.js';
import { saverOf } from './saver-of.js';
import { Unsaved } from './unsaved.js';
import { WrapUpForm } from './wrap-up-form.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./wrap-up-form.js').Described} Described
 *
 * @typedef {object} WrapUpEvents
 * @property {(isUnsaved: boolean) => void} onChange the form is another one, or something is written or saved;
 *   `isUnsaved`: the database lacks something of it
 * @property {(id: string) => void} onSaved the rep is done with a call, and the database has what they wrote
 */

/**
 * Which call has the form for its outcome and notes: while it goes on, after it, or later from the list. The
 * form belongs to its call: no other call takes its place unless the rep asks for it.
 */
export class WrapUp {
  #context;
  #events;
  #form;
  #drafts;
  #saver;
  #unsaved;
  #openForm;
  #rating;
  /** Calls that ended while another form was open. @type {Map<string, Described>} */
  #waiting;
  /** The ids of calls that were saved or skipped. @type {Set<string>} */
  #done;

  /**
   * @param {ViewContext} context
   * @param {WrapUpEvents} events
   */
  constructor(context, events) {
    this.#context = context;
    this.#events = events;
    const { memory, userId } = context;
    this.#waiting = remembered(memory, 'wrap-up.waiting', () => new Map());
    this.#done = remembered(memory, 'wrap-up.done', () => new Set());
    const saver = saverOf(context);
    this.#saver = saver;
    this.#drafts = saver.drafts;
    this.#form = new WrapUpForm(context, saver, {
      onChange: events.onChange,
      onDone: (id, isSaved) => this.#close(id, isSaved),
    });
    saver.onSettled = (id, left, saved) => this.#form.afterSaving(id, left, saved);
    this.#openForm = new OpenForm(userId);
    this.#unsaved = new Unsaved(
      (id) => this.#openWaiting(id),
      () => void saver.saveAll(),
    );
    this.#rating = new CallRating(context);
    this.#listen();
    void this.#reopen();
    void saver.saveAll();
    this.#render();
  }

  #listen() {
    const { voice, signal } = this.#context;
    this.#drafts.onChange((id, elsewhere) => {
      this.#render();
      if (!elsewhere || id !== this.callId || this.#form.takeOver()) return;
      this.#done.add(id);
      this.#hide();
    }, signal);
    const again = () => void this.#saver.saveAll();
    window.addEventListener('online', again, { signal });
    voice.on('ready', again, { signal });
    voice.on('recovered', again, { signal });
    voice.on('connected', again, { signal });
    signal.addEventListener('abort', () => this.finish());
    window.addEventListener(
      'beforeunload',
      (event) => {
        if (this.#drafts.endsWithPage) event.preventDefault();
      },
      { signal },
    );
  }

  /** The id of the call whose form is open. */
  get callId() {
    return this.#form.call?.id ?? null;
  }

  /**
   * Shows the form while a call goes on, unless the rep has left it, or writes about another call.
   *
   * @param {Conversation} conversation
   * @param {string} name of the person who was called
   */
  begin(conversation, name) {
    if (this.#done.has(conversation.id)) return;
    if (this.callId && this.callId !== conversation.id) return;
    this.#show(described(conversation, name));
  }

  /**
   * Shows the form after a call, unless the rep has saved or skipped it already. If the form of
   * another call is open, the call waits until the rep chooses it.
   *
   * @param {Conversation} conversation
   * @param {string} name of the person who was called
   */
  offer(conversation, name) {
    if (this.#done.has(conversation.id)) return;
    const call = described(conversation, name);
    const isOtherOpen = this.callId && this.callId !== call.id;
    // More may be learnt of a call that waits. Its button must not go while the rep is about to press it.
    if (isOtherOpen || this.#waiting.has(call.id)) {
      this.#waiting.set(call.id, call);
      this.#render();
    } else {
      this.#show(call);
    }
  }

  /**
   * Shows the form because the rep asked for it.
   *
   * @param {Conversation} conversation
   * @param {string} name of the person who was called
   */
  edit(conversation, name) {
    this.#show(described(conversation, name));
    this.#form.focusNotes();
  }

  /**
   * @param {string | undefined} id of a call
   * @returns {boolean} whether its form is open, and has the focus now
   */
  focusOutcome(id) {
    if (!id || this.callId !== id) return false;
    this.#form.focusOutcome();
    return true;
  }

  /** @param {number} number of an outcome, from 1 */
  chooseOutcome(number) {
    this.#form.chooseOutcome(number);
  }

  /**
   * A call begins. The form of another call is left; it is offered again after this one.
   *
   * @param {string | undefined} id of the call
   */
  makeRoomFor(id) {
    if (this.callId && this.callId !== id) this.finish();
  }

  /** The queue shows its next lead. It does so by itself if nobody has answered. */
  goOn() {
    if (!this.#form.wasOfQueue) return;
    const { hasFocus } = this.#form;
    this.finish();
    if (hasFocus) element('call-button', HTMLButtonElement).focus();
  }

  /**
   * A call is over. Notes that were saved while it went on are not all that there is to say.
   *
   * @param {Conversation} conversation
   */
  callEnded({ id, outcome }) {
    if (!outcome) this.#done.delete(id);
    if (this.callId === id) this.#form.callEnded();
  }

  /**
   * Saves the notes so far, so that a colleague who is rung can read them. The form stays open.
   *
   * @param {string} id of the call
   */
  async saveSoFar(id) {
    if (this.callId === id) await this.#form.saveNotes();
  }

  /** Leaves the form, and saves what was written. */
  finish() {
    this.#leave();
    this.#hide();
  }

  /** @param {string} id of a call that waits, or of a draft */
  #openWaiting(id) {
    const call = this.#drafts.get(id) ?? this.#waiting.get(id);
    if (!call) return;
    this.#show(call);
    this.#form.focusTitle();
  }

  /** Opens the form that was open before the page was reloaded. */
  async #reopen() {
    const { call } = this.#openForm;
    if (!call) return;
    if (this.#drafts.get(call.id)) return this.#show(call);
    const { voice, signal } = this.#context;
    const row = await voice.conversations.byId(call.id).catch(() => null);
    if (row && !row.outcome && !this.callId && !signal.aborted) {
      this.#show(described(row, call.name));
    }
  }

  /** @param {Described} call */
  #show(call) {
    if (call.id === this.callId) this.#form.learn(call);
    else {
      this.#leave();
      this.#waiting.delete(call.id);
      this.#done.delete(call.id);
      this.#form.open(call);
      this.#openForm.call = this.#form.call;
    }
    this.#render();
  }

  /** Saves what was written in the form that is about to be left. */
  #leave() {
    const id = this.callId;
    if (!id) return;
    const isToBeSaved = this.#form.leave();
    // About a call that goes on there will be more to say.
    if (!this.#form.isLive) this.#done.add(id);
    // At a sign-out nothing must be sent: the frame clears its memory after this.
    if (isToBeSaved) setTimeout(() => void this.#saver.save(id), 0);
  }

  /**
   * The rep is done with a call.
   *
   * @param {string} id
   * @param {boolean} isSaved
   */
  #close(id, isSaved) {
    this.#done.add(id);
    const { hasFocus } = this.#form;
    this.#hide();
    if (hasFocus && !this.#unsaved.focus()) {
      const next = element('queue-next', HTMLButtonElement);
      (next.hidden ? element('call-button', HTMLButtonElement) : next).focus();
    }
    if (isSaved) this.#events.onSaved(id);
  }

  #hide() {
    this.#form.close();
    this.#openForm.call = null;
    this.#render();
  }

  #render() {
    this.#form.showDiscard();
    this.#rating.show(this.callId);
    const waiting = [...this.#waiting.values()];
    this.#unsaved.render(this.#drafts.all(), waiting, this.callId ?? undefined);
  }
}

/**
 * @param {Conversation} conversation
 * @param {string} name
 * @returns {Described}
 */
function described({ id, duration_seconds: seconds, outcome, notes, user_id: owner }, name) {
  return { id, name, seconds, before: { outcome, notes, call_back_for: owner }, owner };
}
