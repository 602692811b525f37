import { CallFigures, rounded } from './call-figures.js';
import { CallIncidents } from './call-incidents.js';
import { gradeOf } from './line-grade.js';
import {
  FEWEST_SAMPLES,
  NOTHING_ARRIVED_MS,
  NOTHING_CAME_MS,
  REPORTS_WITHOUT_US,
  SILENCE,
} from './line-limits.js';
import { LineWindow, grown } from './line-window.js';
import { SteadyGrade } from './steady-grade.js';
import { Stretch } from './stretch.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./line-grade.js').Graded} Graded
 * @typedef {import('./line-stats.js').LineReading} LineReading
 * @typedef {import('./line-stats.js').LineStats} LineStats
 * @typedef {import('./line-window.js').LineSample} LineSample
 *
 * @typedef {object} CallQualityOptions
 * @property {LineStats} line
 * @property {() => boolean} isMuted
 * @property {() => boolean} isPlain whether rep and lead talk, and nobody is on hold
 * @property {() => void} onChange what is shown of the line changed
 */

/** How often the browser's statistics are read. */
const READ_EVERY_MS = 2_000;
/** The audio of a call may begin so late. */
const CONNECTS_WITHIN_MS = 6_000;
const SILENT_MS = 10_000;
/** Tabs in the background may be told late. */
const LONGEST_STEP_MS = 5_000;

