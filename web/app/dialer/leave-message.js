import { failureOf } from '../../henk-voice/henk-voice.js';
import { canLeaveMessage, machineHint } from '../call/machine.js';
import { remembered } from '../frame/view.js';
import { create, element, say, sayParts } from '../shared/dom.js';
import { onSetting } from '../shared/setting-changes.js';
import { duration } from '../shared/words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').VoicemailMessage} VoicemailMessage
 * @typedef {import('../call/parties.js').Party} Party
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 */

/** Plays a message of the rep to an answering machine; the rep is free at once. */
export class LeaveMessage {
  #context;
  #onTrouble;
  #box = element('leave-message', HTMLElement);
  #hint = element('machine-hint', HTMLElement);
  #choiceField = element('leave-message-field', HTMLElement);
  #choice = element('leave-message-choice', HTMLSelectElement);
  #button = element('leave-message-button', HTMLButtonElement);
  #meaning = element('leave-message-meaning', HTMLElement);
  /** The id of the message that was chosen last. @type {{ chosen: string }} */
  #memory;
  /** @type {VoicemailMessage[]} */
  #messages = [];
  /** @type {Call | null} */
  #call = null;

  /**
   * @param {ViewContext} context
   * @param {(error: unknown) => void} onTrouble it failed, and the call goes on
   */
  constructor(context, onTrouble) {
    this.#context = context;
    this.#onTrouble = onTrouble;
    const { memory, business } = context;
    this.#memory = remembered(memory, `dialer.message.${business.id}`, () => ({ chosen: '' }));
    this.#choice.addEventListener('change', () => {
      this.#memory.chosen = this.#choice.value;
      this.#showMeaning();
    });
    this.#button.addEventListener('click', () => void this.#leave());
    const { voice, signal } = context;
    onSetting(voice, ['voicemail_message'], () => void this.#read(), signal);
    void this.#read();
  }

  /** When the view is opened, and when somebody has changed one: a call costs no request more. */
  async #read() {
    const { voice, business, signal } = this.#context;
    try {
      const messages = await voice.messages.list(business.id, { signal });
      if (signal.aborted) return;
      this.#messages = messages;
      this.#choice.replaceChildren(
        ...messages.map(({ id, name }) => create('option', { value: id }, name)),
      );
      const isThere = messages.some(({ id }) => id === this.#memory.chosen);
      if (isThere) this.#choice.value = this.#memory.chosen;
      this.#showMeaning();
    } catch (error) {
      // Calls work without messages. What is wrong with the network is said where the calls are listed.
      if (!signal.aborted) console.info(failureOf(error).code);
    }
  }

  /**
   * @param {Call} call
   * @param {readonly Party[]} parties
   */
  show(call, parties) {
    this.#call = call;
    const isTalking = call.state === 'talking';
    const can = canLeaveMessage({ isTalking, stage: call.stage, parties });
    const hint = isTalking ? machineHint(call.conversation?.answered_by) : '';
    const none = hint && can && !this.#messages.length;
    const record = create('a', { href: '#/settings' }, 'Record a message for next time');
    sayParts(this.#hint, hint, none && ' ', none && record);
    this.#box.hidden = !can || !this.#messages.length;
    this.#choiceField.hidden = this.#messages.length < 2;
    this.#button.classList.toggle('primary', Boolean(hint));
    this.#button.setAttribute('aria-disabled', String(call.pending !== null));
  }

  #showMeaning() {
    const message = this.#messages.find(({ id }) => id === this.#choice.value);
    const length = message ? ` (${duration(Math.round(message.duration_seconds))})` : '';
    say(
      this.#meaning,
      message ? `Plays “${message.name}”${length} to them. You are free at once.` : '',
    );
    this.#button.title = this.#meaning.textContent ?? '';
  }

  async #leave() {
    const call = this.#call;
    if (!call || call.pending || this.#box.hidden) return;
    try {
      await call.dropVoicemail(this.#choice.value);
    } catch (error) {
      if (call === this.#call) this.#onTrouble(error);
    }
  }
}
