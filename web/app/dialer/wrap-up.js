import { failureOf } from '../../henk-voice/henk-voice.js';
import { remembered } from '../frame/view.js';
import { create, element, say } from '../shared/dom.js';
import { hideNotice, showFailure } from '../shared/notices.js';
import { OUTCOMES, duration } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {{ outcome: string | null, notes: string }} Draft
 */

/** The form for the outcome and the notes of a call: right after the call, or later from the list. */
export class WrapUp {
  #context;
  #form = element('wrap-up', HTMLFormElement);
  #about = element('wrap-up-call', HTMLElement);
  #choices = element('outcomes', HTMLElement);
  #notes = element('notes', HTMLTextAreaElement);
  #save = element('save-wrap-up', HTMLButtonElement);
  #status = element('wrap-up-status', HTMLElement);
  /** @type {Conversation | null} */
  #conversation = null;
  /** What was written but not saved yet, by conversation id. @type {Map<string, Draft>} */
  #drafts;
  /** The ids of conversations that were saved or skipped. @type {Set<string>} */
  #done;

  /** @param {ViewContext} context */
  constructor(context) {
    this.#context = context;
    this.#drafts = remembered(context.memory, 'wrap-up.drafts', () => new Map());
    this.#done = remembered(context.memory, 'wrap-up.done', () => new Set());
    for (const [value, label] of OUTCOMES) {
      const radio = create('input', { type: 'radio', name: 'outcome', value });
      this.#choices.append(create('label', {}, radio, create('span', {}, label)));
    }
    this.#form.addEventListener('input', () => {
      if (this.#conversation) this.#drafts.set(this.#conversation.id, this.#written);
      say(this.#status, '');
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#store(true);
    });
    element('skip-wrap-up', HTMLButtonElement).addEventListener('click', () => {
      if (this.#conversation) this.#drafts.delete(this.#conversation.id);
      this.#hide();
    });
    const { signal } = context;
    signal.addEventListener('abort', () => this.#saveDraft());
    window.addEventListener(
      'beforeunload',
      (event) => {
        if (this.#drafts.size) event.preventDefault();
      },
      { signal },
    );
  }

  /**
   * Shows the form after a call, unless the rep has saved or skipped it already.
   *
   * @param {Conversation} conversation
   * @param {string} name of the person who was called
   */
  offer(conversation, name) {
    if (!this.#done.has(conversation.id)) this.#show(conversation, name);
  }

  /**
   * Shows the form because the rep asked for it.
   *
   * @param {Conversation} conversation
   * @param {string} name of the person who was called
   */
  edit(conversation, name) {
    this.#show(conversation, name);
    element('wrap-up-title', HTMLElement).focus();
  }

  /** Saves what was written, and hides the form. */
  finish() {
    this.#saveDraft();
    this.#hide();
  }

  #hide() {
    if (this.#conversation) this.#done.add(this.#conversation.id);
    this.#form.hidden = true;
    this.#conversation = null;
  }

  #saveDraft() {
    if (this.#conversation && this.#drafts.has(this.#conversation.id)) void this.#store(false);
  }

  /**
   * @param {Conversation} conversation
   * @param {string} name
   */
  #show(conversation, name) {
    if (conversation.id !== this.#conversation?.id) {
      this.#saveDraft();
      this.#conversation = conversation;
      const { outcome, notes } = this.#drafts.get(conversation.id) ?? conversation;
      this.#outcome = outcome;
      this.#notes.value = notes ?? '';
      say(this.#status, '');
    }
    const seconds = conversation.duration_seconds;
    say(this.#about, seconds === null ? name : `${name} · ${duration(seconds)}`);
    this.#form.hidden = false;
  }

  /** @param {boolean} andHide */
  async #store(andHide) {
    const conversation = this.#conversation;
    if (!conversation) return;
    const { id } = conversation;
    const draft = this.#written;
    this.#save.disabled = true;
    say(this.#status, 'Saving…');
    try {
      await this.#context.voice.describe(
        id,
        { outcome: draft.outcome, notes: draft.notes.trim() || null },
        { outcome: conversation.outcome, notes: conversation.notes },
      );
      hideNotice('wrap-up');
      this.#done.add(id);
      // The rep may have written more in the meantime.
      const now = this.#drafts.get(id) ?? draft;
      const isSaved = now.outcome === draft.outcome && now.notes === draft.notes;
      if (isSaved) this.#drafts.delete(id);
      if (conversation !== this.#conversation || !isSaved) return;
      say(this.#status, 'Saved.');
      if (andHide) this.#hide();
    } catch (error) {
      const failure = failureOf(error);
      const title = `Outcome and notes not saved: ${failure.title}`;
      showFailure({ ...failure, title }, 'wrap-up');
      this.#drafts.set(id, this.#drafts.get(id) ?? draft);
      if (conversation === this.#conversation) say(this.#status, 'Not saved.');
    } finally {
      this.#save.disabled = false;
    }
  }

  /** @returns {Draft} what the form has now */
  get #written() {
    return { outcome: this.#outcome, notes: this.#notes.value };
  }

  get #outcome() {
    const checked = this.#choices.querySelector('input:checked');
    return checked instanceof HTMLInputElement ? checked.value : null;
  }

  set #outcome(outcome) {
    for (const radio of this.#choices.querySelectorAll('input')) {
      radio.checked = radio.value === outcome;
    }
  }
}