/** Measures the line of one call, from its answer to its end: for the sign, and for the call's row. */
export class CallQuality {
  #options;
  #window = new LineWindow();
  #figures = new CallFigures();
  #incidents;
  #steady = new SteadyGrade();
  #nothingIn = new Stretch(NOTHING_CAME_MS.call);
  #nothingOut = new Stretch(NOTHING_ARRIVED_MS.call);
  #reportsWithoutUs = 0;
  #silent = new Stretch(SILENT_MS);
  #otherSilent = new Stretch(SILENT_MS);
  /** Since when, `performance.now()`. @type {number | null} */
  #begun = null;
  /** @type {number | null} */
  #ended = null;
  #sampledAt = 0;
  /** Whether there was ever a way for the audio. @type {boolean | null} */
  #connected = null;
  /** @type {LineReading | null} */
  #reading = null;
  #isMutedSinceReading = false;
  /** The loudest of the microphone since the latest reading, as the SDK has it. */
  #level = 0;
  /** Whether the SDK's AudioContext runs: if not, it measures no level, of neither side. */
  #hasLevels = false;
  #codec = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {SdkCall} sdk
   * @param {CallQualityOptions} options
   */
  constructor(sdk, options) {
    this.#options = options;
    this.#incidents = new CallIncidents(sdk, {
      isMuted: options.isMuted,
      onChange: () => this.#judge(performance.now()),
    });
    sdk.on('sample', (sample) => this.#sampled(/** @type {LineSample} */ (sample)));
    sdk.on('mute', () => (this.#isMutedSinceReading = true));
  }

  /** What the sign says. */
  get graded() {
    return this.#steady.shown;
  }

  /** The numbers of the latest seconds. @returns {import('./line-words.js').LineFacts} */
  get facts() {
    const { lossIn, lossOut, jitterMs, rttMs, mos } = this.#window.figures();
    return {
      lossIn: rounded(lossIn),
      lossOut: rounded(lossOut),
      jitterMs: rounded(jitterMs),
      rttMs: rounded(rttMs),
      mos: rounded(mos),
      isRelay: this.#reading?.isRelay ?? null,
      codec: this.#codec || (this.#reading?.codec ?? null),
    };
  }

  /** Whether there is something to report. */
  get hasBegun() {
    return this.#begun !== null;
  }

  /** The call was answered. */
  begin() {
    if (this.#begun !== null) return;
    this.#begun = performance.now();
    this.#sampledAt = this.#begun;
    this.#incidents.begin();
    void this.#read();
  }

  /** The call is over: from now on nothing is measured. */
  end() {
    clearTimeout(this.#timer);
    this.#ended ??= performance.now();
    this.#incidents.end();
  }

  /** @returns {Record<string, unknown>} what `report_call_quality` takes of it */
  report() {
    const seconds = this.#begun === null ? 0 : (this.#ended ?? performance.now()) - this.#begun;
    const reading = this.#reading;
    return {
      seconds: rounded(seconds / 1000),
      samples: this.#figures.samples,
      audio_connected: this.#connected,
      ...this.#figures.summary(),
      codec: this.#codec || (reading?.codec ?? null),
      is_relay: reading?.isRelay ?? null,
      protocol: reading?.protocol ?? null,
      network_type: reading?.networkType ?? null,
      silent_seconds: rounded(this.#silent.totalMs / 1000),
      other_silent_seconds: rounded(this.#otherSilent.totalMs / 1000),
      nothing_in_seconds: rounded(this.#nothingIn.totalMs / 1000),
      nothing_out_seconds: rounded(this.#nothingOut.totalMs / 1000),
      ...this.#incidents.report(),
    };
  }

  get #isOn() {
    return this.#begun !== null && this.#ended === null;
  }

  /** @param {LineSample} sample */
  #sampled(sample) {
    if (!this.#isOn || this.#incidents.isReconnecting) return;
    const at = performance.now();
    const step = Math.min(at - this.#sampledAt, LONGEST_STEP_MS);
    this.#sampledAt = at;
    this.#codec = sample.codecName?.toLowerCase() || this.#codec;
    this.#level = Math.max(this.#level, sample.audioInputLevel ?? 0);
    this.#hasLevels = this.#hasLevels || this.#level > 0 || (sample.audioOutputLevel ?? 0) > 0;
    this.#window.add(sample, at);
    this.#figures.add(sample, at);
    this.#nothingIn.add(sample.packetsReceived <= 0, step);
    this.#judge(at);
  }

  async #read() {
    const reading = await this.#options.line.read();
    if (!this.#isOn) return;
    if (reading) this.#learn(reading);
    this.#timer = setTimeout(() => void this.#read(), READ_EVERY_MS);
  }

  /** @param {LineReading} reading */
  #learn(reading) {
    const before = this.#reading;
    this.#reading = reading;
    this.#connected = this.#connected || reading.connected;
    if (this.#incidents.isReconnecting) {
      for (const stretch of [this.#nothingOut, this.#silent, this.#otherSilent])
        stretch.add(false, 0);
    } else {
      this.#window.read(reading);
      this.#figures.read(reading);
      if (before) this.#compare(before, reading);
    }
    this.#level = 0;
    this.#isMutedSinceReading = this.#options.isMuted();
    this.#judge(reading.at);
  }

  /**
   * @param {LineReading} before
   * @param {LineReading} now
   */
  #compare(before, now) {
    const step = Math.min(now.at - before.at, LONGEST_STEP_MS);
    const isSilent = (/** @type {number | null} */ energy) =>
      // Another microphone begins at 0 again.
      energy !== null && energy >= 0 && energy < (SILENCE.call * step) / 1000;
    const own = grown(before.ownEnergy, now.ownEnergy);
    const isOwnSilent = own === null ? this.#hasLevels && this.#level === 0 : isSilent(own);
    this.#silent.add(isOwnSilent && !this.#isMutedSinceReading && now.connected === true, step);

    const came = (grown(before.packetsReceived, now.packetsReceived) ?? 0) > 0;
    const other = grown(before.otherEnergy, now.otherEnergy);
    this.#otherSilent.add(came && isSilent(other) && this.#options.isPlain(), step);

    const left = (grown(before.packetsSent, now.packetsSent) ?? 0) > 0;
    const isStill = left && now.reportedAt === before.reportedAt;
    if (!isStill) this.#reportsWithoutUs = 0;
    else if (now.otherReportedAt !== before.otherReportedAt) this.#reportsWithoutUs += 1;
    this.#nothingOut.add(isStill, step, this.#reportsWithoutUs >= REPORTS_WITHOUT_US);
  }

  /** @param {number} at */
  #judge(at) {
    if (!this.#isOn) return;
    if (this.#steady.learn(this.#judgement(at), at)) this.#options.onChange();
  }

  /**
   * @param {number} at
   * @returns {Graded} what is so at the moment
   */
  #judgement(at) {
    const isLate = at - (this.#begun ?? at) >= CONNECTS_WITHIN_MS;
    if (this.#connected === false && isLate) return { grade: 'poor', fault: 'audio_blocked' };
    if (this.#incidents.isReconnecting) return { grade: 'poor', fault: 'connection_lost' };
    if (this.#nothingIn.isLong) return { grade: 'poor', fault: 'nothing_heard' };
    if (this.#nothingOut.isLong) return { grade: 'poor', fault: 'not_heard' };
    if (this.#silent.isLong) return { grade: 'poor', fault: 'microphone_silent' };
    const figures = this.#window.figures();
    const line = figures.samples < FEWEST_SAMPLES ? this.graded : gradeOf(figures);
    if (!line.fault && this.#otherSilent.isLong)
      return { grade: line.grade, fault: 'other_side_silent' };
    return line;
  }
}
