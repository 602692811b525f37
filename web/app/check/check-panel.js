import { failureOf } from '../../henk-voice/henk-voice.js';
import { copyText } from '../shared/copy-text.js';
import { create, element, say } from '../shared/dom.js';
import { hideNotice, showFailure, showNote } from '../shared/notices.js';
import { progressOf, stepWords, verdictOf } from './words.js';

/**
 * @typedef {import('../../henk-voice/henk-voice.js').CheckResult} CheckResult
 * @typedef {import('../../henk-voice/henk-voice.js').CheckStep} CheckStep
 * @typedef {import('../../henk-voice/henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./words.js').Verdict} Verdict
 */

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
    for (const name of /** @type {const} */ (['ready', 'failure', 'recovered', 'callend'])) {
      voice.on(name, () => void this.#look(), { signal });
    }
    // Who leaves the view has no use for the test call.
    signal.addEventListener('abort', () => voice.check.stop('person'));
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
      showFailure(failureOf(error), 'check');
    }
  }

  #show() {
    const { check } = this.#voice;
    const isRunning = check.state === 'running';
    const result = check.result ?? this.#quiet;
    /** @type {Verdict} */
    const verdict = isRunning
      ? { tone: 'running', words: progressOf(check.steps), meaning: '', action: '' }
      : verdictOf(result);
    this.#verdict.dataset.tone = verdict.tone;
    say(element('check-words', HTMLElement), verdict.words);
    say(element('check-meaning', HTMLElement), verdict.meaning);
    say(element('check-action', HTMLElement), verdict.action);
    say(this.#start, isRunning ? 'Stop' : check.result ? 'Check again' : 'Check now');
    this.#copy.hidden = isRunning || !result;
    this.#heard.hidden = !check.canSayHeard;
    const question = isRunning ? 'Do you hear the voice?' : 'Did you hear the voice?';
    say(element('check-heard-title', HTMLElement), question);
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
    const result = this.#voice.check.result ?? this.#quiet;
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
