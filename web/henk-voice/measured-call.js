import { CallQuality } from './call-quality.js';
import { ControlledCall } from './controlled-call.js';
import { gradeOfReport } from './line-grade.js';
import { wordsOfLine } from './line-words.js';

/**
 * @typedef {import('@twilio/voice-sdk').Call} SdkCall
 * @typedef {import('./line-words.js').LineInWords} LineInWords
 *
 * @typedef {'one-way-audio' | 'choppy-audio' | 'dropped-call' | 'audio-latency' | 'noisy-call' | 'echo'}
 *   RatingIssue as Twilio calls them
 *
 * @typedef {object} Rating what a person thinks of how a call sounded
 * @property {number} stars 1 to 5
 * @property {RatingIssue | null} issue the greatest trouble, if there was one
 */

const UNKNOWN = wordsOfLine({ grade: null, fault: null }, null);

/** A call whose line is measured while it goes on. */
export class MeasuredCall extends ControlledCall {
  muted = false;
  /** What the person has said about the sound. @type {Rating | null} */
  rating = null;

  #reports;
  /** @type {SdkCall | null} */
  #sdk = null;
  /** @type {CallQuality | null} */
  #quality = null;
  #words = UNKNOWN;

  /**
   * @param {import('./controlled-call.js').AskForControl} ask
   * @param {import('./quality-reports.js').QualityReports} reports
   */
  constructor(ask, reports) {
    super(ask);
    this.#reports = reports;
  }

  /**
   * How good the line is: in the latest seconds, and altogether when the call is over. The words change only
   * when the grade or the fault does, and have the number of that moment.
   *
   * @returns {LineInWords}
   */
  get quality() {
    return { ...this.#words, facts: this.#quality?.hasBegun ? this.#quality.facts : null };
  }

  /** @returns {boolean} */
  get over() {
    return false;
  }

  /**
   * Says how the call sounded, to the business and to Twilio. It can be changed for a day.
   *
   * @param {number} stars 1 (bad) to 5
   * @param {RatingIssue | null} [issue]
   * @throws {VoiceError} `not_found` before the call's row is known, or another
   */
  async rate(stars, issue = null) {
    const rating = { stars, issue };
    const rated = this.#reports.rate(/** @type {any} */ (this), rating);
    if (this.#reports.publishes) {
      // Twilio may be unreachable, for example behind a blocker.
      await this.#sdk?.postFeedback(stars, /** @type {any} */ (issue ?? undefined)).catch(() => {});
    }
    await rated;
    this.rating = rating;
    this.changed();
  }

  /**
   * @protected
   * @param {SdkCall} sdk
   */
  measure(sdk) {
    this.#sdk = sdk;
    const quality = new CallQuality(sdk, {
      line: this.#reports.line,
      isMuted: () => this.muted,
      hasLevels: () => this.#reports.hasLevels,
      isPlain: () => this.stage === null,
      onChange: () => {
        this.#words = wordsOfLine(quality.graded, quality.facts);
        this.changed();
      },
    });
    this.#quality = quality;
    sdk.on('accept', () => {
      quality.begin();
      // The call learns its SID from the same event.
      setTimeout(
        () => void this.#reports.follow(/** @type {any} */ (this), () => quality.report()),
        0,
      );
    });
    this.on('end', () => {
      quality.end();
      if (quality.hasBegun)
        this.#words = wordsOfLine(gradeOfReport(quality.report()), quality.facts);
    });
  }
}
