import { remembered } from '../frame/view.js';
import { bdi, element, say, sayParts } from '../shared/dom.js';
import { DraftSaver } from '../shared/draft-saver.js';
import { Drafts, changedWords } from '../shared/drafts.js';
import { showNote } from '../shared/notices.js';
import { duration } from '../shared/words.js';
import { ChangeHistory } from './change-history.js';
import { ConflictChoice, resolved } from './conflict-choice.js';
import { OpenForm } from './open-form.js';
import { Unsaved } from './unsaved.js';
import { WrapUpFields, whyTooLong } from './wrap-up-fields.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('../shared/drafts.js').Draft} Draft
 * @typedef {import('../shared/drafts.js').DraftState} DraftState
 * @typedef {import('../shared/drafts.js').Words} Words
 * @typedef {import('../shared/team.js').Team} Team
 * @typedef {Pick<Draft, 'id' | 'name' | 'seconds' | 'before'>} Described a call that is written about
 */

const SAVER = 'wrap-up.saver';
/** What the button says before its first click, and before its second. */
const [DISCARD, DISCARD_REALLY] = ['Discard draft', 'Really discard?'];

/**
 * The form for the outcome and the notes of a call: right after the call, or later from the list. The
 * form belongs to its call: no other call takes its place unless the rep asks for it.
 */
export class WrapUp {
  #context;
  #form = element('wrap-up', HTMLFormElement);
  #about = element('wrap-up-call', HTMLElement);
  #status = element('wrap-up-status', HTMLElement);
  #discard = element('discard-draft', HTMLButtonElement);
  #fields = new WrapUpFields();
  #conflicts = new ConflictChoice((field, choice) => void this.#resolve(field, choice));
  #history;
  #drafts;
  #saver;
  #unsaved;
  #openForm;
  /** The call whose form is open. @type {Described | null} */
  #call = null;
  /** The open form has a draft from before, which the rep may want to be rid of. */
  #isOldDraft = false;
  /** Calls that ended while another form was open. @type {Map<string, Described>} */
  #waiting;
  /** The ids of calls that were saved or skipped. @type {Set<string>} */
  #done;

