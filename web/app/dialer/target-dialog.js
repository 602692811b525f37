import { blockReasonSentence, failureOf } from '../../henk-voice/henk-voice.js';
import { whyNotRung } from '../call/transfer-targets.js';
import { element, ltr, nodesOf, say, sayParts } from '../shared/dom.js';
import { formatNumber } from '../shared/phone-format.js';
import { ColleagueList } from './colleague-list.js';
import { NumberCheck } from './number-check.js';
import { TargetNumbers } from './target-numbers.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').Call} Call
 * @typedef {import('../../henk-voice/henk-voice.js').Failure} Failure
 * @typedef {import('../frame/view.js').ViewContext} ViewContext
 * @typedef {import('./number-check.js').CheckState} CheckState
 *
 * @typedef {'transfer' | 'add'} Purpose
 *
 * @typedef {object} Events
 * @property {(call: Call) => Promise<void>} beforeRing what to wait for, a moment at most
 * @property {() => void} onBegin the call is about to be changed
 * @property {(failure: Failure) => void} onTrouble it failed after the dialog was closed
 */

const BY_NUMBER = 'number';
/** Nobody waits longer for notes to be saved. */
const NOTES_WITHIN_MS = 1_500;

/** Asks whom to ring, and how: a colleague who can be rung, or a phone number. */
export class TargetDialog {
  #events;
  #dialog = element('target-dialog', HTMLDialogElement);
  #form = element('target-form', HTMLFormElement);
  #title = element('target-title', HTMLElement);
  #modes = element('target-modes', HTMLFieldSetElement);
  #numberField = element('target-number-field', HTMLElement);
  #number = element('target-number', HTMLInputElement);
  #numberLine = element('target-number-check', HTMLElement);
  #trouble = element('target-trouble', HTMLElement);
  #submit = element('target-submit', HTMLButtonElement);
  #people;
  #numbers;
  #check;
  /** @type {Purpose} */
  #purpose = 'transfer';
  /** @type {Call | null} */
  #call = null;
  #leadName = '';
  #isSending = false;

