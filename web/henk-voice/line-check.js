import { STEPS, newSteps } from './check-facts.js';
import { reportOf, reportText } from './check-report.js';
import { withAnswer } from './check-speaker.js';
import { Run } from './check-run.js';
import { Emitter } from './emitter.js';
import { VoiceError, failure } from './failures.js';

/**
 * @typedef {import('./check-types.js').CheckResult} CheckResult
 * @typedef {import('./check-types.js').CheckStep} CheckStep
 * @typedef {import('./check-types.js').CheckStepName} CheckStepName
 * @typedef {import('./check-types.js').StopReason} StopReason
 *
 * @typedef {object} LineCheckEvents
 * @property {undefined} change `state`, `steps` or `result` changed
 *
 * @typedef {import('./check-run.js').LineCheckOptions} LineCheckOptions
 */

/** In these states of the line there is no voice. @type {Set<CheckStep['state']>} */
const UNHEARD = new Set(['waiting', 'skipped']);

/**
 * Finds out whether one can call and be heard, before a call. `run()` opens the microphone and places a
 * test call that rings nobody. A call that begins or rings ends it.
 *
 *     voice.check.on('change', () => show(voice.check.steps));
 *     const { verdict, fault } = await voice.check.run();
 *
 * @extends {Emitter<LineCheckEvents>}
 */
export class LineCheck extends Emitter {
  /** @type {'idle' | 'running' | 'done'} */
  state = 'idle';
  /** @type {CheckStep[]} */
  steps = newSteps();
  /** The latest result of `run()`. @type {CheckResult | null} */
  result = null;

  #options;
  /** @type {Run | null} */
  #run = null;

  /** @param {LineCheckOptions} options */
  constructor(options) {
    super();
    this.#options = options;
    const { voice } = options;
    voice.on('call', () => this.stop('call'));
    voice.on('incoming', () => this.stop('call'));
    // In another tab.
    voice.on('phonechange', ({ ring }) => ring && this.stop('call'));
    voice.presence.on('change', (state) => state === 'busy' && this.stop('call'));
  }

  /** Whether the voice of a test call can be heard, or could be, and nobody has said whether it was. */
  get canSayHeard() {
    const { steps, facts } = this.#run ?? this.result ?? {};
    const line = steps?.find(({ name }) => name === 'line');
    return facts?.speakerHeard === null && !!line && !UNHEARD.has(line.state);
  }

  /** How loud the microphone has been during the check, in dBFS; null if that is not known. */
  get microphonePeak() {
    return this.#run?.loudness?.peak ?? null;
  }

  /**
   * Checks everything, within 20 s. Who runs it while it runs gets the same result.
   *
   * @param {{ parts?: CheckStepName[] }} [options] the steps to do; all by default. Without `line` no
   *   call is placed
   * @returns {Promise<CheckResult>} also if it was stopped
   * @throws {VoiceError} `call_in_progress`, in whatever tab it goes on, or rings
   */
  async run({ parts } = {}) {
    if (this.#run) return this.#run.done;
    const { voice } = this.#options;
    const isBusy = voice.inCall || voice.presence.state === 'busy';
    if (isBusy || voice.ring || voice.phone.ring) throw new VoiceError(failure('call_in_progress'));
    this.steps = newSteps();
    this.state = 'running';
    const run = new Run(this.#options, this.steps, parts ?? [...STEPS], () => this.#changed());
    this.#run = run;
    this.#changed();
    const result = await run.done;
    this.#run = null;
    if (run.stopped === 'closed') return result;
    this.result = result;
    this.state = 'done';
    this.#changed();
    const isWhole = !parts || STEPS.every((name) => parts.includes(name));
    if (isWhole && !run.stopped) void this.#save(result);
    return result;
  }

  /**
   * Ends a check that runs; it does nothing if none does.
   *
   * @param {StopReason} [reason]
   */
  stop(reason = 'person') {
    this.#run?.stop(reason);
    if (reason !== 'closed') return;
    // Somebody else may come, or another business.
    this.result = null;
    this.steps = newSteps();
    this.state = 'idle';
    this.#changed();
  }

  /** @param {boolean} isHeard whether the person hears the test call, or heard the tone */
  heard(isHeard) {
    if (this.#run) this.#run.heard(isHeard);
    else if (this.result) this.result = withAnswer(this.result, isHeard);
    this.#changed();
  }

  /**
   * Looks at what can be known without the microphone and without a call.
   *
   * @returns {Promise<CheckResult>}
   */
  async quiet() {
    const run = new Run(
      this.#options,
      newSteps(),
      ['browser', 'permission', 'speaker', 'clock', 'token'],
      () => {},
      true,
    );
    return run.done;
  }

  /** @param {CheckResult} result */
  reportText(result) {
    return reportText(result);
  }

  #changed() {
    this.emit('change', undefined);
  }

  /** @param {CheckResult} result */
  async #save(result) {
    const { sql, voice } = this.#options;
    if (!voice.businessId) return;
    const values = { p_business_id: voice.businessId, p_report: reportOf(result) };
    try {
      await sql.ask('report_preflight', values, { tries: 'twice' });
    } catch (error) {
      // The result is on the page; a network that loses the report is what it tells.
      console.info(error);
    }
  }
}
