import { failureOf } from '../../henk-voice/henk-voice.js';
import { copyText } from '../shared/copy-text.js';
import { create, debounce, element, say } from '../shared/dom.js';
import { hideNotice, showFailure, showNote } from '../shared/notices.js';
import { when } from '../shared/words.js';
import { watchCauses } from './what-changes.js';
import { progressOf, resultOf, stepWords, verdictOf, verdictOfCall } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CheckResult} CheckResult
 * @typedef {import('../../henk-voice/henk-voice.js').CheckStep} CheckStep
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./words.js').Verdict} Verdict
 */

/** Several of what it looks at change at once. */
const LOOK_AFTER_MS = 300;

/** Shows the check, starts it, and copies its report. */
export class CheckPanel {
  #voice;
  #signal;
  /** What is known without a check. @type {CheckResult | null} */
  #quiet = null;
  #verdict = element('check-verdict', HTMLElement);
  #start = element('check-start', HTMLButtonElement);
  #copy = element('check-copy', HTMLButtonElement);
  #heard = element('check-heard', HTMLElement);
  #steps = element('check-steps', HTMLOListElement);

  /**
   * @param {HenkVoice} voice
   * @param {AbortSignal} signal
   */
  constructor(voice, signal) {
    this.#voice = voice;
    this.#signal = signal;
    this.#start.addEventListener('click', () => void this.#toggle());
    this.#copy.addEventListener('click', () => void this.#copyReport());
    for (const [id, isHeard] of /** @type {const} */ ([
      ['check-heard-yes', true],
      ['check-heard-no', false],
    ])) {
      element(id, HTMLButtonElement).addEventListener('click', () => voice.check.heard(isHeard));
    }
    voice.check.on('change', () => this.#show(), { signal });
    watchCauses(
      voice,
      debounce(() => void this.#look(), LOOK_AFTER_MS),
      signal,
    );
    for (const name of /** @type {const} */ (['call', 'callchange', 'callend'])) {
      voice.on(name, () => this.#show(), { signal });
    }
    // Who leaves the view has no use for the test call.
    signal.addEventListener('abort', () => {
      voice.check.stop('person');
      hideNotice('check');
    });
    this.#show();
    void this.#look();
  }

  async #look() {
    this.#quiet = await this.#voice.check.quiet();
    if (!this.#signal.aborted) this.#show();
  }

  async #toggle() {
    if (this.#voice.check.state === 'running') {
      this.#voice.check.stop('person');
      return;
    }
    try {
      hideNotice('check');
      for (const id of ['check-report-hint', 'check-report-text'])
        element(id, HTMLElement).hidden = true;
      await this.#voice.check.run();
    } catch (error) {
      const cause = failureOf(error);
      if (cause.code !== 'call_in_progress') return showFailure(cause, 'check');
      showNote('check', 'Not checked: a call goes on, or rings. Check again when it is over.');
    }
  }

  #show() {
    const { check, call, inCall } = this.#voice;
    const isRunning = check.state === 'running';
    const result = inCall ? null : resultOf({ quiet: this.#quiet, result: check.result });
    /** @type {Verdict} */
    const verdict = isRunning
      ? { tone: 'running', words: progressOf(check.steps), meaning: '', action: '' }
      : inCall && call
        ? verdictOfCall(call)
        : verdictOf(result);
    this.#verdict.dataset.tone = verdict.tone;
    // The line above the view says how the call's line is.
    this.#verdict.ariaLive = inCall ? 'off' : 'polite';
    say(element('check-words', HTMLElement), verdict.words);
    say(element('check-meaning', HTMLElement), verdict.meaning);
    say(element('check-action', HTMLElement), verdict.action);
    say(this.#start, isRunning ? 'Stop' : check.result ? 'Check again' : 'Check now');
    this.#copy.hidden = isRunning || !result;
    this.#heard.hidden =
      verdict.tone === 'none' || !check.canSayHeard || (!isRunning && result !== check.result);
    const question = isRunning ? 'Do you hear the voice?' : 'Did you hear the voice?';
    say(element('check-heard-title', HTMLElement), question);
    const isChecked = !isRunning && result !== null && !result.isQuiet;
    const checkedAt = isChecked ? when(result.startedAt.toISOString()).short : '';
    say(element('check-when', HTMLElement), checkedAt && `Checked: ${checkedAt}.`);
    this.#showSteps(isRunning ? check.steps : (result?.steps ?? []));
  }

  /** @param {readonly CheckStep[]} steps */
  #showSteps(steps) {
    const before = JSON.stringify(steps);
    // What somebody has unfolded stays so.
    if (this.#steps.dataset.steps === before) return;
    this.#steps.dataset.steps = before;
    const open = new Set(
      [...this.#steps.querySelectorAll('details[open]')].map((each) =>
        each.getAttribute('data-name'),
      ),
    );
    this.#steps.replaceChildren(...steps.map((step) => row(step, open.has(step.name))));
  }

  async #copyReport() {
    const result = resultOf({ quiet: this.#quiet, result: this.#voice.check.result });
    if (!result) return;
    const text = this.#voice.check.reportText(result);
    const area = element('check-report-text', HTMLTextAreaElement);
    const isCopied = await copyText(text, area);
    element('check-report-hint', HTMLElement).hidden = isCopied;
    if (isCopied) showNote('check', 'The report is copied. Paste it into your message to support.');
  }
}

/**
 * @param {CheckStep} step
 * @param {boolean} isOpen
 */
function row(step, isOpen) {
  const words = stepWords(step);
  const details = create(
    'details',
    { 'data-name': step.name, ...(isOpen ? { open: '' } : {}) },
    create('summary', {}, 'Details'),
    create('ul', {}, ...step.details.map((line) => create('li', {}, line))),
  );
  return create(
    'li',
    { 'data-state': step.state },
    create('strong', {}, words.name),
    create('span', { class: 'check-state' }, words.state),
    words.text && create('span', { class: 'check-text' }, words.text),
    step.details.length > 0 && details,
  );
}
