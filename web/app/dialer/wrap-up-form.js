import { bdi, element, say, sayParts } from '../shared/dom.js';
import { changedWords } from '../shared/drafts.js';
import { duration } from '../shared/words.js';
import { Autosave } from './autosave.js';
import { ChangeHistory } from './change-history.js';
import { ConflictChoice, resolved } from './conflict-choice.js';
import { WrapUpFields, whyTooLong } from './wrap-up-fields.js';

/**
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('../shared/draft-saver.js').DraftSaver} DraftSaver
 * @typedef {import('../shared/drafts.js').Draft} Draft
 * @typedef {import('../shared/drafts.js').DraftState} DraftState
 * @typedef {import('../shared/drafts.js').Words} Words
 *
 * @typedef {Pick<Draft, 'id' | 'name' | 'seconds' | 'before'> & { owner?: string | null }} Described a call
 *   that is written about; `owner`: the id of the user whose call it is
 *
 * @typedef {object} FormEvents
 * @property {(isUnsaved: boolean) => void} onChange it is opened or closed, or something is written or saved
 * @property {(id: string, isSaved: boolean) => void} onDone the rep is done with a call; `isSaved`: the
 *   database has what they wrote
 */

/** What the button says before its first click, and before its second. */
const [DISCARD, DISCARD_REALLY] = ['Discard draft', 'Really discard?'];

/** The form about one call: its fields, and how they get into the database. */
export class WrapUpForm {
  /** The call whose form is open. @type {Described | null} */
  call = null;
  /** Whether the queue has placed that call. */
  wasOfQueue = false;

  #context;
  #events;
  #form = element('wrap-up', HTMLFormElement);
  #title = element('wrap-up-title', HTMLElement);
  #about = element('wrap-up-call', HTMLElement);
  #status = element('wrap-up-status', HTMLElement);
  #save = element('save-wrap-up', HTMLButtonElement);
  #skip = element('skip-wrap-up', HTMLButtonElement);
  #discard = element('discard-draft', HTMLButtonElement);
  #fields;
  #conflicts;
  #history;
  #drafts;
  #saver;
  #autosave = new Autosave(() => void this.saveNotes());
  /** The form has a draft from before, which the rep may want to be rid of. */
  #isOldDraft = false;
  /** The rep has pressed *Save* since the last key. */
  #isSubmitted = false;