  /**
   * @param {ViewContext} context
   * @param {Events} events
   */
  constructor({ voice, business, signal }, events) {
    this.#events = events;
    this.#people = new ColleagueList(
      (abort) => voice.colleagues(abort),
      () => this.#render(),
    );
    this.#numbers = new TargetNumbers(
      (abort) => voice.transferTargets.list(business.id, { signal: abort }),
      () => this.#render(),
    );
    this.#check = new NumberCheck({
      ask: (wishes, abort) => voice.preview(wishes, abort),
      onChange: (state) => this.#showCheck(state),
    });
    this.#form.addEventListener('input', () => {
      say(this.#trouble, '');
      this.#render();
    });
    this.#number.addEventListener('input', () =>
      this.#check.update({ to: this.#number.value.trim() }),
    );
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    element('target-close', HTMLButtonElement).addEventListener('click', () =>
      this.#dialog.close(),
    );
    this.#dialog.addEventListener('close', () => this.#closed());
    signal.addEventListener('abort', () => this.#closed());
  }

  /**
   * @param {Purpose} purpose
   * @param {Call} call
   * @param {string} leadName
   * @param {ReadonlySet<string>} onCall the ids of the people who are on the call
   */
  open(purpose, call, leadName, onCall) {
    this.#purpose = purpose;
    this.#call = call;
    this.#leadName = leadName;
    this.#form.reset();
    this.#check.update({ to: '' });
    say(this.#trouble, '');
    const lead = { name: leadName };
    const title = purpose === 'transfer' ? ['Transfer ', lead] : ['Add somebody to the call'];
    sayParts(this.#title, ...nodesOf(title));
    this.#modes.hidden = purpose === 'add';
    this.#people.show(onCall);
    this.#numbers.show();
    this.#sayMeanings();
    this.#render();
    this.#dialog.showModal();
  }

  /**
   * The call has changed.
   *
   * @param {Call} call
   * @param {ReadonlySet<string>} onCall the ids of the people who are on the call
   */
  update(call, onCall) {
    if (!this.#dialog.open) return;
    if (call !== this.#call || call.state !== 'talking') return this.#dialog.close();
    this.#people.update(onCall);
  }

  #closed() {
    this.#people.hide();
    this.#numbers.hide();
    this.#check.stop();
  }

  /** What happens to the lead meanwhile. */
  #sayMeanings() {
    const lead = { name: this.#leadName };
    const add = [lead, ' goes on hearing you while it rings.'];
    sayParts(element('target-hears', HTMLElement), ...nodesOf(this.#purpose === 'add' ? add : []));
    sayParts(element('warm-meaning', HTMLElement), ...nodesOf([lead, ' hears music meanwhile.']));
    sayParts(
      element('cold-meaning', HTMLElement),
      ...nodesOf(['You are free at once. If nobody answers, ', lead, ' comes back to you.']),
    );
  }

  get #chosen() {
    // Whoever cannot be rung any more is still chosen, so that it can be said.
    /** @type {HTMLInputElement | null} */
    const checked = this.#form.querySelector('input[name="target"]:checked');
    return checked?.value ?? '';
  }

  get #mode() {
    return new FormData(this.#form).get('mode') === 'cold' ? 'cold' : 'warm';
  }

  #render() {
    const chosen = this.#chosen;
    this.#numberField.hidden = chosen !== BY_NUMBER;
    sayParts(this.#submit, ...(this.#isSending ? ['Ringing…'] : nodesOf(this.#words)));
    if (this.#isColleague(chosen) && !this.#isSending) {
      const why = whyNotRung(this.#people.targets, chosen);
      if (why) say(this.#trouble, why);
    }
  }

  /** @param {string} chosen */
  #isColleague(chosen) {
    return chosen !== '' && chosen !== BY_NUMBER && !this.#numbers.find(chosen);
  }

  #sayItIsTheLead() {
    const lead = { name: this.#leadName };
    sayParts(this.#trouble, ...nodesOf(['This is the number of ', lead, '.']));
  }

  /** What the button does. */
  get #words() {
    const target =
      this.#people.targets.find(({ userId }) => userId === this.#chosen) ??
      this.#numbers.find(this.#chosen);
    const name = target ? { name: target.name } : 'them';
    if (this.#purpose === 'add') return ['Add ', name];
    return this.#mode === 'cold' ? ['Hand over to ', name] : ['Call ', name];
  }

  /** @param {CheckState} state */
  #showCheck(state) {
    const isRefused = typeof state === 'object' && Boolean(state.preview?.blockReason);
    this.#numberLine.classList.toggle('bad', isRefused);
    this.#number.setAttribute('aria-invalid', String(isRefused));
    sayParts(this.#numberLine, ...reading(state));
  }

  async #send() {
    const call = this.#call;
    if (!call || this.#isSending) return;
    const to = await this.#target();
    if (!to || !this.#dialog.open) return;
    this.#events.onBegin();
    this.#isSending = true;
    this.#submit.setAttribute('aria-disabled', 'true');
    this.#render();
    try {
      // What was asked before comes first.
      await idle(call);
      if (!this.#dialog.open) return;
      await atMost(this.#events.beforeRing(call), NOTES_WITHIN_MS);
      await (this.#purpose === 'add' ? call.add(to) : call.transfer(to, this.#mode));
      this.#dialog.close();
    } catch (error) {
      this.#failed(failureOf(error));
    } finally {
      this.#isSending = false;
      this.#submit.setAttribute('aria-disabled', 'false');
      if (this.#dialog.open) this.#render();
    }
  }

  /** @param {Failure} failure */
  #failed(failure) {
    if (!this.#dialog.open || failure.code === 'not_in_progress') {
      this.#dialog.close();
      this.#events.onTrouble(failure);
      return;
    }
    say(this.#trouble, `${failure.message} ${failure.action}`);
    // Somebody is busy or away who was not a moment ago.
    this.#people.lookNow();
  }

  /** @returns {Promise<{ userId: string } | { number: string } | null>} null if there is none */
  async #target() {
    const chosen = this.#chosen;
    if (!chosen) {
      say(this.#trouble, 'Choose whom to ring.');
      return null;
    }
    const known = this.#numbers.find(chosen);
    if (known) {
      if (known.phone_number !== this.#call?.conversation?.to_number) {
        return { number: known.phone_number };
      }
      this.#sayItIsTheLead();
      return null;
    }
    if (this.#isColleague(chosen)) {
      const why = whyNotRung(this.#people.targets, chosen);
      say(this.#trouble, why);
      return why ? null : { userId: chosen };
    }
    const text = this.#number.value.trim();
    if (!text) {
      say(this.#trouble, 'Enter the phone number.');
      this.#number.focus();
      return null;
    }
    const { preview } = await this.#check.reading();
    if (preview?.blockReason) {
      this.#number.focus();
      return null;
    }
    if (preview?.to && preview.to === this.#call?.conversation?.to_number) {
      this.#sayItIsTheLead();
      this.#number.focus();
      return null;
    }
    // What could not be checked here is checked by the server.
    return { number: preview?.to ?? text };
  }
}

/**
 * Resolves when nothing that was asked of the call is under way.
 *
 * @param {Call} call
 * @returns {Promise<void>}
 */
function idle(call) {
  return new Promise((resolve) => {
    if (!call.pending) return resolve();
    const forget = call.on('change', () => {
      if (call.pending) return;
      forget();
      resolve();
    });
  });
}

/**
 * @param {CheckState} state
 * @returns {(Node | string)[]}
 */
function reading(state) {
  if (state === 'nothing') return [];
  if (state === 'asking') return ['Checking…'];
  if (state.failure) return [`Not checked: ${state.failure.message}`];
  if (!state.preview) return [];
  const { to, blockReason, extension } = state.preview;
  if (blockReason) return [blockReasonSentence(blockReason)];
  const then = extension ? `. Extension ${extension} is not dialled.` : '';
  return ['Rings ', ltr(formatNumber(to)), then];
}

/**
 * @param {Promise<void>} promise
 * @param {number} ms
 */
async function atMost(promise, ms) {
  await Promise.race([promise.catch(() => {}), new Promise((resolve) => setTimeout(resolve, ms))]);
}