  /**
   * @param {ViewContext} context
   * @param {Team} team
   */
  constructor(context, team) {
    this.#context = context;
    const { memory, userId, voice } = context;
    this.#waiting = remembered(memory, 'wrap-up.waiting', () => new Map());
    this.#done = remembered(memory, 'wrap-up.done', () => new Set());
    this.#history = new ChangeHistory(context, team);
    this.#openForm = new OpenForm(userId);
    const drafts = new Drafts(userId, { onTrouble: tellAboutStorage });
    /** @type {DraftSaver} */
    const saver = remembered(
      memory,
      SAVER,
      () =>
        new DraftSaver({
          drafts,
          describe: (id, changes, before) => voice.describe(id, changes, before, { userId }),
          // The frame clears its memory when the user changes.
          isCurrent: () => memory.get(SAVER) === saver,
        }),
    );
    saver.onSettled = (id, left, saved) => this.#afterSaving(id, left, saved);
    this.#saver = saver;
    this.#drafts = saver.drafts;
    this.#unsaved = new Unsaved(
      (id) => this.#openWaiting(id),
      () => void saver.saveAll(),
    );
    this.#listen();
    void this.#reopen();
    void saver.saveAll();
    this.#renderUnsaved();
  }

  #listen() {
    const { voice, signal } = this.#context;
    this.#form.addEventListener('input', () => {
      this.#keep('open');
      say(this.#status, '');
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
    element('skip-wrap-up', HTMLButtonElement).addEventListener('click', () => {
      const state = this.#call && this.#drafts.get(this.#call.id)?.state;
      // What could not be saved is still to be saved. Everything else waits for the rep.
      if (!state || state === 'open') this.#keep('kept');
      this.#close();
    });
    this.#discard.addEventListener('click', () => {
      if (!this.#call) return;
      if (this.#discard.textContent === DISCARD) return say(this.#discard, DISCARD_REALLY);
      this.#drafts.remove(this.#call.id);
      this.#close();
    });
    this.#drafts.onChange((id, elsewhere) => {
      this.#renderUnsaved();
      if (elsewhere && id === this.#call?.id) this.#takeOver(id);
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
    const isOtherOpen = this.#call && this.#call.id !== call.id;
    // More may be learnt of a call that waits. Its button must not go while the rep is about to press it.
    if (isOtherOpen || this.#waiting.has(call.id)) {
      this.#waiting.set(call.id, call);
      this.#renderUnsaved();
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
    element('wrap-up-title', HTMLElement).focus();
  }

  /**
   * A call begins. The form of another call is left; it is offered again after this one.
   *
   * @param {string | undefined} id of the call
   */
  makeRoomFor(id) {
    if (this.#call && this.#call.id !== id) this.finish();
  }

  /**
   * A call is over. Notes that were saved while it went on are not all that there is to say.
   *
   * @param {Conversation} conversation
   */
  callEnded({ id, outcome }) {
    if (!outcome) this.#done.delete(id);
  }

  /**
   * Saves what was written so far, so that a colleague who is rung can read it. The form stays open.
   *
   * @param {string} id of the call
   */
  async saveSoFar(id) {
    if (this.#call?.id !== id || whyTooLong(this.#fields.written)) return;
    if (this.#keep('saving')) await this.#saver.save(id);
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
    element('wrap-up-title', HTMLElement).focus();
  }

  /** Opens the form that was open before the page was reloaded. */
  async #reopen() {
    const { call } = this.#openForm;
    if (!call) return;
    if (this.#drafts.get(call.id)) return this.#show(call);
    const { voice, signal } = this.#context;
    const row = await voice.conversations.byId(call.id).catch(() => null);
    if (row && !row.outcome && !this.#call && !signal.aborted) {
      this.#show(described(row, call.name));
    }
  }

  /** @param {Described} call */
  #show({ id, name, seconds, before }) {
    if (id !== this.#call?.id) {
      this.#leave();
      this.#waiting.delete(id);
      this.#done.delete(id);
      const draft = this.#drafts.get(id);
      this.#isOldDraft = draft !== null;
      this.#call = { id, name, seconds, before: draft?.before ?? before };
      this.#fields.written = draft?.written ?? before;
      this.#conflicts.show(draft?.conflicts ?? {});
      say(this.#status, draft?.why ?? '');
      this.#openForm.call = this.#call;
      void this.#history.show(id);
    }
    const talked = seconds === null ? [] : [` · ${duration(seconds)}`];
    sayParts(this.#about, bdi(name), ...talked);
    this.#form.hidden = false;
    this.#renderUnsaved();
  }

  /** Saves what was written in the form that is about to be left. */
  #leave() {
    if (!this.#call) return;
    const { id } = this.#call;
    const draft = this.#keep(whyTooLong(this.#fields.written) ? 'kept' : 'saving');
    this.#done.add(id);
    // At a sign-out nothing must be sent: the frame clears its memory after this.
    if (draft) setTimeout(() => void this.#saver.save(id), 0);
  }

  async #submit() {
    const call = this.#call;
    if (!call) return;
    const tooLong = whyTooLong(this.#fields.written);
    if (tooLong) {
      say(this.#status, tooLong);
      this.#fields.focusNotes();
      return;
    }
    this.#keep('saving');
    say(this.#status, 'Saving…');
    const left = await this.#saver.save(call.id);
    if (!left && this.#call?.id === call.id) this.#close();
  }

  /**
   * @param {string} id of a call that was just tried to save
   * @param {Draft | null} left of its draft
   * @param {Words | null} saved what the database has
   */
  #afterSaving(id, left, saved) {
    if (this.#call?.id !== id) return;
    if (!left) {
      this.#call = { ...this.#call, before: saved ?? this.#fields.written };
      say(this.#status, 'Saved.');
      return;
    }
    this.#isOldDraft = true;
    this.#call = { ...this.#call, before: left.before };
    this.#conflicts.show(left.conflicts);
    const kept =
      left.state === 'refused' ? 'The text is kept here.' : 'It is tried again by itself.';
    if (left.state === 'conflict') say(this.#status, 'Not saved yet: choose which text to keep.');
    else if (left.why) say(this.#status, `Not saved: ${left.why} ${kept}`);
  }

  /**
   * @param {keyof Words} field
   * @param {import('./conflict-choice.js').Choice} choice
   */
  async #resolve(field, choice) {
    const call = this.#call;
    const draft = call && this.#drafts.get(call.id);
    if (!draft) return;
    const next = resolved({ ...draft, written: this.#fields.written }, field, choice);
    this.#call = { ...call, before: next.before };
    this.#fields.written = next.written;
    this.#conflicts.show(next.conflicts);
    this.#drafts.put(next);
    this.#fields.focusNotes();
    if (next.state === 'saving') await this.#submit();
  }

  /**
   * Keeps what the form has now as a draft, if anything was changed.
   *
   * @param {DraftState} state
   * @returns {boolean} whether there is a draft
   */
  #keep(state) {
    if (!this.#call) return false;
    const { id } = this.#call;
    const { written } = this.#fields;
    const known = this.#drafts.get(id);
    if (!Object.keys(changedWords(this.#call.before, written)).length) {
      if (known) this.#drafts.remove(id);
      return false;
    }
    const isOld =
      known?.state === state && JSON.stringify(known.written) === JSON.stringify(written);
    if (isOld) return true;
    const { why: _why, ...before } = known ?? {};
    this.#drafts.put({ conflicts: {}, ...before, ...this.#call, written, state, at: Date.now() });
    return true;
  }

  /** The rep is done with this call. */
  #close() {
    if (this.#call) this.#done.add(this.#call.id);
    const hadFocus = this.#form.contains(document.activeElement);
    this.#hide();
    if (hadFocus && !this.#unsaved.focus()) element('call-button', HTMLButtonElement).focus();
  }

  #hide() {
    this.#form.hidden = true;
    this.#call = null;
    this.#openForm.call = null;
    this.#history.hide();
    this.#conflicts.show({});
    this.#renderUnsaved();
  }

  /** @param {string} id of the open call, whose draft was changed or saved in another tab */
  #takeOver(id) {
    if (document.hasFocus() && this.#form.contains(document.activeElement)) return;
    const draft = this.#drafts.get(id);
    if (!draft || !this.#call) {
      this.#done.add(id);
      return this.#hide();
    }
    this.#call = { ...this.#call, before: draft.before };
    this.#fields.written = draft.written;
    this.#conflicts.show(draft.conflicts);
  }

  #renderUnsaved() {
    const drafts = this.#drafts.all();
    const id = this.#call?.id;
    this.#discard.hidden = !this.#isOldDraft || !drafts.some((draft) => draft.id === id);
    say(this.#discard, DISCARD);
    this.#unsaved.render(drafts, [...this.#waiting.values()], id);
  }
}

/**
 * @param {Conversation} conversation
 * @param {string} name
 * @returns {Described}
 */
function described({ id, duration_seconds: seconds, outcome, notes }, name) {
  return { id, name, seconds, before: { outcome, notes } };
}

function tellAboutStorage() {
  showNote(
    'drafts',
    'This browser does not store what you write. Notes that are not saved last until you close this page.',
  );
}