  /**
   * @param {ViewContext} context
   * @param {DraftSaver} saver
   * @param {FormEvents} events
   */
  constructor(context, saver, events) {
    this.#context = context;
    this.#events = events;
    this.#saver = saver;
    this.#drafts = saver.drafts;
    const { outcomes, signal, team, voice } = context;
    this.#fields = new WrapUpFields(outcomes, signal, {
      change: () => this.#changed(),
      choice: () => this.#isPower && void this.#submit(),
    });
    this.#history = new ChangeHistory(context, team);
    this.#conflicts = new ConflictChoice(outcomes, (field, choice) => {
      void this.#resolve(field, choice);
    });
    voice.queue.on('change', () => this.#showButtons(), { signal });
    this.#listen();
  }

  #listen() {
    this.#form.addEventListener('input', () => this.#changed());
    this.#form.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      const isChoosing = event.target instanceof HTMLInputElement && event.target.type === 'radio';
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.#form.requestSubmit();
      } else if (isChoosing && !this.#fields.written.outcome) {
        // It was meant for *Hang up*: the other side has hung up at the same moment.
        event.preventDefault();
      }
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#skip.addEventListener('click', () => {
      const state = this.call && this.#drafts.get(this.call.id)?.state;
      // What could not be saved is still to be saved. Everything else waits for the rep.
      if (!state || state === 'open') this.#keep('kept');
      this.#done(false);
    });
    this.#discard.addEventListener('click', () => {
      if (!this.call) return;
      if (this.#discard.textContent === DISCARD) return say(this.#discard, DISCARD_REALLY);
      this.#drafts.remove(this.call.id);
      this.#done(false);
    });
  }

  /** Whether the database lacks something of it. */
  get isUnsaved() {
    if (!this.call) return false;
    return Object.keys(changedWords(this.call.before, this.#fields.written)).length > 0;
  }

  get hasFocus() {
    return this.#form.contains(document.activeElement);
  }

  /** Whether its call goes on. */
  get isLive() {
    const { call, inCall } = this.#context.voice;
    return this.call !== null && inCall && call?.conversation?.id === this.call.id;
  }

  /** Whether the queue goes on to the next lead after this call. */
  get #goesOn() {
    return this.call !== null && this.#context.voice.queue.conversationId === this.call.id;
  }

  /** Whether somebody has answered. */
  get #isAnswered() {
    const { call } = this.#context.voice;
    const isLatest = call?.conversation?.id === this.call?.id;
    return Boolean(this.call?.seconds) || (isLatest && Boolean(call?.answeredAt));
  }

  /** Choosing an outcome is enough: what was written is saved, and the queue goes on. */
  get #isPower() {
    return this.#goesOn && this.#context.voice.queue.mode === 'power';
  }

  /** @param {Described} call whose form is opened; no other one is open */
  open({ id, name, seconds, before, owner = this.#context.userId }) {
    const draft = this.#drafts.get(id);
    this.#isOldDraft = draft !== null;
    this.#isSubmitted = false;
    this.wasOfQueue = false;
    this.call = { id, name, seconds, before: draft?.before ?? before, owner };
    this.#fields.owner = owner;
    this.#fields.written = draft?.written ?? before;
    this.#conflicts.show(draft?.conflicts ?? {});
    say(this.#status, draft?.why ?? '');
    void this.#history.show(id);
    this.#render();
  }

  /**
   * The database has more of the call that is written about. What the rep has changed stays.
   *
   * @param {Described} call
   */
  learn(call) {
    if (!this.call) return;
    const { before, owner } = this.call;
    const { written } = this.#fields;
    const { outcome } = call.before;
    const isTaken = outcome !== before.outcome && written.outcome === before.outcome;
    this.call = {
      ...call,
      owner: owner ?? null,
      before: isTaken ? { ...before, outcome } : before,
    };
    if (isTaken) this.#fields.written = { ...written, outcome };
    this.#render();
  }

  /** Its call is over. */
  callEnded() {
    // The rep has saved an outcome already, and nothing since.
    if (this.#isSubmitted && !this.isUnsaved) this.#done(true);
  }

  /**
   * Keeps what was written before the form is closed.
   *
   * @returns {boolean} whether there is something to save
   */
  leave() {
    return this.#keep(whyTooLong(this.#fields.written) ? 'kept' : 'saving');
  }

  close() {
    this.#autosave.stop();
    this.#form.hidden = true;
    this.call = null;
    this.#history.hide();
    this.#conflicts.show({});
    this.#events.onChange(false);
  }

  /** Saves the notes so far, so that a colleague who is rung can read them. The form stays open. */
  async saveNotes() {
    if (!this.call || whyTooLong(this.#fields.written)) return;
    const { id } = this.call;
    if (!this.#keep(this.#drafts.get(id)?.state ?? 'open')) return;
    const left = await this.#saver.save(id, { only: 'notes' });
    if (left?.why && this.call?.id === id) this.#autosave.touch();
  }

  /**
   * @param {string} id of a call that was just tried to save
   * @param {Draft | null} left of its draft
   * @param {Words | null} saved what the database has, if it answered
   */
  afterSaving(id, left, saved) {
    if (this.call?.id !== id) return;
    this.call = { ...this.call, before: left?.before ?? saved ?? this.#fields.written };
    if (!left) say(this.#status, 'Saved.');
    else if (left.state === 'open') {
      say(this.#status, left.why ? `Not saved yet: ${left.why}` : 'Notes saved.');
    } else {
      this.#isOldDraft = true;
      this.#conflicts.show(left.conflicts);
      const kept =
        left.state === 'refused' ? 'The text is kept here.' : 'It is tried again by itself.';
      if (left.state === 'conflict') say(this.#status, 'Not saved yet: choose which text to keep.');
      else if (left.why) say(this.#status, `Not saved: ${left.why} ${kept}`);
    }
    this.#showButtons();
    this.#events.onChange(this.isUnsaved);
  }

  /**
   * Another tab has written about the call.
   *
   * @returns {boolean} whether the form stays open
   */
  takeOver() {
    if (document.hasFocus() && this.hasFocus) return true;
    const draft = this.call && this.#drafts.get(this.call.id);
    if (!draft || !this.call) return false;
    this.call = { ...this.call, before: draft.before };
    this.#fields.written = draft.written;
    this.#conflicts.show(draft.conflicts);
    return true;
  }

  /** Shows whether there is a draft that can be discarded. */
  showDiscard() {
    const draft = this.call && this.#drafts.get(this.call.id);
    this.#discard.hidden = !this.#isOldDraft || !draft;
    say(this.#discard, DISCARD);
  }

  focusTitle() {
    this.#title.focus();
  }

  focusNotes() {
    this.#fields.focusNotes();
  }

  focusOutcome() {
    this.#fields.outcome.focus();
  }

  /**
   * Chooses an outcome by its number, and gives the focus to what comes after it.
   *
   * @param {number} number from 1
   */
  chooseOutcome(number) {
    const isWriting = document.activeElement instanceof HTMLTextAreaElement;
    if (!this.call || !this.#fields.outcome.choose(number)) return;
    if (this.#fields.focusCallBack()) return;
    // A lead of the queue needs no other key: nothing more is written after the call.
    if (this.#isPower || (this.#goesOn && !this.isLive)) void this.#submit();
    else if (!isWriting) this.#save.focus();
  }

  #render() {
    if (!this.call) return;
    const { name, seconds } = this.call;
    const talked = seconds === null ? [] : [` · ${duration(seconds)}`];
    sayParts(this.#about, bdi(name), ...talked);
    say(this.#title, this.isLive ? 'About this call' : 'How did it go?');
    this.#form.hidden = false;
    this.#showButtons();
    this.#events.onChange(this.isUnsaved);
  }

  #showButtons() {
    if (this.#goesOn) this.wasOfQueue = true;
    say(this.#save, this.#goesOn ? 'Save & next' : 'Save');
    // The queue waits for the form. Only what cannot be saved may be left.
    const draft = this.call && this.#drafts.get(this.call.id);
    this.#skip.hidden = this.#goesOn && !draft?.why && draft?.state !== 'conflict';
  }

  /** The rep has written or chosen something. */
  #changed() {
    this.#isSubmitted = false;
    this.#keep('open');
    say(this.#status, '');
    if (this.call?.id === this.#context.voice.call?.conversation?.id) this.#autosave.touch();
    this.#events.onChange(this.isUnsaved);
  }

  async #submit() {
    const { call } = this;
    if (!call) return;
    const tooLong = whyTooLong(this.#fields.written);
    if (tooLong) {
      say(this.#status, tooLong);
      this.focusNotes();
      return;
    }
    if (this.#goesOn && this.#isAnswered && !this.#fields.written.outcome) {
      say(this.#status, 'Choose an outcome first.');
      this.focusOutcome();
      return;
    }
    this.#isSubmitted = true;
    this.#keep('saving');
    say(this.#status, 'Saving…');
    const left = await this.#saver.save(call.id);
    if (left || this.call?.id !== call.id || !this.#isSubmitted) return;
    if (this.isLive) say(this.#status, 'Saved. You can write more until the call ends.');
    else this.#done(true);
  }

  /** @param {boolean} isSaved */
  #done(isSaved) {
    if (this.call) this.#events.onDone(this.call.id, isSaved);
  }

  /**
   * @param {import('./conflict-choice.js').Field} field
   * @param {import('./conflict-choice.js').Choice} choice
   */
  async #resolve(field, choice) {
    const { call } = this;
    const draft = call && this.#drafts.get(call.id);
    if (!draft) return;
    const next = resolved({ ...draft, written: this.#fields.written }, field, choice);
    this.call = { ...call, before: next.before };
    this.#fields.written = next.written;
    this.#conflicts.show(next.conflicts);
    this.#drafts.put(next);
    this.focusNotes();
    if (next.state === 'saving') await this.#submit();
  }

  /**
   * Keeps what the form has now as a draft, if anything was changed.
   *
   * @param {DraftState} state
   * @returns {boolean} whether there is a draft
   */
  #keep(state) {
    if (!this.call) return false;
    const { id, name, seconds, before } = this.call;
    const { written } = this.#fields;
    const known = this.#drafts.get(id);
    if (!this.isUnsaved) {
      if (known) this.#drafts.remove(id);
      return false;
    }
    const isOld =
      known?.state === state && JSON.stringify(known.written) === JSON.stringify(written);
    if (isOld) return true;
    const { why: _why, ...earlier } = known ?? {};
    const now = { id, name, seconds, before, written, state, at: Date.now() };
    this.#drafts.put({ conflicts: {}, ...earlier, ...now });
    return true;
  }
}
