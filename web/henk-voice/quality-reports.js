import { browserOf } from './check-browser.js';
import { VoiceError, failure } from './failures.js';
import { gradeOfReport } from './line-grade.js';
import { LineStats } from './line-stats.js';
import { QualityOutbox } from './quality-outbox.js';
import { TabLock } from './tab-lock.js';

/**
 * @typedef {import('./audio-devices.js').AudioDevices} AudioDevices
 * @typedef {import('./call.js').VoiceCall} VoiceCall
 * @typedef {import('./conversations.js').Conversations} Conversations
 * @typedef {import('./line-grade.js').Graded} Graded
 * @typedef {import('./measured-call.js').Rating} Rating
 * @typedef {import('./quality-outbox.js').KeptReport} KeptReport
 *
 * @typedef {Graded & { rating: number | null }} QualityInShort as rows of the history have it
 *
 * @typedef {object} QualityReportsOptions
 * @property {typeof import('@twilio/voice-sdk').Device} Device
 * @property {import('./sql.js').Sql} sql
 * @property {import('./session.js').Session} session
 * @property {{ audio: AudioDevices, conversations: Conversations }} voice
 * @property {() => string | null} edge where the phone network was reached
 * @property {boolean} publishes whether the SDK may report to Twilio
 * @property {(row: { id: string, quality: QualityInShort }) => void} onStored
 */

/** What a page that is killed leaves behind is at most so old. */
const KEEP_EVERY_MS = 15_000;
/** After these failures, sending it again is of no use. */
const FINAL = new Set(['not_found', 'not_allowed', 'unexpected_answer']);

/** Writes one report for each call that was answered here, and what people think of it. */
export class QualityReports {
  /** Reads the connection of each call. */
  line = new LineStats();

  #options;
  #outbox = new QualityOutbox();
  /** The calls of this page whose reports are not stored yet. @type {Set<string>} */
  #own = new Set();

  /** @param {QualityReportsOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get publishes() {
    return this.#options.publishes;
  }

  /** The SDK measures levels with its AudioContext, which is suspended until somebody uses the page. */
  get hasLevels() {
    return this.#options.Device.audioContext?.state === 'running';
  }

  /**
   * Keeps the report of a call that was answered just now, and sends it when the call is over.
   *
   * @param {VoiceCall} call
   * @param {() => Record<string, unknown>} measured what is known of its line so far
   */
  async follow(call, measured) {
    const callSid = call.callSid;
    if (!callSid) return;
    this.#own.add(callSid);
    const lock = new TabLock();
    void lock.hold(lockOf(callSid));
    const userId = await this.#options.session.userId().catch(() => null);
    const edge = this.#options.edge();
    let devices = this.#devices();
    const keep = () => {
      // After the call the microphone is closed, and tells no name.
      if (!call.over) devices = this.#devices();
      const kept = {
        userId: userId ?? '',
        callSid,
        conversationId: call.conversation?.id ?? null,
        report: {
          ...measured(),
          ...devices,
          ...browserOf(globalThis.navigator?.userAgent ?? ''),
          edge,
        },
        keptAt: Date.now(),
      };
      if (userId) this.#outbox.keep(kept);
      return kept;
    };
    const timer = setInterval(keep, KEEP_EVERY_MS);
    globalThis.addEventListener?.('pagehide', keep);
    const finish = async () => {
      clearInterval(timer);
      globalThis.removeEventListener?.('pagehide', keep);
      // A call that was refused is answered too, for a moment.
      if (!call.answeredAt || !userId) this.#outbox.remove(callSid);
      else {
        keep();
        await known(call);
        await this.#send(keep());
      }
      this.#own.delete(callSid);
      lock.leave();
    };
    if (call.over) await finish();
    else call.on('end', () => void finish());
  }

  /** Sends what pages that are gone have left behind for this user. */
  async sendRest() {
    const userId = await this.#options.session.userId().catch(() => null);
    for (const kept of this.#outbox.reports) {
      if (kept.userId !== userId || this.#own.has(kept.callSid)) continue;
      // Another tab may be in this call.
      const lock = new TabLock();
      if (!(await lock.take(lockOf(kept.callSid)))) continue;
      await this.#send(kept);
      lock.leave();
    }
  }

  /**
   * @param {VoiceCall} call
   * @param {Rating} rating
   * @throws {VoiceError}
   */
  async rate(call, { stars, issue }) {
    const id = call.conversation?.id;
    if (!id || !call.callSid) throw new VoiceError(failure('not_found'));
    await this.#options.sql.ask(
      'rate_call',
      {
        p_conversation_id: id,
        p_call_sid: call.callSid,
        p_rating: stars,
        p_issue: issue,
      },
      { tries: 'twice' },
    );
    const { grade, fault } = call.quality;
    this.#options.onStored({ id, quality: { grade, fault, rating: stars } });
  }

  /** @param {KeptReport} kept */
  async #send({ userId, callSid, conversationId, report }) {
    const { sql, voice, onStored } = this.#options;
    try {
      const id = conversationId ?? (await voice.conversations.byCallSid(callSid))?.id;
      if (!id) return;
      const values = { p_conversation_id: id, p_call_sid: callSid, p_report: report };
      await sql.ask('report_call_quality', values, { tries: 'twice', userId });
      onStored({ id, quality: { ...gradeOfReport(report), rating: null } });
    } catch (error) {
      const code = error instanceof VoiceError ? error.failure.code : 'unexpected_answer';
      // The next page that is opened tries again.
      if (!FINAL.has(code)) return;
    }
    this.#outbox.remove(callSid);
  }

  #devices() {
    const { inUse, deviceChanges } = this.#options.voice.audio;
    return {
      microphone: inUse.microphone,
      speaker: inUse.speaker,
      devices_changed: deviceChanges,
    };
  }
}

/** @param {string} callSid */
function lockOf(callSid) {
  return `henk-voice.call-quality.${callSid}`;
}

/**
 * @param {VoiceCall} call
 * @returns {Promise<void>} resolves when its row is known
 */
async function known(call) {
  if (call.conversation) return;
  await new Promise((resolve) => {
    const off = call.on('change', () => {
      if (!call.conversation) return;
      off();
      resolve(undefined);
    });
  });
}
