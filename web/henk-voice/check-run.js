import { browserFinding, browserOf, permissionFinding, permissionState } from './check-browser.js';
import { clockFinding, clockOffsetSeconds } from './check-clock.js';
import { countDevices, deviceFacts, noFacts } from './check-facts.js';
import { isEnough, lineFacts, lineFindings } from './check-line.js';
import {
  Loudness,
  microphoneFinding,
  openMicrophone,
  stopStream,
  unopenedFinding,
  unpluggedFinding,
} from './check-microphone.js';
import { testLine } from './check-preflight.js';
import { speakerFinding } from './check-speaker.js';
import { tokenFault } from './check-token.js';
import { failureOf } from './failure-of.js';
import { VoiceError, failure } from './failures.js';
import { lineFault, mostImportant } from './line-faults.js';

/**
 * @typedef {import('./access-token.js').AccessToken} AccessToken
 * @typedef {import('./check-types.js').CheckResult} CheckResult
 * @typedef {import('./check-types.js').CheckStep} CheckStep
 * @typedef {import('./check-types.js').CheckStepName} CheckStepName
 * @typedef {import('./check-types.js').Finding} Finding
 * @typedef {import('./check-types.js').StopReason} StopReason
 * @typedef {import('./failures.js').Failure} Failure
 * @typedef {import('./henk-voice.js').HenkVoice} HenkVoice
 * @typedef {import('./line-faults.js').LineFault} LineFault
 * @typedef {import('./sql.js').Sql} Sql
 *
 * @typedef {object} LineCheckOptions
 * @property {HenkVoice} voice
 * @property {typeof import('@twilio/voice-sdk').Device} Device
 * @property {Record<string, unknown>} deviceOptions the app's own
 * @property {() => AccessToken | null} token
 * @property {Sql} sql
 */

/** The whole check ends within this time, whatever does not answer. */
const WHOLE_MS = 19_000;
const TOKEN_MS = 6_000;
/** How long the browser's question to the person may stay open. */
const QUESTION_MS = 10_000;

/** One check. */
export class Run {
  /** @type {Promise<CheckResult>} */
  done;
  /** @type {StopReason | null} */
  stopped = null;
  /** @type {Loudness | null} */
  loudness = null;

  #options;
  steps;
  #parts;
  #onChange;
  #isQuiet;
  #stopping = new AbortController();
  #startedAt = new Date();
  #since = performance.now();
  /** @type {LineFault[]} */
  #faults = [];
  facts = noFacts();
  /** @type {string[]} */
  #warnings = [];
  /** @type {string | null} */
  #callSid = null;
  /** @type {CheckResult['grade']} */
  #grade = null;
  /** @type {MediaStream | null} */
  #stream = null;

  /**
   * @param {LineCheckOptions} options
   * @param {CheckStep[]} steps
   * @param {readonly CheckStepName[]} parts
   * @param {() => void} onChange
   * @param {boolean} [isQuiet]
   */
  constructor(options, steps, parts, onChange, isQuiet = false) {
    this.#options = options;
    this.steps = steps;
    this.#parts = parts;
    this.#onChange = onChange;
    this.#isQuiet = isQuiet;
    this.done = this.#all();
  }

  /** @param {StopReason} reason */
  stop(reason) {
    this.stopped ??= reason;
    this.#stopping.abort();
  }

  /** @param {boolean} isHeard */
  heard(isHeard) {
    this.facts.speakerHeard = isHeard;
    this.#found('speaker', speakerFinding(this.facts));
  }

