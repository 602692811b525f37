import { LineWindow, WINDOW_MS } from './line-window.js';

/**
 * @typedef {import('./line-window.js').LineSample} LineSample
 * @typedef {import('./line-window.js').MeasuredFigures} MeasuredFigures
 * @typedef {import('./line-stats.js').LineReading} LineReading
 */

/** The last part of a call is shorter than the others: with so few samples it does not count. */
const FEWEST = 4;
/** What the columns of `call_quality` are called. For MOS, low is bad. */
const MEASURES = /** @type {const} */ ([
  ['mos', 'mos', false],
  ['jitter_ms', 'jitterMs', true],
  ['rtt_ms', 'rttMs', true],
  ['loss_in', 'lossIn', true],
  ['loss_out', 'lossOut', true],
]);

/** The numbers of a whole call, from its parts of ten seconds: one lost packet is 2 % of a second. */
export class CallFigures {
  samples = 0;

  #part = new LineWindow(Infinity);
  /** @type {MeasuredFigures[]} */
  #parts = [];
  /** @type {number | null} */
  #begun = null;

  /**
   * @param {LineSample} sample
   * @param {number} at
   */
  add(sample, at) {
    this.#begun ??= at;
    if (at - this.#begun >= WINDOW_MS) {
      this.#parts.push(this.#part.figures());
      this.#part.clear();
      this.#begun = at;
    }
    this.samples += 1;
    this.#part.add(sample, at);
  }

  /** @param {LineReading} reading */
  read(reading) {
    this.#part.read(reading);
  }

  /** @returns {Record<string, number | null>} `<measure>_min`, `_mean`, `_p95` (the bad end) and `_max` */
  summary() {
    const last = this.#part.figures();
    const parts = [...this.#parts, last].filter(({ samples }) => samples >= FEWEST);
    /** @type {Record<string, number | null>} */
    const summary = {};
    for (const [name, key, highIsBad] of MEASURES) {
      const values = parts.flatMap((part) => part[key] ?? []).sort((a, b) => a - b);
      if (!highIsBad) values.reverse();
      const bad = values[Math.ceil(0.95 * values.length) - 1];
      const total = values.reduce((sum, value) => sum + value, 0);
      summary[`${name}_min`] = rounded(Math.min(...values));
      summary[`${name}_mean`] = rounded(total / values.length);
      summary[`${name}_p95`] = rounded(bad);
      summary[`${name}_max`] = rounded(Math.max(...values));
    }
    return summary;
  }
}

/**
 * @param {number | null | undefined} value
 * @returns {number | null} with two digits after the point
 */
export function rounded(value) {
  return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 100) / 100 : null;
}
