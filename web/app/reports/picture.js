import { loadScript } from '../frame/vendor.js';

/**
 * @typedef {typeof import('@observablehq/plot')} Plot
 * @typedef {import('@observablehq/plot').PlotOptions} PlotOptions
 */

/** A place that is narrower, in CSS pixels, is one that is just being laid out. */
const LEAST = 120;

/** @type {Promise<Plot> | null} */
let loading = null;

/**
 * Loads the library that draws pictures, when it is first needed.
 *
 * @returns {Promise<Plot>}
 */
export function loadPlot() {
  loading ??= load();
  // The next one tries again.
  loading.catch(() => (loading = null));
  return loading;
}

async function load() {
  // Plot is a classic script, too, and needs d3.
  await loadScript('d3.js');
  await loadScript('plot.js');
  return /** @type {any} */ (window).Plot;
}

/**
 * A picture of some data, as wide as its place. It is drawn again when the width changes; colours are those of the
 * page's style sheet, so they change by themselves.
 *
 * @template Data
 */
export class Picture {
  #place;
  #describe;
  #label;
  /** @type {Data | null} */
  #data = null;
  #width = 0;

  /**
   * @param {HTMLElement} place
   * @param {object} options
   * @param {(Plot: Plot, data: Data, width: number) => PlotOptions} options.describe
   * @param {(data: Data) => string} options.label what the picture shows, for those who do not see it
   * @param {AbortSignal} options.signal ends it
   */
  constructor(place, { describe, label, signal }) {
    this.#place = place;
    this.#describe = describe;
    this.#label = label;
    const sizes = new ResizeObserver(() => {
      if (Math.abs(place.clientWidth - this.#width) > 1) void this.#draw();
    });
    sizes.observe(place);
    signal.addEventListener('abort', () => sizes.disconnect());
    loadPlot().catch(() => {});
  }

  /**
   * @param {Data} data
   * @returns {Promise<void>} rejects if the library cannot be loaded
   */
  async show(data) {
    this.#data = data;
    await this.#draw();
  }

  async #draw() {
    const Plot = await loadPlot();
    const width = this.#place.clientWidth;
    if (this.#data === null || width < LEAST) return;
    this.#width = width;
    const drawn = Plot.plot({
      ...this.#describe(Plot, this.#data, width),
      width,
      className: 'plot',
    });
    // The policy of the page forbids style sheets inside it; reports.css has what Plot's own would say.
    for (const style of drawn.querySelectorAll('style')) style.remove();
    // The picture has one label. Those of its parts would be parts that no reader finds.
    for (const part of drawn.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
    drawn.setAttribute('role', 'img');
    drawn.setAttribute('aria-label', this.#label(this.#data));
    this.#place.replaceChildren(drawn);
  }
}
