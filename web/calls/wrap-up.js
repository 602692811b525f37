import { failureOf } from '../henk-voice/henk-voice.js';
import { create, element, say } from './dom.js';
import { hideNotice, showFailure } from './notices.js';
import { OUTCOMES, duration } from './words.js';

/**
 * @typedef {import('../henk-voice/henk-voice.js').Conversation} Conversation
 * @typedef {import('./workspace.js').Workspace} Workspace
 */

/** What came of a call: right after it, or later from the list. */
export class WrapUp {
  #workspace;
  #form = element('wrap-up', HTMLFormElement);
  #about = element('wrap-up-call', HTMLElement);
  #choices = element('outcomes', HTMLElement);
  #notes = element('notes', HTMLTextAreaElement);
  #save = element('save-wrap-up', HTMLButtonElement);
  #status = element('wrap-up-status', HTMLElement);
  /** @type {Conversation | null} */
  #conversation = null;
  #changed = false;
  /** Those that were saved or skipped. @type {Set<string>} */
  #done = new Set();

  /** @param {Workspace} workspace */
  constructor(workspace) {
    this.#workspace = workspace;
    for (const [value, label] of OUTCOMES) {
      const radio = create('input', { type: 'radio', name: 'outcome', value });
      this.#choices.append(create('label', {}, radio, create('span', {}, label)));
    }
    this.#form.addEventListener('input', () => {
      this.#changed = true;
      say(this.#status, '');
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#store(true);
    });
    element('skip-wrap-up', HTMLButtonElement).addEventListener('click', () => this.hide());
  }

  /** Whether something was written and not saved. */
  get unsaved() {
    return this.#changed;
  }

  /**
   * After a call, once.
   *
   * @param {Conversation} conversation
   * @param {string} name of who was called
   */
  offer(conversation, name) {
    if (!this.#done.has(conversation.id)) this.#show(conversation, name);
  }

  /**
   * @param {Conversation} conversation
   * @param {string} name of who was called
   */
  edit(conversation, name) {
    this.#show(conversation, name);
    element('wrap-up-title', HTMLElement).focus();
  }

  hide() {
    if (this.#conversation) this.#done.add(this.#conversation.id);
    this.#form.hidden = true;
    this.#conversation = null;
    this.#changed = false;
  }

  /** Before the form is taken for something else: nothing that was written is lost. */
  async flush() {
    if (this.#changed) await this.#store(false);
  }

  /**
   * @param {Conversation} conversation
   * @param {string} name
   */
  #show(conversation, name) {
    if (conversation.id !== this.#conversation?.id) {
      void this.flush();
      this.#conversation = conversation;
      this.#changed = false;
      this.#outcome = conversation.outcome;
      this.#notes.value = conversation.notes ?? '';
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
    this.#changed = false;
    this.#save.disabled = true;
    say(this.#status, 'Saving…');
    try {
      await this.#workspace.voice.describe(conversation.id, {
        outcome: this.#outcome,
        notes: this.#notes.value.trim() || null,
      });
      hideNotice('wrap-up');
      if (conversation !== this.#conversation) return;
      say(this.#status, 'Saved.');
      if (andHide) this.hide();
    } catch (error) {
      const failure = failureOf(error);
      showFailure(
        { ...failure, title: `Outcome and notes not saved: ${failure.title}` },
        'wrap-up',
      );
      if (conversation !== this.#conversation) return;
      this.#changed = true;
      say(this.#status, 'Not saved.');
    } finally {
      this.#save.disabled = false;
    }
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
