/**
 * @typedef {import('./line-grade.js').LineFigures} LineFigures
 * @typedef {import('./line-stats.js').LineReading} LineReading
 *
 * @typedef {object} LineSample what the SDK measures each second (rtc/sample.ts)
 * @property {number} packetsLost in this second
 * @property {number} packetsReceived in this second
 * @property {number} jitter milliseconds
 * @property {number | null} [rtt] milliseconds
 * @property {number | null} [mos]
 * @property {string} [codecName]
 * @property {number} [audioInputLevel] 0 to 32,767
 * @property {number} [audioOutputLevel] the same of what is heard
 *
 * @typedef {object} Moment
 * @property {number} at `performance.now()`
 * @property {number} [lost] of the packets that should have come
 * @property {number} [received]
 * @property {number} [lostOut] of the packets that we have sent
 * @property {number} [sent]
 * @property {number | null} [jitterMs]
 * @property {number | null} [jitterOutMs]
 * @property {number | null} [rttMs]
 * @property {number | null} [mos]
 *
 * @typedef {Required<LineFigures> & { samples: number }} MeasuredFigures `samples`: of how many seconds
 */

/** A line is graded by its latest seconds: one bad second says little, and a bad minute long ago nothing. */
export const WINDOW_MS = 10_000;

/** Reports come within 8 s (RFC 3550, 6.2: 5 s, more or less by half). */
const LATE_MS = 10_000;

/** Sums up what was measured of a line: by the SDK each second, and by the browser's own statistics. */
export class LineWindow {
  /** @type {Moment[]} */
  #moments = [];
  /** The latest reading with a new report of the other side. @type {LineReading | null} */
  #reported = null;
  /** The second before, no packet came. */
  #wasStill = false;
  #keepMs;

  /** @param {number} [keepMs] what is older is forgotten */
  constructor(keepMs = WINDOW_MS) {
    this.#keepMs = keepMs;
  }

  /**
   * @param {LineSample} sample
   * @param {number} [at]
   */
  add({ packetsLost, packetsReceived, jitter, rtt, mos }, at = performance.now()) {
    const came = packetsReceived > 0;
    const wasStill = this.#wasStill;
    this.#wasStill = !came;
    this.#keep({
      at,
      // Packets that come late are taken back from those that were lost. What did not come while none came is
      // a fault of its own, and not of this second.
      lost: wasStill ? 0 : packetsLost,
      received: packetsReceived,
      jitterMs: came ? jitter : null,
      rttMs: rtt ?? null,
      mos: came ? (mos ?? null) : null,
    });
  }

  /** @param {LineReading} reading */
  read(reading) {
    // Reports come every few seconds, and tell of all packets since the one before.
    if (reading.reportedAt === (this.#reported?.reportedAt ?? null)) return;
    const lostOut = grown(this.#reported?.lostOut ?? 0, reading.lostOut);
    const sent = grown(this.#reported?.packetsSent ?? 0, reading.packetsSent);
    const isLate = reading.at - (this.#reported?.at ?? reading.at) >= LATE_MS;
    this.#reported = reading;
    this.#keep({
      at: reading.at,
      // What did not arrive while nothing did is a fault of its own, and not of these seconds.
      ...(lostOut !== null && sent !== null && !isLate && { lostOut, sent }),
      jitterOutMs: reading.jitterOutMs,
    });
  }

  /** @returns {MeasuredFigures} of what is kept; null where nothing was measured */
  figures() {
    const of = this.#moments;
    const [jitterIn, jitterOut] = [usual(of, 'jitterMs'), usual(of, 'jitterOutMs')];
    return {
      lossIn: share(sum(of, 'lost'), sum(of, 'received') + sum(of, 'lost')),
      lossOut: share(sum(of, 'lostOut'), sum(of, 'sent')),
      jitterMs: jitterIn === null ? jitterOut : Math.max(jitterIn, jitterOut ?? 0),
      rttMs: mean(of, 'rttMs'),
      mos: mean(of, 'mos'),
      samples: of.filter(({ received }) => received !== undefined).length,
    };
  }

  /** Forgets what was measured, but not where the counters stand. */
  clear() {
    this.#moments = [];
  }

  /** @param {Moment} moment */
  #keep(moment) {
    this.#moments.push(moment);
    const oldest = moment.at - this.#keepMs;
    while (this.#moments[0] && this.#moments[0].at < oldest) this.#moments.shift();
  }
}

/**
 * @param {number | null | undefined} before
 * @param {number | null} now
 */
export function grown(before, now) {
  return typeof before === 'number' && now !== null ? now - before : null;
}

/**
 * @param {Moment[]} moments
 * @param {'lost' | 'received' | 'lostOut' | 'sent'} key
 */
function sum(moments, key) {
  return moments.reduce((total, moment) => total + (moment[key] ?? 0), 0);
}

/**
 * @param {Moment[]} moments
 * @param {'rttMs' | 'mos'} key
 */
function mean(moments, key) {
  return meanOf(known(moments, key));
}

/**
 * The mean without the worst of several: in one second this device itself may have been too busy to send or to
 * take packets in time.
 *
 * @param {Moment[]} moments
 * @param {'jitterMs' | 'jitterOutMs'} key
 */
function usual(moments, key) {
  const values = known(moments, key).sort((a, b) => a - b);
  return meanOf(values.length < 3 ? values : values.slice(0, -1));
}

/**
 * @param {Moment[]} moments
 * @param {'jitterMs' | 'jitterOutMs' | 'rttMs' | 'mos'} key
 */
function known(moments, key) {
  return moments.map((moment) => moment[key] ?? NaN).filter(Number.isFinite);
}

/** @param {number[]} values */
function meanOf(values) {
  if (!values.length) return null;
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/**
 * @param {number} part
 * @param {number} whole
 * @returns {number | null} percent
 */
function share(part, whole) {
  return whole > 0 ? Math.min(100, Math.max(0, (100 * part) / whole)) : null;
}