  async #all() {
    const timer = setTimeout(() => this.#stopping.abort(), WHOLE_MS);
    try {
      await this.#check();
    } catch (error) {
      // A browser that breaks off is told as a check that is not finished.
      console.info(error);
    } finally {
      clearTimeout(timer);
      this.loudness?.stop();
      if (this.#stream) stopStream(this.#stream);
    }
    return this.#conclude();
  }

  async #check() {
    const { Device, voice } = this.#options;
    const devices = await countDevices();
    Object.assign(this.facts, browserOf(navigator.userAgent), deviceFacts(voice.audio), devices);
    this.#do('browser', () => browserFinding(Device));
    if (this.#faults.length) return;
    const permission = await permissionState();
    this.facts.permission = permission;
    this.#do('permission', () => permissionFinding(permission));
    if (this.#isQuiet) this.#found('microphone', unopenedFinding(permission, devices.microphones));
    const canOpen = permission !== 'denied' && !this.#isQuiet && this.#wants('microphone', 'line');
    const [token] = await Promise.all([this.#token(), canOpen && this.#microphone()]);
    if (this.#stopping.signal.aborted) return;
    this.#do('speaker', () => speakerFinding(this.facts));
    if (token && this.#stream && this.#wants('signalling', 'audio', 'line')) {
      await this.#line(token, this.#stream);
    }
    if (this.#stream) await this.#listened(this.#stream);
  }

  /** @returns {Promise<string | null>} the access token */
  async #token() {
    const keeper = this.#options.token();
    if (!this.#wants('token', 'clock', 'line')) return null;
    this.#begin('token', 'clock');
    const late = new VoiceError(failure('token_unavailable'));
    try {
      const cause = this.#options.voice.failure;
      if (!keeper || (this.#isQuiet && cause)) throw new VoiceError(cause ?? failure('not_ready'));
      if (!this.#isQuiet) await within(keeper.renew(), TOKEN_MS, this.#stopping.signal, () => late);
      this.#found('token', { state: 'ok', text: 'There is permission to call.' });
    } catch (error) {
      this.#found('token', this.#tokenFinding(failureOf(error)));
    }
    // An older grant tells the time, too.
    const offset = keeper?.latest ? clockOffsetSeconds(...keeper.latest) : null;
    this.facts.clockOffsetSeconds = offset;
    this.#found('clock', clockFinding(offset));
    const isGranted = this.steps.some(({ name, state }) => name === 'token' && state === 'ok');
    return isGranted ? (keeper?.latest?.[0].token ?? null) : null;
  }

  /**
   * @param {Failure} cause
   * @returns {Finding}
   */
  #tokenFinding(cause) {
    if (this.#isQuiet && cause.code === 'not_ready') {
      return { state: 'skipped', text: 'The permission to call is being fetched.' };
    }
    const fault = tokenFault(cause);
    return { state: 'bad', text: fault.meaning, fault };
  }

  async #microphone() {
    this.#begin('microphone');
    const opened = await openMicrophone({
      open: () => this.#options.voice.audio.openMicrophone(),
      withinMs: QUESTION_MS,
      signal: this.#stopping.signal,
    });
    if (!(opened instanceof MediaStream)) {
      this.#found('microphone', opened);
      return;
    }
    this.#stream = opened;
    this.loudness = new Loudness(opened);
    this.facts.permission = 'granted';
    this.#found('permission', permissionFinding('granted'));
    Object.assign(this.facts, deviceFacts(this.#options.voice.audio, opened));
  }

  /** @param {MediaStream} stream */
  async #listened(stream) {
    const remaining = this.loudness?.remainingMs ?? 0;
    if (remaining > 0) await pause(remaining, this.#stopping.signal);
    if (this.stopped) return;
    const peak = this.loudness?.peak ?? null;
    const tracks = stream.getAudioTracks();
    this.facts.microphonePeak = peak;
    this.#do('microphone', () =>
      tracks.every(({ readyState }) => readyState === 'ended')
        ? unpluggedFinding()
        : microphoneFinding(
            peak,
            tracks.every(({ muted }) => muted),
          ),
    );
  }

  /**
   * @param {string} token
   * @param {MediaStream} stream
   */
  async #line(token, stream) {
    const { Device, deviceOptions, voice } = this.#options;
    const context = Device.audioContext;
    if (context?.state === 'suspended') context.resume().catch(() => {});
    const test = await testLine({
      Device,
      deviceOptions,
      token,
      stream,
      playThrough: (audio) => void voice.audio.playThrough(audio),
      onChange: ({ stage }) => this.#begin(stage),
      isEnough,
      onRing: () => this.stop('call'),
      signal: this.#stopping.signal,
    });
    if (this.stopped) return;
    const { signalling, audio, line, grade } = lineFindings(test);
    Object.assign(this.facts, lineFacts(test));
    this.#callSid = test.callSid;
    this.#warnings = test.warnings;
    this.#grade = grade;
    this.#found('signalling', signalling);
    this.#found('audio', audio);
    this.#found('line', line);
  }

  /** @returns {CheckResult} */
  #conclude() {
    const unfinished = this.steps.filter(({ state }) => state === 'running');
    // What a check that was stopped has not found yet, is no fault.
    if (this.stopped) this.#faults = [];
    // It may have been lost meanwhile, and explains everything else.
    else if (navigator.onLine === false) this.#faults.push(lineFault('offline'));
    if (this.stopped || unfinished.length) this.#faults.push(this.#unfinished(unfinished));
    for (const step of this.steps) {
      if (step.state === 'waiting') Object.assign(step, { state: 'skipped', text: 'Not tested.' });
    }
    const fault = mostImportant(this.#faults);
    return {
      verdict: fault?.code ?? 'ok',
      grade: this.#grade,
      fault,
      facts: this.facts,
      steps: this.steps.map((step) => ({ ...step })),
      startedAt: this.#startedAt,
      seconds: Math.round((performance.now() - this.#since) / 100) / 10,
      callSid: this.#callSid,
      warnings: this.#warnings,
      isQuiet: this.#isQuiet,
    };
  }

  /** @param {CheckStep[]} steps that got no answer */
  #unfinished(steps) {
    if (this.stopped === 'call') {
      const meaning = 'A call came, and calls go first.';
      return lineFault('check_unfinished', {
        side: 'you',
        meaning,
        action: 'Check again after the call.',
      });
    }
    if (this.stopped) {
      const meaning = 'The check was stopped.';
      return lineFault('check_unfinished', { side: 'you', meaning, action: 'Check again.' });
    }
    const names = steps.map(({ name }) => name).join(', ');
    return lineFault('check_unfinished', { meaning: `These got no answer in time: ${names}.` });
  }

  /** @param {CheckStepName[]} names */
  #wants(...names) {
    return names.some((name) => this.#parts.includes(name));
  }

  /** @param {CheckStepName[]} names */
  #begin(...names) {
    for (const step of this.steps) {
      if (names.includes(step.name) && step.state === 'waiting') step.state = 'running';
    }
    this.#onChange();
  }

  /**
   * @param {CheckStepName} name
   * @param {() => Finding} find
   */
  #do(name, find) {
    if (this.#wants(name)) this.#found(name, find());
  }

  /**
   * @param {CheckStepName} name
   * @param {Finding} finding
   */
  #found(name, { state, text, details = [], fault }) {
    const step = this.steps.find((one) => one.name === name);
    if (step) Object.assign(step, { state, text, details });
    this.#faults = this.#faults.filter(({ code }) => code !== fault?.code);
    if (fault) this.#faults.push(fault);
    this.#onChange();
  }
}

/**
 * @template Value
 * @param {Promise<Value>} promise
 * @param {number} ms
 * @param {AbortSignal} signal
 * @param {() => Error} late what it is rejected with if it does not settle in time
 * @returns {Promise<Value>}
 */
function within(promise, ms, signal, late) {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(late());
    const timer = setTimeout(giveUp, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', giveUp, { once: true });
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal ends it
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
